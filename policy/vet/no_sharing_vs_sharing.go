package vet

import (
	"fmt"
	"slices"

	"avow.dev/policy/syntax"
)

// noSharingVsSharing looks for a no to sharing that has exceptions, that rules
// of sharing contradict, or beside which third parties give or take data on
// other ways.
func noSharingVsSharing(v *view) {
	for i := range v.file.Never {
		n := &v.file.Never[i]
		if !syntax.Has(n.Verbs, "share") {
			continue
		}
		exceptions(v, n)
		closedFor(v, n)
		if len(n.Data) == 0 && len(n.For) == 0 && len(n.To) == 0 {
			otherWays(v, n)
		}
	}
}

const twoAnswers = "whoever reads the no has no reason to read on, and is misled"

func exceptions(v *view, n *syntax.Never) {
	if len(n.Except) == 0 {
		return
	}
	places := []Place{v.on(&n.Head)}
	if s := v.share(n.Except[0].Text); s != nil {
		places = append(places, v.on(&s.Head))
	}
	v.note(Finding{
		Severity: Warning, What: fmt.Sprintf("%s says never, and makes %d exceptions: %s", n.ID.Text, len(n.Except), quote(syntax.Texts(n.Except))),
		Why: twoAnswers, Try: "narrow the no with data, for or to until it needs no exception",
	}, places...)
}

// closedFor finds rules that can never apply, because the no covers them whole
// and does not except them.
func closedFor(v *view, n *syntax.Never) {
	for i := range v.file.Share {
		s := &v.file.Share[i]
		excepted := append([]syntax.Word{s.ID}, s.Ground...)
		excepted = append(excepted, s.Source...)
		if len(shared(excepted, n.Except)) > 0 || !syntax.Has(n.Verbs, s.Verb.Text) ||
			!covers(n.Data, s.Data) || !covers(n.For, s.For) || !covers(n.To, s.To) {
			continue
		}
		v.note(Finding{
			Severity: Error, What: fmt.Sprintf("%s can never apply: %s forbids all of it", s.ID.Text, n.ID.Text),
			Why: "the policy promises both, and only the no is kept",
			Try: fmt.Sprintf("take one of the two out, or add %s to except", s.ID.Text),
		}, v.on(&n.Head), v.on(&s.Head))
	}
}

// covers reports whether a limit, where there is one, lets nothing of words
// out.
func covers(limit, words []syntax.Word) bool {
	return len(limit) == 0 || !slices.ContainsFunc(words, func(w syntax.Word) bool { return !syntax.Has(limit, w.Text) })
}

// otherWays finds what third parties take or give beside the rules of sharing.
func otherWays(v *view, n *syntax.Never) {
	also := func(h *syntax.Head, pos syntax.Pos, does string) {
		v.note(Finding{
			Severity: Warning, What: fmt.Sprintf("%s shares nothing, and %s %s", n.ID.Text, h.ID.Text, does),
			Why: twoAnswers, Try: "name the third party where the no stands, or take it out",
		}, v.on(&n.Head), v.at(h, pos))
	}
	for i := range v.file.Cookies {
		if e := &v.file.Cookies[i]; e.Party.Text == "third" {
			also(&e.Head, e.Party.Pos, "lets a third party set a cookie")
		}
	}
	for i := range v.file.Adverts {
		if e := &v.file.Adverts[i]; e.Rule.Text == "parties-collect" {
			also(&e.Head, e.Rule.Pos, "lets advertising parties collect")
		}
	}
	for i := range v.file.Collect {
		e := &v.file.Collect[i]
		for _, w := range e.From {
			s := find(v.file.Sources, func(s *syntax.Source) *syntax.Head { return &s.Head }, w.Text)
			if s != nil && s.Kind.Text == "partner" {
				also(&e.Head, w.Pos, "takes data from a partner")
			}
		}
	}
}
