package prove

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// The JSON that the door speaks, as an app would write it down.

type item struct {
	Datum  string `json:"datum"`
	Value  string `json:"value,omitempty"`
	Base64 string `json:"base64,omitempty"`
}

// device is what an app says of the device that sends the data.
type device struct {
	Network   string `json:"network,omitempty"`
	Permitted bool   `json:"permitted,omitempty"`
	Running   bool   `json:"running,omitempty"`
}

type choiceSaid struct {
	Choice string `json:"choice"`
	State  string `json:"state"`
}

type agreement struct {
	Policy   string       `json:"policy_hash,omitempty"`
	Accept   bool         `json:"accept,omitempty"`
	Decline  bool         `json:"decline,omitempty"`
	Document string       `json:"document,omitempty"`
	Gesture  string       `json:"gesture,omitempty"`
	Language string       `json:"language,omitempty"`
	Choices  []choiceSaid `json:"choices,omitempty"`
	Notices  []string     `json:"notices,omitempty"`
	Signals  []string     `json:"signals,omitempty"`
	Made     bool         `json:"synthetic,omitempty"`
	Age      string       `json:"age,omitempty"`
	Born     string       `json:"born,omitempty"`
	Zone     string       `json:"zone,omitempty"`
}

type shown struct {
	Citation     string `json:"citation,omitempty"`
	URL          string `json:"url,omitempty"`
	Contract     string `json:"contract,omitempty"`
	Case         string `json:"case,omitempty"`
	Partner      string `json:"partner,omitempty"`
	ConsentProof string `json:"consent_proof,omitempty"`
	Token        string `json:"token,omitempty"`
}

// ask is any request to the door; what an operation does not know stays empty.
type ask struct {
	Subject   string     `json:"subject,omitempty"`
	Data      []string   `json:"data,omitempty"`
	Items     []item     `json:"items,omitempty"`
	Purpose   string     `json:"purpose,omitempty"`
	Point     string     `json:"point,omitempty"`
	Feature   string     `json:"feature,omitempty"`
	Source    string     `json:"source,omitempty"`
	Recipient string     `json:"recipient,omitempty"`
	Role      string     `json:"role,omitempty"`
	Region    string     `json:"region,omitempty"`
	Ground    string     `json:"ground,omitempty"`
	Shown     *shown     `json:"provenance,omitempty"`
	Agree     *agreement `json:"agree,omitempty"`
	Token     string     `json:"token,omitempty"`
	Selection string     `json:"selection,omitempty"`
	Choice    string     `json:"choice,omitempty"`
	Device    *device    `json:"device,omitempty"`
	Event     string     `json:"event,omitempty"`
	Anonymous bool       `json:"anonymous,omitempty"`
	Proof     *proof     `json:"proof,omitempty"`
	As        string     `json:"as,omitempty"`
}

// proof is what supports that the person has just signed in.
type proof struct {
	Session string `json:"session,omitempty"`
}

// answer is what the door said.
type answer struct {
	status    int
	raw       []byte
	allowed   bool
	reasons   []string
	rules     []string
	clauses   []string
	rulings   []ruling // on each datum of a refusal
	items     []item
	index     int64
	token     string
	selection string
}

func (a *answer) String() string {
	if a.allowed {
		return fmt.Sprintf("allowed by %s", strings.Join(a.rules, ", "))
	}
	if len(a.reasons) > 0 {
		return "refused: " + strings.Join(a.reasons, ", ")
	}
	return fmt.Sprintf("status %d", a.status)
}

func (a *answer) because(reason string) bool { return slices.Contains(a.reasons, reason) }

// value returns what was shown of a datum.
func (a *answer) value(datum string) (string, bool) {
	for _, it := range a.items {
		if it.Datum == datum {
			return it.Value, true
		}
	}
	return "", false
}

