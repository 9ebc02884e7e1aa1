package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/mod/sumdb/note"

	"avow.dev"
	"avow.dev/envelope"
)

// enveloped is what an envelope was shown to say. It holds none of the data.
type enveloped struct {
	Log       string         `json:"log"`
	Leaf      string         `json:"leaf"`
	Policy    avow.PolicyID  `json:"policy"`
	Hash      avow.Hash      `json:"policy_hash"`
	Recipient avow.Recipient `json:"recipient"`
	Verb      string         `json:"verb"`
	Purposes  []avow.Purpose `json:"purposes"`
	Fields    []avow.Datum   `json:"fields"`
	Made      time.Time      `json:"made"`
	Until     time.Time      `json:"until"`
	Onward    string         `json:"onward,omitempty"`
	Prior     string         `json:"prior,omitempty"`
	Payload   bool           `json:"payload_checked"`
}

// envelope checks an envelope, and its payload if one is named. One whose time is
// over fails: what came with it must no longer be used.
func (k *verifyCommand) envelope(c *console, trusted []note.Verifier) error {
	if k.Envelope == "" || len(k.Path) > 0 || k.Consistency || k.Leaf != "" || k.Record != "" {
		return usage("--envelope FILE stands alone, or with --payload FILE")
	}
	raw, err := os.ReadFile(k.Envelope)
	if err != nil {
		return err
	}
	text, payload, both := envelope.Split(raw)
	if both && k.Payload != "" {
		return usage("--envelope FILE holds the payload too: leave out --payload")
	}
	e, err := envelope.Open(text, trusted...)
	if err != nil {
		return failed(fmt.Errorf("%s: %w", k.Envelope, err))
	}
	from := k.Envelope
	if k.Payload != "" {
		from = k.Payload
		if payload, err = os.ReadFile(from); err != nil {
			return err
		}
		both = true
	}
	if both {
		if _, err := e.Read(payload); err != nil {
			return failed(fmt.Errorf("%s: %w", from, err))
		}
	}
	if e.Over(c.now()) {
		return failed(fmt.Errorf("%s: %w since %s", k.Envelope, envelope.ErrOver, e.Until.Format(time.RFC3339)))
	}
	said := enveloped{Log: e.Log, Leaf: fmt.Sprintf("%x", e.ID), Policy: e.Policy, Hash: e.Hash, Recipient: e.Recipient, Verb: e.Verb.String(), Purposes: e.Purposes, Fields: e.Fields,
		Made: e.Made, Until: e.Until, Onward: e.Onward, Payload: both}
	if e.Prior != [16]byte{} {
		said.Prior = fmt.Sprintf("%x", e.Prior)
	}
	if k.JSON {
		return writeJSON(c, said)
	}
	checked := "the payload was not checked"
	if said.Payload {
		checked = "the payload is the very one"
	}
	_, err = fmt.Fprintf(c.out, "ok: %s of %v to %s for %v, until %s; %s\nleaf %s of log %s, under %s\n", said.Verb, said.Fields, said.Recipient, said.Purposes,
		said.Until.Format(time.RFC3339), checked, said.Leaf, said.Log, said.Hash)
	return err
}
