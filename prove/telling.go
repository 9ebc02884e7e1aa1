package prove

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/ledger"
	"avow.dev/policy/syntax"
	"avow.dev/webhook"
)

// tellingProbes play what a recipient is told of data that it got: by its webhook, by
// whoever tries again, and only of what it got.
func (t text) tellingProbes(e *syntax.Party) []probe {
	if slices.Contains([]string{"court", "police", "authority", "regulator", "members", "public", "successor"}, e.Kind.Text) {
		return nil
	}
	return []probe{{e.ID.Text, "is told of an erasure by the ids that it got, again when an officer says so, and then nobody is left who could be told", func(s *stage) error { return s.toldOn(e) }}}
}

// told is what a recipient's receiver was told.
type told struct {
	mu  sync.Mutex
	all []webhook.Telling
}

func (b *told) hear(_ context.Context, t *webhook.Telling) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, *t)
	return nil
}

func (b *told) heard() []webhook.Telling {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.all)
}

// carriedOut is what can be read of a request that was carried out.
type carriedOut struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Done    string `json:"done"`
	Subject string `json:"subject"`
	Stores  []struct {
		Store     string          `json:"store"`
		Recipient string          `json:"recipient"`
		State     string          `json:"state"`
		Why       string          `json:"why"`
		Leaf      string          `json:"leaf"`
		HandOvers json.RawMessage `json:"hand_overs"`
	} `json:"stores"`
}

// at returns the number of the step of a store or a recipient.
func (c *carriedOut) at(store, recipient string) int {
	for i := range c.Stores {
		if c.Stores[i].Store == store && c.Stores[i].Recipient == recipient {
			return i
		}
	}
	return -1
}

func (s *stage) toldOn(e *syntax.Party) error {
	if err := s.qualify(e.ID.Text); err != nil {
		return err
	}
	key, err := ledger.ParseVerifier(s.engine.VKey(avow.PolicyID(s.text.Policy.Text)))
	if err != nil {
		return err
	}
	box := &told{}
	door := s.post.partner()
	defer door.close()
	return s.filedFor(e, func(q *qualification) { q.Webhook = door.url }, func(_, secret string) error {
		r, err := webhook.New(webhook.Config{Recipient: avow.Recipient(e.ID.Text), Secrets: []string{secret}, Logs: []note.Verifier{key}, Now: s.clock.now,
			Take: func(context.Context, *webhook.HandOver) error { return nil }, Told: box.hear})
		if err != nil {
			return err
		}
		gone := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
		door.open(gone)
		door.shut(false)
		p, ask, err := s.wayfarerBy(e, "")
		if err != nil {
			return err
		}
		leaf, err := p.handed(ask())
		if err != nil {
			return err
		}
		c, err := s.erasedWith(p)
		if err != nil {
			return err
		}
		if err := s.engine.Deliver(s.ctx); err != nil {
			return err
		}
		n := c.at("recipient", e.ID.Text)
		if c, err = s.fulfilment(c.ID); err != nil {
			return err
		}
		if n < 0 || c.Stores[n].State != "failed" || c.Stores[n].Why != "gone" || len(box.heard()) > 0 {
			return &mismatch{"a step that failed where the recipient's webhook is gone", fmt.Sprintf("%+v", c)}
		}
		door.open(r)
		a, err := s.as("bo", "fulfilments/retry", struct {
			ID   string `json:"id"`
			Step int    `json:"step"`
		}{c.ID, n})
		if err != nil || !a.allowed {
			return orMismatch(err, "an officer to have it tried again", "%v", a)
		}
		if err := s.engine.Deliver(s.ctx); err != nil {
			return err
		}
		heard := box.heard()
		if len(heard) != 1 || heard[0].Type != envelope.ToldErased || len(heard[0].HandOvers) != 1 || hex.EncodeToString(heard[0].HandOvers[0][:]) != leaf {
			return &mismatch{"the recipient to be told once what was erased, by the id that it got with it", fmt.Sprintf("%+v, not %s", heard, leaf)}
		}
		return s.nobodyLeft(p, c.ID, n)
	})
}

