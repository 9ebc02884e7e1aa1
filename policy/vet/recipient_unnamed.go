package vet

import (
	"fmt"
	"slices"
	"strings"

	"avow.dev/policy/syntax"
)

// recipientUnnamed looks for companies that receive data without a name or a
// contact, with a name that fits anybody, or with a name that the original does
// not give.
func recipientUnnamed(v *view) {
	for i := range v.file.Parties {
		if e := &v.file.Parties[i]; company(e) {
			unnamed(v, e)
		}
	}
	for i := range v.file.Places {
		e := &v.file.Places[i]
		for _, w := range e.Operator {
			if o := v.party(w.Text); o != nil && silent(&e.Head) {
				v.note(Finding{
					Severity: Notice, Supplied: true, What: fmt.Sprintf("who runs %s is supplied; the original text does not say", e.ID.Text),
					Why: "people cannot tell who holds their data", Try: "keep the name",
				}, v.at(&e.Head, w.Pos), v.on(&o.Head))
			}
		}
	}
}

// company reports whether the recipient is somebody in business: authorities,
// members and successors are known by what they are.
func company(e *syntax.Party) bool {
	switch e.Kind.Text {
	case "affiliate", "processor", "partner", "ad-network", "payment-provider", "stats-recipient":
		return true
	}
	return false
}

func unnamed(v *view, e *syntax.Party) {
	f := Finding{
		Severity: Warning, Why: "people must know who gets their data and how to reach them, before they agree",
		Try: "write the legal name, and contact: with an address that is read",
	}
	switch words := anybody(e.Name); {
	case e.Contact.Text == "":
		f.What = fmt.Sprintf("%s has no contact", e.ID.Text)
	case words != "":
		f.What = fmt.Sprintf("%s is named %q, which fits anybody", e.ID.Text, words)
	case silent(&e.Head):
		f.Severity, f.Supplied = Notice, true
		f.What = fmt.Sprintf("the name or contact of %s is supplied; the original text leaves it out", e.ID.Text)
		f.Try = "check that it is the company that really receives the data"
	default:
		return
	}
	v.note(f, append([]Place{v.on(&e.Head)}, handing(v, e.ID.Text)...)...)
}

// handing is the first rule that hands something to a recipient.
func handing(v *view, id string) []Place {
	for r := range v.rules() {
		if syntax.Has(r.to, id) {
			return []Place{v.on(r.head)}
		}
	}
	return nil
}

// generic are names that fit anybody.
var generic = [...]string{
	"partner", "partners", "our partner", "our partners", "affiliate", "affiliates", "affiliated company", "affiliated companies",
	"third party", "third parties", "service provider", "service providers", "supplier", "suppliers", "advertiser", "advertisers",
	"selected provider", "authorised partner", "authorised partners", "business partner", "business partners", "our group",
	"合作伙伴", "合作方", "关联公司", "关联方", "第三方", "服务商", "服务提供商", "供应商", "广告商", "授权合作伙伴", "集团公司",
}

// anybody returns a name that is made of words for a kind of recipient, or "".
func anybody(name syntax.Text) string {
	for _, lang := range []string{"", "en", "zh"} {
		s := strings.ToLower(strings.TrimSpace(name.By[lang].Text))
		if slices.Contains(generic[:], s) {
			return name.By[lang].Text
		}
	}
	return ""
}
