package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// story is what made-up people do under one policy, told from its own rules: they
// sign up, consent, give data where it collects any, are looked after, and one of
// them is erased.
type story struct {
	url, token string
	program    *policy.Program

	collected, used, refused int
	reasons                  map[string]bool
	erased                   int
}

// reply is what the story reads of an answer.
type reply struct {
	Token   string `json:"token"`
	Code    string `json:"code"`
	Detail  string `json:"detail"`
	Reasons []struct {
		Code string `json:"code"`
	} `json:"reasons"`
}

type object = map[string]any // a request's body: the door reads it strictly

// people are made up.
func people() []string { return []string{"mei", "tom"} }

func (s *story) play(ctx context.Context) error {
	s.reasons = make(map[string]bool)
	for _, who := range people() {
		if err := s.join(ctx, who); err != nil {
			return err
		}
	}
	f := s.program.File()
	for i := range f.Collect {
		if err := s.collect(ctx, people()[i%2], &f.Collect[i]); err != nil {
			return err
		}
	}
	for i := range f.Use {
		if err := s.use(ctx, people()[0], &f.Use[i]); err != nil {
			return err
		}
	}
	if err := s.snoop(ctx, people()[0]); err != nil {
		return err
	}
	if err := s.wonder(ctx, people()[0]); err != nil {
		return err
	}
	return s.leave(ctx, people()[1])
}

// join accepts the policy and its documents, and says yes to what is asked.
func (s *story) join(ctx context.Context, who string) error {
	f := s.program.File()
	saying := object{"subject": who, "policy_hash": s.program.Hash(), "gesture": s.gesture(), "language": s.program.Languages()[0]}
	for i := range f.Acceptance.Documents {
		doc := cloneObject(saying)
		doc["accept"], doc["document"] = true, f.Acceptance.Documents[i].ID.Text
		if _, err := s.post(ctx, "agreements", doc); err != nil {
			return err
		}
	}
	saying["accept"], saying["age"] = true, "adult"
	var choices []object
	for i := range f.Choices {
		if kind := f.Choices[i].Kind.Text; kind == "consent" || kind == "explicit-consent" {
			choices = append(choices, object{"choice": f.Choices[i].ID.Text, "state": "given"})
		}
	}
	if len(choices) > 0 {
		saying["choices"] = choices
	}
	var notices []string // of places, without which no yes to a move counts
	for i := range f.Places {
		if f.Places[i].Notice.On {
			notices = append(notices, f.Places[i].ID.Text)
		}
	}
	if len(notices) > 0 {
		saying["notices"] = notices
	}
	_, err := s.post(ctx, "agreements", saying)
	return err
}

func cloneObject(o object) object {
	out := make(object, len(o)+2)
	for k, v := range o {
		out[k] = v
	}
	return out
}

// gesture is one that accepts; using never does.
func (s *story) gesture() string {
	for _, g := range s.program.File().Acceptance.Gesture {
		if g.Text != "use" && g.Text != "browse" {
			return g.Text
		}
	}
	return "accept-button"
}

// collect sends what a rule lets in, with values that are made up.
func (s *story) collect(ctx context.Context, who string, rule *syntax.Collect) error {
	var items []object
	for _, d := range rule.Data {
		if v := s.sample(avow.Datum(d.Text), who); v != "" {
			items = append(items, object{"datum": d.Text, "value": v})
		}
	}
	if len(items) == 0 {
		return nil
	}
	body := object{"subject": who, "purpose": rule.For[0].Text, "point": rule.Points[0].Text, "source": first(rule.From, "person"), "items": items,
		"device": object{"network": "wifi", "permitted": true, "running": true}}
	if feature := first(rule.Features, ""); feature != "" {
		body["feature"] = feature
	}
	if err := s.eventToken(ctx, who, rule, body); err != nil {
		return err
	}
	if err := s.permit(ctx, who, rule); err != nil {
		return err
	}
	r, err := s.post(ctx, "collect", body)
	if err == nil && r.Code == "" {
		s.collected += len(items)
	}
	return err
}