// handed returns the id of a hand-over, which is the leaf in its receipt.
func (p *person) handed(a *answer, err error) (string, error) {
	if err != nil || !a.allowed {
		return "", orMismatch(err, "a hand-over", "%v", a)
	}
	var got sentOut
	if err := json.Unmarshal(a.raw, &got); err != nil || got.Receipt.Leaf == "" {
		return "", &mismatch{"a receipt with the id of the hand-over", string(a.raw)}
	}
	return got.Receipt.Leaf, nil
}

// erasedWith erases somebody, and finds what is done for it elsewhere.
func (s *stage) erasedWith(p *person) (*carriedOut, error) {
	a, err := p.send("erase", ask{Subject: p.ref})
	if err != nil || !a.allowed {
		return nil, orMismatch(err, "an erasure", "%v", a)
	}
	var done sentOut
	if err := json.Unmarshal(a.raw, &done); err != nil {
		return nil, err
	}
	for after := ""; ; {
		a, err := s.as("bo", "fulfilments/list", struct {
			After string `json:"after,omitempty"`
			Limit int    `json:"limit"`
		}{after, 256})
		if err != nil {
			return nil, err
		}
		var page struct {
			Fulfilments []carriedOut `json:"fulfilments"`
		}
		if bytes.Contains(a.raw, []byte(p.ref)) {
			return nil, &mismatch{"a list that says of nobody whom it is about", "the reference"}
		}
		if err := json.Unmarshal(a.raw, &page); err != nil || len(page.Fulfilments) == 0 {
			return nil, &mismatch{"what is done for an erasure to be listed", a.String()}
		}
		for i := range page.Fulfilments {
			if after = page.Fulfilments[i].ID; page.Fulfilments[i].Done == done.Receipt.Leaf {
				return &page.Fulfilments[i], nil
			}
		}
	}
}

// fulfilment reads how far a request is.
func (s *stage) fulfilment(id string) (*carriedOut, error) {
	a, err := s.as("bo", "fulfilments/read", approving{ID: id})
	if err != nil {
		return nil, err
	}
	c := &carriedOut{}
	if err := json.Unmarshal(a.raw, c); err != nil || c.State == "" {
		return nil, &mismatch{"how far a request is to be read", a.String()}
	}
	return c, nil
}

// nobodyLeft has the application answer for what it keeps itself, and looks whether
// anything is left then by which the person could be known.
func (s *stage) nobodyLeft(p *person, id string, n int) error {
	a, err := s.send("fulfilments/app", struct {
		Limit int `json:"limit"`
	}{256})
	if err != nil {
		return err
	}
	keeps := slices.ContainsFunc(s.text.Data, func(d syntax.Datum) bool { return d.Held.Text == "app" })
	if got := bytes.Contains(a.raw, []byte(id)) && bytes.Contains(a.raw, []byte(p.ref)); got != keeps {
		return &mismatch{fmt.Sprintf("the application to be asked = %v for what it keeps itself", keeps), fmt.Sprint(got)}
	}
	if keeps {
		a, err := s.send("fulfilments/answer", struct {
			ID     string `json:"id"`
			Answer string `json:"answer"`
		}{id, "done"})
		if err != nil || !a.allowed {
			return orMismatch(err, "the application's answer to be taken", "%v", a)
		}
	}
	a, err = s.as("bo", "fulfilments/open", struct {
		ID     string    `json:"id"`
		Reason *occasion `json:"reason"`
	}{id, &occasion{"request", "to see what is left"}})
	if err != nil {
		return err
	}
	c := &carriedOut{}
	if err := json.Unmarshal(a.raw, c); err != nil || n >= len(c.Stores) {
		return &mismatch{"what was carried out to be opened", a.String()}
	}
	if c.Stores[n].State != "done" || c.Stores[n].Leaf == "" || len(c.Stores[n].HandOvers) > 0 || c.Subject != "" || bytes.Contains(a.raw, []byte(p.ref)) {
		return &mismatch{"nothing to be left of whom it was about, and evidence that the recipient was told", string(a.raw)}
	}
	return nil
}
