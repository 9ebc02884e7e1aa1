package consent

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"avow.dev/evidence"
	"avow.dev/policy/syntax"
	"avow.dev/policy/vocab"
)

// Source is what a record is made from.
type Source struct {
	Consent evidence.Consent
	Leaf    [16]byte
	Index   int64
	Proof   string // address of the receipt
	Opening evidence.Opening
}

// NewReceipt writes the receipt of a person's records.
func NewReceipt(id [16]byte, at time.Time, records []Record) Receipt {
	return Receipt{Context: json.RawMessage(context), Type: "dpv:ConsentReceipt", ConformsTo: ReceiptProfile, Identifier: uuid(id), Created: at, Records: records}
}

// NewRecord writes a record, from the policy text that was in force.
func NewRecord(f *syntax.File, s *Source) (Record, error) {
	c := &s.Consent
	i := slices.IndexFunc(f.Choices, func(e syntax.Choice) bool { return e.ID.Text == string(c.Choice) })
	if i < 0 {
		return Record{}, fmt.Errorf("write consent record: the policy has no choice %s", c.Choice)
	}
	choice := &f.Choices[i]
	r := Record{Context: json.RawMessage(context), Type: "dpv:ConsentRecord", ConformsTo: RecordProfile, Identifier: uuid(s.Leaf),
		Subject:    Identified{"urn:avow:" + hex.EncodeToString(s.Opening.Pseudonym[:16])},
		Notice:     Notice{Type: "dpv:ConsentNotice", Identifier: string(c.Policy) + "#" + string(c.Choice), Version: c.Version, Language: string(c.Language)},
		Controller: controller(f, string(c.Language)), LegalBasis: basis(choice), Status: status(c.State), At: c.At, Expires: c.Expires,
		Duration: duration(choice, c), By: "dpv:DataSubject", Method: Method{c.Gesture, c.Origin}, Control: Control{syntax.Texts(choice.Withdraw)}, Rights: rights(f),
		Choice: string(c.Choice), Clauses: syntax.Texts(choice.Clause), Policy: string(c.Policy),
		Leaf:    Leaf{hex.EncodeToString(s.Leaf[:]), s.Index, s.Proof},
		Opening: Opening{base64.StdEncoding.EncodeToString(s.Opening.Salt[:]), base64.StdEncoding.EncodeToString(s.Opening.Pseudonym[:])},
	}
	if c.Words != [32]byte{} {
		r.Notice.Words = "sha256:" + hex.EncodeToString(c.Words[:])
	}
	for _, p := range choice.For {
		r.Process = append(r.Process, process(f, choice, p.Text))
	}
	return r, nil
}

// uuid is 16 random bytes as a UUID of version 4 (RFC 9562).
func uuid(id [16]byte) string {
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	h := hex.EncodeToString(id[:])
	return "urn:uuid:" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func controller(f *syntax.File, lang string) Controller {
	c := &f.Controller
	out := Controller{Type: "dpv:DataController", Identifier: c.ID.Text, Name: c.Name.In(lang), Address: c.Address.In(lang), Contact: []string{}}
	for i := range c.Contacts {
		out.Contact = append(out.Contact, c.Contacts[i].Value.Text)
	}
	return out
}

// basis is the legal basis of a choice. What is on until somebody objects stands on
// no consent.
func basis(c *syntax.Choice) string {
	switch c.Kind.Text {
	case "explicit-consent", "per-event":
		return "dpv:ExplicitlyExpressedConsent"
	case "opt-out":
		return "dpv:LegitimateInterestOfController"
	}
	return "dpv:ExpressedConsent"
}

func status(state string) string {
	if t, ok := vocab.ConsentState(state); ok {
		return first(t.IRIs, state)
	}
	return "dpv:ConsentUnknown"
}

func first(iris vocab.Words, otherwise string) string {
	for w := range iris.All() {
		return w
	}
	return otherwise
}

func duration(choice *syntax.Choice, c *evidence.Consent) string {
	if c.State == "given" && choice.Expires.Set {
		return iso(choice.Expires)
	}
	return "dpv:UntilEventDuration" // until the person says otherwise
}

// iso writes a period as ISO 8601 does.
func iso(p syntax.Period) string {
	switch p.Unit {
	case syntax.Second:
		return fmt.Sprintf("PT%dS", p.N)
	case syntax.Minute:
		return fmt.Sprintf("PT%dM", p.N)
	case syntax.Hour:
		return fmt.Sprintf("PT%dH", p.N)
	case syntax.Month:
		return fmt.Sprintf("P%dM", p.N)
	case syntax.Year:
		return fmt.Sprintf("P%dY", p.N)
	}
	return fmt.Sprintf("P%dD", p.N)
}

func process(f *syntax.File, choice *syntax.Choice, purpose string) Process {
	p := Process{Purpose: purposeTerm(f, purpose), Data: []Datum{}, Necessity: "dpv:Optional", Recipients: syntax.Texts(choice.To), Source: "dpv:DataSubjectDataSource",
		Storage: Storage{Duration: []string{}, Location: []string{}}, Law: "loc:" + f.Controller.Region.Text}
	data := syntax.Texts(choice.Data)
	if len(data) == 0 {
		data = needed(f, choice.ID.Text, purpose)
	}
	for _, d := range data {
		p.Data = append(p.Data, Datum{datumTerm(f, d), d})
		for i := range f.Retain {
			if e := &f.Retain[i]; syntax.Has(e.Data, d) && (len(e.For) == 0 || syntax.Has(e.For, purpose)) {
				p.Storage.Duration = once(p.Storage.Duration, iso(e.Keep.Period)+" after "+e.Keep.After.Text)
			}
		}
	}
	for i := range f.Places {
		p.Storage.Location = once(p.Storage.Location, "loc:"+f.Places[i].Region.Text)
	}
	return p
}

// needed lists the data of the rules that need a choice for a purpose.
func needed(f *syntax.File, choice, purpose string) []string {
	var out []string
	add := func(data, why, choices []syntax.Word) {
		if syntax.Has(why, purpose) && syntax.Has(choices, choice) {
			for _, d := range data {
				out = once(out, d.Text)
			}
		}
	}
	for i := range f.Collect {
		add(f.Collect[i].Data, f.Collect[i].For, f.Collect[i].Needs.Choice)
	}
	for i := range f.Use {
		add(f.Use[i].Data, f.Use[i].For, f.Use[i].Needs.Choice)
	}
	for i := range f.Share {
		add(f.Share[i].Data, f.Share[i].For, f.Share[i].Needs.Choice)
	}
	return out
}

func purposeTerm(f *syntax.File, id string) string {
	for i := range f.Purposes {
		if e := &f.Purposes[i]; e.ID.Text == id && e.Term.Text != "" {
			id = e.Term.Text
		}
	}
	if t, ok := vocab.Purpose(id); ok {
		return first(t.IRIs, id)
	}
	return id
}

func datumTerm(f *syntax.File, id string) string {
	for i := range f.Data {
		if e := &f.Data[i]; e.ID.Text == id && e.Term.Text != "" {
			id = e.Term.Text
		}
	}
	if t, ok := vocab.Datum(id); ok {
		return first(t.IRIs, id)
	}
	return id
}

func rights(f *syntax.File) []string {
	out := []string{}
	for i := range f.Rights {
		out = once(out, f.Rights[i].Right.Text)
	}
	return out
}

func once(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