// wire is the part of the door's answers that the proof reads.
type wire struct {
	Rulings []ruling `json:"rulings"`
	Receipt struct {
		Index   int64  `json:"index"`
		Verdict string `json:"verdict"`
	} `json:"receipt"`
	Reasons []struct {
		Code string `json:"code"`
	} `json:"reasons"`
	Items     []item `json:"items"`
	Token     string `json:"token"`
	Selection string `json:"selection"`
}

// send posts to the door. An answer that is no answer of the door's kind is an
// error of the proof, not of the promise.
func (s *stage) send(op string, body any) (*answer, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return s.do(http.MethodPost, "/v1/"+s.text.Policy.Text+"/"+op, raw)
}

func (s *stage) do(method, path string, body []byte) (*answer, error) {
	return s.doWith(s.engine.Token(), method, path, body)
}

func (s *stage) doWith(token, method, path string, body []byte) (*answer, error) {
	req, err := http.NewRequestWithContext(s.ctx, method, s.engine.URL()+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the door: %w", err)
	}
	defer resp.Body.Close()
	a := &answer{status: resp.StatusCode, index: -1}
	if a.raw, err = io.ReadAll(io.LimitReader(resp.Body, 64<<20)); err != nil {
		return nil, fmt.Errorf("read the door's answer: %w", err)
	}
	if a.status >= 500 {
		return nil, fmt.Errorf("the door answered %d to %s", a.status, path)
	}
	var w wire
	if strings.Contains(resp.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(a.raw, &w); err != nil {
			return a, nil // another operation's shape; the caller reads raw
		}
	}
	a.allowed = a.status < 300
	a.index, a.items, a.token, a.selection = w.Receipt.Index, w.Items, w.Token, w.Selection
	for _, r := range w.Reasons {
		a.reasons = append(a.reasons, r.Code)
	}
	a.rulings = w.Rulings
	for _, r := range w.Rulings {
		a.rules, a.clauses = append(a.rules, r.Rule), append(a.clauses, r.Clauses...)
	}
	return a, nil
}

// leaf is a piece of evidence as the log shows it.
type leaf struct {
	Kind    string   `json:"kind"`
	Verdict string   `json:"verdict"`
	Hash    string   `json:"hash"`
	Data    []string `json:"data"`
	Rules   []string `json:"rules"`
	Clauses []string `json:"clauses"`
	Reasons []string `json:"reasons"`
	Count   int64    `json:"count"`
}

// evidence reads the leaf that a receipt names. An act whose evidence is not
// there was not promised-for, and the probe fails.
func (s *stage) evidence(index int64) (*leaf, error) {
	a, err := s.do(http.MethodGet, fmt.Sprintf("/v1/%s/evidence/%d", s.text.Policy.Text, index), nil)
	if err != nil {
		return nil, err
	}
	var body struct {
		Leaf leaf `json:"leaf"`
	}
	if a.status != http.StatusOK {
		return nil, &mismatch{"evidence of the act in the log", fmt.Sprintf("status %d for leaf %d", a.status, index)}
	}
	if err := json.Unmarshal(a.raw, &body); err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	return &body.Leaf, nil
}

// decide sends a request and adds what its evidence cites. The evidence of each
// permission is read, and that of every eighth refusal.
func (s *stage) decide(op string, q *ask) (*answer, error) {
	a, err := s.send(op, q)
	if err != nil {
		return nil, err
	}
	if a.index < 0 || a.status == http.StatusUnprocessableEntity || a.status == http.StatusBadRequest || !a.allowed && a.index%8 != 0 {
		return a, nil
	}
	l, err := s.evidence(a.index)
	if err != nil {
		return a, err
	}
	a.rules, a.clauses = l.Rules, l.Clauses
	if verdict := map[bool]string{true: "allow", false: "refuse"}[a.allowed]; l.Verdict != verdict {
		return a, &mismatch{"evidence that says " + verdict, "evidence that says " + l.Verdict}
	}
	return a, nil
}

// client speaks to one engine.
func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
}
