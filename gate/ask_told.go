package gate

import (
	"slices"
	"time"

	"avow.dev"
)

// People are told by a message that there is an answer to what they asked. The message
// holds no word of it: only a link to the page on which it stands.

// tellingClasses are the classes of messages by which somebody is told of their own
// requests and of what was done for them, the most fitting first. None of them needs a
// choice, and none advertises.
var tellingClasses = []string{"reply", "service-info", "transactional", "legal"}

// tellOwn sends a message about the person's own affairs by the first class that the
// policy has for that and that reaches them. Where it has none, they find it on their
// pages only. Templates that hold a link need to know where the door is.
func (t *turn) tellOwn(template, page string, params map[string]string) error {
	home := t.gate.home(t.id)
	if home == "" {
		return nil
	}
	all := map[string]string{"link": home + page}
	for k, v := range params {
		all[k] = v
	}
	tmpl, ok := t.gate.letters.Template(template)
	if !ok {
		return nil // the operator took the template away
	}
	for _, here := range []bool{false, true} { // by what reaches them outside, before what waits for them inside
		for _, class := range tellingClasses {
			m := Message{Class: class, Template: template, Params: all}
			w := t.way(&m, tmpl)
			if w.reasons != 0 || w.channel == "" || byHand(w.channel) != here {
				continue
			}
			_, err := t.tell(&m)
			return err
		}
	}
	return nil
}

// tellNow is tellOwn for what will not be decided again: by the time that it goes out,
// nothing of the person may be used any more, and that is what it says. Their address is
// opened in this turn, for this letter.
func (t *turn) tellNow(template, page string, params map[string]string) error {
	tmpl, ok := t.gate.letters.Template(template)
	home := t.gate.home(t.id)
	if !ok || home == "" {
		return nil
	}
	all := map[string]string{"link": home + page}
	for k, v := range params {
		all[k] = v
	}
	for _, class := range tellingClasses {
		m := Message{Class: class, Template: template, Params: all}
		w := t.way(&m, tmpl)
		c, held := t.addressCell(w.datum, nil)
		if w.reasons != 0 || w.channel == "" || byHand(w.channel) || !held {
			continue
		}
		to, ok, err := t.openCell(c)
		if err != nil || !ok {
			return err
		}
		defer to.Wipe()
		l := &post{class: class, channel: w.channel, template: template, params: all, language: t.language(""), to: string(to.Expose()), made: t.now}
		l.expires = t.now.Add(lifeOf(l))
		if barred, err := t.barred(l, to); err != nil || barred {
			return err
		}
		t.posted(&w)
		_, err = t.enqueue(l, t.now)
		return err
	}
	return t.tellOwn(template, page, params)
}

// tellAnswered says that a request was answered, refused or put off.
func (t *turn) tellAnswered(a *Ask, template string) error {
	params := map[string]string{}
	if template == "request-extended" {
		params["due"] = a.Due.Format(time.DateOnly)
	}
	return t.tellOwn(template, "/requests/of/"+a.ID, params)
}

// mayBeTold reports whether the policy has a class of messages by which people are
// told of their own affairs.
func (f *force) mayBeTold() bool {
	for i := range f.program.File().Messages {
		if slices.Contains(tellingClasses, f.program.File().Messages[i].Class.Text) {
			return true
		}
	}
	return false
}

// TellsAnswers reports whether people of a policy are told by a message when a request
// of theirs is answered.
func (g *Gate) TellsAnswers(id avow.PolicyID) bool {
	s, err := g.of(id)
	return err == nil && s.inForce.Load().mayBeTold()
}