// permit reports that the person agreed to the permissions of the device that guard
// what a rule reads from it.
func (s *story) permit(ctx context.Context, who string, rule *syntax.Collect) error {
	if first(rule.From, "person") != "device" {
		return nil
	}
	for i := range s.program.File().Permissions {
		e := &s.program.File().Permissions[i]
		guards := slices.ContainsFunc(rule.Data, func(d syntax.Word) bool { return syntax.Has(e.Data, d.Text) })
		if !guards {
			continue
		}
		body := object{"subject": who, "permission": e.Slug.Text, "purpose": e.For[0].Text, "feature": e.Feature[0].Text, "granted": true}
		if _, err := s.post(ctx, "permissions/answers", body); err != nil {
			return err
		}
	}
	return nil
}

// eventToken asks for a token where a rule wants the person's yes each time.
func (s *story) eventToken(ctx context.Context, who string, rule *syntax.Collect, body object) error {
	for _, w := range rule.Needs.Choice {
		info, ok := s.program.Choice(avow.Choice(w.Text))
		if !ok || info.Kind != "per-event" {
			continue
		}
		r, err := s.post(ctx, "event-tokens", object{"subject": who, "choice": w.Text})
		if err != nil {
			return err
		}
		body["token"] = r.Token
	}
	return nil
}

func first(words []syntax.Word, fallback string) string {
	if len(words) == 0 {
		return fallback
	}
	return words[0].Text
}

// use reads data as a role of the policy may.
func (s *story) use(ctx context.Context, who string, rule *syntax.Use) error {
	var data []string
	for _, d := range rule.Data {
		if info, ok := s.program.Datum(avow.Datum(d.Text)); ok && info.Type != "password" {
			data = append(data, d.Text)
		}
	}
	if len(data) == 0 {
		return nil
	}
	body := object{"subject": who, "data": data, "purpose": rule.For[0].Text}
	for key, words := range map[string][]syntax.Word{"role": rule.By, "feature": rule.Feature} {
		if w := first(words, ""); w != "" {
			body[key] = w
		}
	}
	r, err := s.post(ctx, "use", body)
	if err == nil && r.Code == "" {
		s.used++
	}
	return err
}

// snoop asks for what no policy allows.
func (s *story) snoop(ctx context.Context, who string) error {
	data := s.program.Data()
	if len(data) == 0 {
		return nil
	}
	_, err := s.post(ctx, "use", object{"subject": who, "data": []avow.Datum{data[0].Slug}, "purpose": "sell-to-the-highest-bidder"})
	return err
}

// wonder asks something that only people can answer.
func (s *story) wonder(ctx context.Context, who string) error {
	if _, asked := s.program.Right("ask"); !asked {
		return nil
	}
	_, err := s.post(ctx, "requests", object{"subject": who, "right": "ask", "text": "Who receives my phone number, 13800138000?"})
	return err
}

func (s *story) leave(ctx context.Context, who string) error {
	r, err := s.post(ctx, "erase", object{"subject": who})
	if err == nil && r.Code == "" {
		s.erased++
	}
	return err
}

// post sends a request through the door. A refusal by the policy is part of the
// story; anything else that goes wrong ends it.
func (s *story) post(ctx context.Context, op string, body object) (r reply, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return r, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/"+string(s.program.ID())+"/"+op, bytes.NewReader(text))
	if err != nil {
		return r, err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if err := json.NewDecoder(res.Body).Decode(&r); err != nil {
		return r, fmt.Errorf("%s: %s: %w", op, res.Status, err)
	}
	switch {
	case r.Code == "refused":
		s.refused++
		for _, reason := range r.Reasons {
			s.reasons[reason.Code] = true
		}
	case res.StatusCode >= http.StatusBadRequest:
		return r, fmt.Errorf("%s: %s: %s", op, res.Status, r.Detail)
	}
	return r, nil
}

func (s *story) report() string {
	var reasons []string
	for code := range s.reasons {
		reasons = append(reasons, code)
	}
	slices.Sort(reasons)
	return fmt.Sprintf("%-8s %d people, %d values collected, %d uses, %d refusals, %d erased\n         refused because: %s",
		s.program.ID(), len(people()), s.collected, s.used, s.refused, s.erased, strings.Join(reasons, ", "))
}
