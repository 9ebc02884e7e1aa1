package envelope

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"avow.dev"
)

// A telling is what a recipient is told of data that it was handed: that it was erased
// or corrected where it came from, or may not be used for the time being (GDPR art. 19;
// PIPL arts. 46 and 47). It travels as a hand-over does, in a signed request of its own
// type, and holds no value and nothing by which the sender knows the person: only the
// ids of the hand-overs, which the recipient got with the data.

// What happened to the data, as the type of the event says it.
const (
	ToldErased     = "avow.erased"
	ToldCorrected  = "avow.corrected"
	ToldRestricted = "avow.restricted"
	ToldLifted     = "avow.restriction-lifted"
)

var tellings = []string{ToldErased, ToldCorrected, ToldRestricted, ToldLifted}

// Telling is what a recipient is told.
type Telling struct {
	Type      string
	Made      time.Time // whole seconds
	Policy    avow.PolicyID
	Recipient avow.Recipient
	// Leaf is the id of the evidence of what happened, in the log of the policy.
	Leaf [16]byte
	// Data are the kinds of data that it is about, as far as the recipient got them.
	Data []avow.Datum
	// HandOvers are those with which it got them: each is the [Envelope.ID] of one, and
	// the leaf in the receipt of one that went without an envelope.
	HandOvers [][16]byte
}

type telling struct {
	Type string  `json:"type"`
	Made string  `json:"timestamp"`
	Data tellsOf `json:"data"`
}

type tellsOf struct {
	Policy    string   `json:"policy"`
	Recipient string   `json:"recipient"`
	Leaf      string   `json:"leaf"`
	Data      []string `json:"data"`
	HandOvers []string `json:"hand_overs"`
}

// MostTold bounds the hand-overs of one telling.
const MostTold = 4096

// Append writes the telling as the body of a request.
func (t *Telling) Append() ([]byte, error) {
	out := telling{t.Type, t.Made.UTC().Format(time.RFC3339), tellsOf{string(t.Policy), string(t.Recipient), hex.EncodeToString(t.Leaf[:]), []string{}, []string{}}}
	for _, d := range t.Data {
		out.Data.Data = append(out.Data.Data, string(d))
	}
	for i := range t.HandOvers {
		out.Data.HandOvers = append(out.Data.HandOvers, hex.EncodeToString(t.HandOvers[i][:]))
	}
	if !slices.Contains(tellings, t.Type) || len(t.HandOvers) > MostTold || len(t.Data) > mostWords {
		return nil, fmt.Errorf("write telling: %w", ErrForm)
	}
	return json.Marshal(out)
}

// ReadTelling reads the body of a request. Whether it is genuine, the signature of the
// request says. It accepts only what [Telling.Append] writes, and its errors quote nothing.
func ReadTelling(raw []byte) (Telling, error) {
	var in telling
	if len(raw) > MostBundle || json.Unmarshal(raw, &in) != nil {
		return Telling{}, fmt.Errorf("read telling: no telling: %w", ErrForm)
	}
	t := Telling{Type: in.Type, Policy: avow.PolicyID(in.Data.Policy), Recipient: avow.Recipient(in.Data.Recipient)}
	var err error
	if t.Made, err = time.Parse(time.RFC3339, in.Made); err != nil || !digits(t.Leaf[:], in.Data.Leaf) {
		return Telling{}, fmt.Errorf("read telling: no time or no leaf: %w", ErrForm)
	}
	for _, d := range in.Data.Data {
		t.Data = append(t.Data, avow.Datum(d))
	}
	for _, s := range in.Data.HandOvers {
		var id [16]byte
		if !digits(id[:], s) {
			return Telling{}, fmt.Errorf("read telling: no hand-over: %w", ErrForm)
		}
		t.HandOvers = append(t.HandOvers, id)
	}
	if again, err := t.Append(); err != nil || !bytes.Equal(again, raw) {
		return Telling{}, fmt.Errorf("read telling: not written as it should be: %w", ErrForm)
	}
	return t, nil
}
