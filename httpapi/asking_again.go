package httpapi

import (
	"encoding/hex"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// AskingAgain is a recipient's wish to use what it was given for another purpose.
type AskingAgain struct {
	Envelope string   `json:"envelope" minLength:"1" maxLength:"32768" doc:"The envelope that came with the data, as it came." example:"eyJhbGciOiJFZERTQSJ9.e30.AA"`
	Purpose  string   `json:"purpose" minLength:"1" maxLength:"64" doc:"The other purpose, one of the policy." example:"marketing"`
	Consent  string   `json:"consent" minLength:"32" maxLength:"32" doc:"Id of the evidence of the person's new yes, 32 hex digits: the leaf in the receipt of their agreement." example:"0a8f1c2d3e4f5061728394a5b6c7d8e9"`
	Data     []string `json:"data,omitempty" maxItems:"256" minLength:"1" maxLength:"64" nullable:"false" doc:"Some of the envelope's fields; all if left out."`
}

func (d *Door) addAskingAgain() error {
	return post(d, operation{
		id: "ask-again", path: "/v1/{policy}/ask-again", tag: "For recipients", scopes: auth.Recipient, once: true,
		summary: "Ask for another purpose",
		doc: "For a recipient that the policy has ask again. Presents the envelope of an earlier hand-over and a yes that the same person gave after it, to this purpose, these fields and this recipient. " +
			"Answers with what may be used for it, and an envelope of its own. The person's reference is never told. One yes renews an envelope once. " +
			"A request that is repeated under its Idempotency-Key gets its receipt again, and no values.",
		example: `{"envelope":"eyJhbGciOiJFZERTQSJ9.e30.AA","purpose":"marketing","consent":"0a8f1c2d3e4f5061728394a5b6c7d8e9"}`,
	}, func(c *call, in *AskingAgain) (Handed, error) {
		consent, err := hex.DecodeString(in.Consent)
		if err != nil || len(consent) != 16 {
			return Handed{}, &avow.Error{Code: avow.Invalid, Message: "the consent is not 32 hex digits", Try: "send the leaf of the receipt that the person's agreement was answered with"}
		}
		a := &gate.AskingAgain{Envelope: in.Envelope, Purpose: avow.Purpose(in.Purpose), Consent: [16]byte(consent), By: c.token.Recipient}
		for _, w := range in.Data {
			a.Data = append(a.Data, avow.Datum(w))
		}
		shown, err := c.gate.AskAgain(c, c.policy, a)
		return handed(c, shown, err, in.Data)
	})
}
