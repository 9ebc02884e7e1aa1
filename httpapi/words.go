package httpapi

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/strict"
)

// value is a personal datum on its way in. It reads itself from the body, and
// no printer prints it.
type value struct{ gate.Value }

// UnmarshalText implements encoding.TextUnmarshaler.
func (v *value) UnmarshalText(text []byte) error {
	v.Value = gate.NewValue(text)
	return nil
}

// Item is one value and what kind of data it is.
type Item struct {
	Datum  string `json:"datum" minLength:"1" maxLength:"64" doc:"A kind of data of the policy." example:"email"`
	Value  value  `json:"value,omitempty" doc:"The value as text."`
	Base64 value  `json:"base64,omitempty" doc:"The value as bytes, in standard base64 with padding (RFC 4648 section 4). Send either value or base64."`
}

func (i *Item) wipe() {
	i.Value.Wipe()
	i.Base64.Wipe()
}

// bytes returns the value that was sent in one of two ways.
func (i *Item) bytes(where string) (gate.Value, error) {
	text, coded := i.Value.Value, i.Base64.Value
	switch {
	case text.Len() > 0 && coded.Len() > 0:
		return gate.Value{}, &strict.Fault{Where: where, What: "has a value and a base64", Try: "send one of the two"}
	case coded.Len() == 0:
		return text, nil // the gate refuses an empty value, with evidence
	}
	raw := make([]byte, base64.StdEncoding.DecodedLen(coded.Len()))
	defer clear(raw)
	n, err := base64.StdEncoding.Strict().Decode(raw, coded.Expose())
	if err != nil {
		return gate.Value{}, &strict.Fault{Where: strings.TrimPrefix(where+".base64", "."), What: "is not base64", Try: "use the standard alphabet, with padding"}
	}
	return gate.NewValue(raw[:n]), nil
}

// Values are the values of a request.
type Values struct {
	Items []Item `json:"items" minItems:"1" maxItems:"256" nullable:"false" doc:"The values: all are taken in, or none."`
}

func (i *Values) wipe() {
	for k := range i.Items {
		i.Items[k].wipe()
	}
}

func (i *Values) gate() ([]gate.Item, error) {
	out := make([]gate.Item, len(i.Items))
	for k := range i.Items {
		v, err := i.Items[k].bytes("items[" + strconv.Itoa(k) + "]")
		if err != nil {
			return nil, err
		}
		out[k] = gate.Item{Datum: avow.Datum(i.Items[k].Datum), Value: v}
	}
	return out, nil
}

func (i *Values) data() []avow.Datum {
	out := make([]avow.Datum, len(i.Items))
	for k := range i.Items {
		out[k] = avow.Datum(i.Items[k].Datum)
	}
	return out
}

// Somebody is the person a request is about.
type Somebody struct {
	Subject string `json:"subject" minLength:"1" maxLength:"256" doc:"How the application refers to the person. It is personal data: it stands in bodies only." example:"user-1024"`
}

func (s *Somebody) ref() avow.SubjectRef { return avow.SubjectRef(s.Subject) }

// Provenance is what is shown in support of a request.
type Provenance struct {
	Citation     string `json:"citation,omitempty" maxLength:"1024" doc:"Statute, publication or decision."`
	URL          string `json:"url,omitempty" maxLength:"2048" doc:"Address of the publication."`
	Contract     string `json:"contract,omitempty" maxLength:"256" doc:"Id of the contract."`
	Case         string `json:"case,omitempty" maxLength:"256" doc:"Id of the fault, fraud or court case."`
	Partner      string `json:"partner,omitempty" maxLength:"256" doc:"Who supplied the data."`
	ConsentProof string `json:"consent_proof,omitempty" maxLength:"2048" doc:"The partner's proof of consent."`
	Token        string `json:"token,omitempty" maxLength:"64" doc:"An unused event token, for data that the person agrees to hand over once."`
}

func (p *Provenance) avow() avow.Provenance {
	if p == nil {
		return avow.Provenance{}
	}
	return avow.Provenance{Citation: p.Citation, URL: p.URL, Contract: p.Contract, Case: p.Case, Partner: p.Partner, ConsentProof: p.ConsentProof, Token: p.Token}
}

// Datum is one value on its way out.
type Datum struct {
	Datum  string `json:"datum" example:"email"`
	Value  string `json:"value,omitempty" doc:"The value, if it is text." example:"***********mple"`
	Base64 string `json:"base64,omitempty" doc:"The value in standard base64, if it is not text."`
}

// show writes values as an answer and wipes them.
func show(items []gate.Item) []Datum {
	out := make([]Datum, len(items))
	for i := range items {
		out[i].Datum = string(items[i].Datum)
		out[i].Value, out[i].Base64 = written(items[i].Value)
	}
	return out
}

func written(v gate.Value) (text, coded string) {
	defer v.Wipe()
	if raw := v.Expose(); utf8.Valid(raw) {
		text = string(raw)
	} else {
		coded = base64.StdEncoding.EncodeToString(raw)
	}
	return text, coded
}
