package vet

import (
	"fmt"
	"slices"
	"strings"

	"avow.dev/policy/syntax"
	"avow.dev/policy/vocab"
)

// noPurpose looks for permissions and hardware numbers whose purpose is
// supplied, too general or does not explain them, and for purposes that name
// none.
func noPurpose(v *view) {
	for i := range v.file.Permissions {
		permission(v, &v.file.Permissions[i])
	}
	for i := range v.file.Collect {
		hardware(v, &v.file.Collect[i])
	}
	for i := range v.file.Purposes {
		vague(v, &v.file.Purposes[i])
	}
}

func permission(v *view, e *syntax.Permission) {
	f := Finding{
		Severity: Warning,
		Why:      "a permission opens the device; people grant it for what they are told",
		Try:      "name the purpose and the function that need it, or do without the permission",
	}
	switch reads, opens := v.closeTo(e.Data), v.opensMore(e); {
	case opens != "":
		f.What = fmt.Sprintf("%s also opens %s, which its purpose does not explain", e.ID.Text, opens)
	case reads != "" && general(v, e.For):
		f.What = fmt.Sprintf("%s reads %s for no purpose of its own", e.ID.Text, reads)
	case silent(&e.Head):
		f.Severity, f.Supplied = Notice, true
		f.What = fmt.Sprintf("the purpose of %s is supplied; the original text gives none", e.ID.Text)
	default:
		return
	}
	v.note(f, v.at(&e.Head, e.Slug.Pos))
}

// closeTo returns the first datum that identifies, locates or is sensitive.
func (v *view) closeTo(data []syntax.Word) string {
	for _, w := range data {
		if d := v.datum(w.Text); d != nil && telling(levelOf(d)) {
			return w.Text
		}
	}
	return ""
}

// telling reports whether data of the level tells who or where somebody is.
func telling(l vocab.Level) bool {
	return l == vocab.LevelID || l == vocab.LevelLocation || l == vocab.LevelSensitive
}

// opensMore returns what the permission opens on the device beside the data it
// is declared for, if that identifies, locates or is sensitive. A permission
// that names no data is not for data.
func (v *view) opensMore(e *syntax.Permission) string {
	p, ok := vocab.Permission(e.Slug.Text)
	if !ok || len(e.Data) == 0 {
		return ""
	}
	declared := map[string]bool{}
	for _, w := range e.Data {
		if d := v.datum(w.Text); d != nil {
			t, _ := termOf(d)
			declared[t.IRIs.First()], declared[w.Text] = true, true
		}
	}
	for slug := range p.Guards.All() {
		if t, ok := vocab.Datum(slug); ok && telling(t.Level) && !declared[slug] && !declared[t.IRIs.First()] {
			return slug
		}
	}
	return ""
}

// general reports whether all purposes are those that every product has.
func general(v *view, purposes []syntax.Word) bool {
	return len(purposes) > 0 && !slices.ContainsFunc(purposes, func(w syntax.Word) bool {
		t, ok := v.purposeTerm(w.Text)
		named := find(v.file.Purposes, func(p *syntax.Purpose) *syntax.Head { return &p.Head }, w.Text)
		// An IRI only places a purpose of the policy's own, which has a name of its own.
		if !ok || named != nil && strings.Contains(named.Term.Text, ":") {
			return true
		}
		return t.Slug != "provide-service" && t.Slug != "keep-running" && t.Slug != "improve"
	})
}

// hardware finds numbers burnt into a device that are taken for no purpose of
// their own.
func hardware(v *view, e *syntax.Collect) {
	for _, w := range e.Data {
		d := v.datum(w.Text)
		if d == nil || !general(v, e.For) {
			continue
		}
		switch t, _ := termOf(d); t.Slug {
		case "mac", "imei", "imsi", "iccid":
		default:
			continue
		}
		v.note(Finding{
			Severity: Warning, What: fmt.Sprintf("%s takes %s for no purpose of its own", e.ID.Text, w.Text),
			Why: "a number that people cannot change follows them from owner to owner and from app to app",
			Try: "name a purpose that needs this very number, such as anti-fraud, or take an id of the app's own",
		}, v.at(&e.Head, w.Pos))
	}
}

// empty are words that stand where a purpose should.
var empty = [...]string{
	"other purpose", "any purpose", "various", "business need", "business purpose", "as needed", "and so on", "and the like", " etc",
	"其他目的", "其它目的", "任何目的", "业务需要", "经营需要", "相关目的", "必要的目的",
}

func vague(v *view, e *syntax.Purpose) {
	for _, s := range e.Name.By {
		for _, words := range empty {
			if strings.Contains(strings.ToLower(s.Text), words) {
				v.note(Finding{
					Severity: Warning, What: fmt.Sprintf("the purpose %s says %q, which is none", e.ID.Text, strings.TrimSpace(words)),
					Why: "data may serve stated purposes only, and nobody can tell what this one excludes",
					Try: "say what is done and for whom, in the words of the person",
				}, v.at(&e.Head, s.Pos))
				return
			}
		}
	}
}
