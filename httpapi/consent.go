package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"avow.dev"
	"avow.dev/consent"
	"avow.dev/gate"
	"avow.dev/internal/auth"
	"avow.dev/policy/syntax"
)

// ConsentRecords is the answer of consent-records.
type ConsentRecords struct {
	Receipt  Receipt         `json:"receipt"`
	Document json.RawMessage `json:"document" doc:"The consent receipt in JSON-LD: ISO/IEC TS 27560 in the profile of the Data Privacy Vocabulary. Each record names where the receipt of its leaf is; with both, avow verify --record checks it offline."`
}

// AskingWhether is the body of choices/may-ask.
type AskingWhether struct {
	Somebody
	Choice string `json:"choice" minLength:"1" maxLength:"64" doc:"A choice of the policy." example:"offers"`
}

// MayAsk is the answer of choices/may-ask.
type MayAsk struct {
	Ask       bool      `json:"ask" doc:"True if the person may be asked now."`
	After     time.Time `json:"after,omitzero" doc:"If not: from when. Left out if never, unless the choice comes to mean more."`
	State     string    `json:"state" enum:"not-asked,given,refused,withdrawn"`
	Signalled bool      `json:"signalled,omitempty" doc:"The person's browser has answered already."`
}

func (d *Door) addConsents() error {
	return errors.Join(post(d, operation{
		id: "consent-records", path: "/v1/{policy}/consent-records", tag: "What people say", scopes: auth.App | auth.Officer,
		summary: "Give a person the records of what they said on choices",
		doc:     "Every yes and no since the beginning, bound to the words that were shown. Whoever calls it must have made sure who is asking.",
		example: lookedExample,
	}, func(c *call, in *LookingAt) (ConsentRecords, error) {
		consents := c.gate.Consents
		if !c.actsForPerson() {
			who, err := c.onlooker(&in.Looking)
			if err != nil {
				return ConsentRecords{}, err
			}
			consents = who.Consents
		}
		said, r, err := consents(c, c.policy, in.ref())
		if err != nil {
			return ConsentRecords{}, err
		}
		doc, err := d.consentReceipt(c, said, r)
		return ConsentRecords{receiptOf(r), doc}, err
	}), post(d, operation{
		id: "may-ask-choice", path: "/v1/{policy}/choices/may-ask", tag: "What people say", scopes: auth.App,
		summary: "Ask whether a person may be asked about a choice",
		doc:     "Not while their yes runs, and not while their no has to be respected, unless the choice means more than the words that they answered to.",
		example: `{"subject":"user-1024","choice":"offers"}`,
	}, func(c *call, in *AskingWhether) (MayAsk, error) {
		m, err := c.gate.MayAsk(c, c.policy, in.ref(), avow.Choice(in.Choice))
		return MayAsk{m.Ask, m.After, m.State.String(), m.Signalled}, err
	}))
}

// consentReceipt writes the receipt of everything that was said, each record from
// the text that was in force.
func (d *Door) consentReceipt(c *call, said []gate.Said, r avow.Receipt) ([]byte, error) {
	texts := make(map[avow.Hash]*syntax.File)
	records := make([]consent.Record, 0, len(said))
	for i := range said {
		s := &said[i]
		f, err := d.textOf(c, texts, s.Policy)
		if err != nil {
			return nil, err
		}
		src := consent.Source{Consent: s.Consent, Leaf: s.Leaf, Index: s.Index, Opening: s.Opening}
		if s.Index >= 0 {
			src.Proof = fmt.Sprintf("%s/log/%s/receipt/%d", d.cfg.BaseURL, c.policy, s.Index)
		}
		rec, err := consent.NewRecord(f, &src)
		if err != nil {
			return nil, err
		}
		records = append(records, rec)
	}
	return json.Marshal(consent.NewReceipt(r.Leaf, r.At, records))
}

// textOf reads a policy text that was in force, once.
func (d *Door) textOf(c *call, texts map[avow.Hash]*syntax.File, h avow.Hash) (*syntax.File, error) {
	if f, ok := texts[h]; ok {
		return f, nil
	}
	if h == c.program.Hash() {
		texts[h] = c.program.File()
		return texts[h], nil
	}
	raw, err := c.gate.PolicyText(c, c.policy, h)
	if err != nil {
		return nil, err
	}
	f, faults := syntax.Parse(string(c.policy), raw)
	if len(faults) > 0 {
		return nil, faults
	}
	texts[h] = f
	return f, nil
}
