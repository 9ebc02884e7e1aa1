package httpapi

import (
	"avow.dev/internal/auth"
	"errors"
)

// LettersOf is the body of incidents/letters.
type LettersOf struct {
	MatterID
	Looking
}

// IncidentLetter is one notice, to be printed and posted.
type IncidentLetter struct {
	Language string `json:"language" example:"en"`
	Name     string `json:"name,omitempty" doc:"Left out where the policy does not open it beside the address."`
	Address  string `json:"address"`
	Subject  string `json:"subject"`
	Body     string `json:"body"`
}

// IncidentLetters is the answer of incidents/letters.
type IncidentLetters struct {
	Receipt Receipt          `json:"receipt"`
	Letters []IncidentLetter `json:"letters" nullable:"false" doc:"At most 200; the next come when these are posted."`
}

func (d *Door) addIncidentLetters() error {
	return errors.Join(post(d, operation{id: "write-letters", path: "/v1/{policy}/incidents/letters", tag: incidentTag, scopes: auth.Officer,
		summary: "Write letters to those whom no channel reached",
		doc:     "Where the policy lets their postal address be used for messages that the law demands. Each address is opened under the policy's rules, with evidence.",
		example: `{` + someIncident + `,"reason":{"why":"incident","text":"The notice could not be delivered."}}`,
	}, func(c *call, in *LettersOf) (IncidentLetters, error) {
		look, err := c.look(&in.Looking)
		if err != nil {
			return IncidentLetters{}, err
		}
		all, r, err := c.gate.IncidentLetters(c, c.policy, in.ID, in.by(c), look)
		if err != nil {
			return IncidentLetters{}, err
		}
		out := IncidentLetters{receiptOf(r), make([]IncidentLetter, len(all))}
		for i := range all {
			l := &all[i]
			out.Letters[i] = IncidentLetter{string(l.Language), string(l.Name.Expose()), string(l.Address.Expose()), l.Text.Subject, l.Text.Body}
			l.Wipe()
		}
		return out, nil
	}), post(d, operation{id: "post-letters", path: "/v1/{policy}/incidents/letters/posted", tag: incidentTag, scopes: auth.Officer,
		summary: "Record that the letters written last were posted",
		doc:     "Those people are told then.",
		example: `{` + someIncident + `}`,
	}, func(c *call, in *MatterID) (IncidentDone, error) {
		return incidentDone(c.gate.LettersPosted(c, c.policy, in.ID, c.officer("")))
	}))
}
