package centre

import (
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/web/html"
)

// offer is something that the policy lets people publish, and to whom.
type offer struct {
	Datum avow.Datum
	To    avow.Recipient
	For   avow.Purpose
	Rule  avow.RuleID
}

// publishable lists what the policy lets people publish, generated from its rules:
// there is no other list.
func publishable(p *policy.Program) []offer {
	var out []offer
	for i := range p.File().Share {
		r := &p.File().Share[i]
		if r.Verb.Text != "publish" {
			continue
		}
		for _, d := range r.Data {
			for _, to := range r.To {
				out = append(out, offer{avow.Datum(d.Text), avow.Recipient(to.Text), avow.Purpose(r.For[0].Text), avow.RuleID(r.ID.Text)})
			}
		}
	}
	return out
}

type offerLine struct {
	offer
	Name     string
	Audience string
	Held     bool
	Public   bool
	Address  string // where it can be read, for an audience that is everybody
}

type publishBody struct {
	Lines []offerLine
	Ask   string
	Down  string
	Any   bool
}

// publishing lists what can be published, what is, and where it can be read.
func (v *visit) publishing() error {
	held, err := v.gate().Holdings(v.r.Context(), v.id, v.ref())
	if err != nil {
		return err
	}
	addresses, err := v.gate().Addresses(v.r.Context(), v.id, v.ref())
	if err != nil {
		return err
	}
	body := publishBody{Ask: v.at("/publish/ask"), Down: v.at("/publish/down")}
	for _, o := range publishable(v.program) {
		l := offerLine{offer: o, Name: v.text.names.Title("data", string(o.Datum)), Audience: v.text.names.Of("recipients", string(o.To))}
		for i := range held {
			if held[i].Datum == o.Datum && !held[i].Hidden {
				l.Held, l.Public = true, l.Public || slices.Contains(held[i].Audience, o.To)
			}
		}
		for _, a := range addresses {
			if l.Public && a.To == o.To {
				l.Address = v.at("/public/" + string(a.To) + "/" + a.At)
			}
		}
		body.Any = body.Any || l.Public
		body.Lines = append(body.Lines, l)
	}
	p := v.page("publish")
	p.Lead = v.t("publish.lead")
	return v.render(http.StatusOK, p, body)
}

type publishAskBody struct {
	offerLine
	Value  string
	Words  []string
	Choice string
	Token  string
	Act    string
	Back   string
	Again  bool
}

// publishAsk shows what will be seen, by whom, and what follows, before anything is
// published. Having been shown it is what the publication needs; the token says so.
func (v *visit) publishAsk() error {
	o, err := v.offered()
	if err != nil {
		return err
	}
	c, err := v.gate().AccessTo(v.r.Context(), v.id, v.ref(), o.Datum)
	if err != nil {
		return err
	}
	defer wipe(c.Held)
	if len(c.Held) == 0 {
		return &avow.Error{Code: avow.Unknown, Message: "nothing of this kind is held that could be published", Try: "give it in the application first"}
	}
	body := publishAskBody{offerLine: offerLine{offer: *o, Name: v.text.names.Of("data", string(o.Datum)), Audience: v.text.names.Of("recipients", string(o.To))}, Act: v.at("/publish"), Back: v.at("/publish"), Again: !v.isFresh(Fresh)}
	if h := &c.Held[0]; h.File == nil && !h.Secret && !h.Hidden {
		body.Value = string(h.Value.Expose())
	}
	if body.Words, err = v.text.names.BeforePublishing(string(o.Rule), string(o.To), string(o.Datum)); err != nil {
		return &avow.Error{Code: avow.Internal, Message: "the words could not be put together", Try: "see the server's log", Cause: err}
	}
	body.Token, _, err = v.gate().Shown(v.r.Context(), v.id, v.ref(), &gate.Showing{Data: []avow.Datum{o.Datum}, To: o.To,
		Words: sha256.Sum256([]byte(strings.Join(body.Words, "\n"))), Language: avow.Language(v.tongue.Tag())})
	if err != nil {
		return err
	}
	p := v.page("publish-ask")
	p.Title = v.t("publish-ask.title", "name", body.Name)
	p.Back = &html.Link{Text: v.t("nav.publish"), Href: v.at("/publish")}
	return v.render(http.StatusOK, p, body)
}

// publish makes it visible: the choice that the rule asks for, and the publication,
// which spends the token.
func (v *visit) publish() error {
	o, err := v.offered()
	if err != nil {
		return err
	}
	if err := v.agreeTo(o); err != nil {
		return err
	}
	shown, err := v.gate().PublishAs(v.r.Context(), &avow.Request{Policy: v.id, Subject: v.ref(), Data: []avow.Datum{o.Datum}, Purpose: o.For, Recipient: o.To,
		Shown: avow.Provenance{Token: v.r.PostFormValue("token")}}, gate.Proven{Session: v.centre.cfg.Desk.Secret(v.r, v.id)})
	for i := range shown.Items {
		shown.Items[i].Value.Wipe()
	}
	if err != nil {
		return err
	}
	return v.to("/publish", "published")
}

// agreeTo records the yes that the button is.
func (v *visit) agreeTo(o *offer) error {
	info, ok := v.program.Rule(o.Rule)
	if !ok {
		return nil
	}
	rule, ok := info.Entry.(*syntax.Share)
	if !ok {
		return nil
	}
	var said []gate.ChoiceEvent
	for _, w := range rule.Needs.Choice {
		said = append(said, gate.ChoiceEvent{Choice: avow.Choice(w.Text), State: avow.Given})
	}
	if len(said) == 0 {
		return nil
	}
	_, err := v.gate().Agree(v.r.Context(), v.id, v.ref(), &gate.Agreement{Policy: v.program.Hash(), Choices: said, Gesture: "centre-button", Language: avow.Language(v.tongue.Tag())})
	return err
}

// takeDown takes it down from every audience, at once.
func (v *visit) takeDown() error {
	o, err := v.offered()
	if err != nil {
		return err
	}
	if _, err := v.gate().Unpublish(v.r.Context(), v.id, v.ref(), []avow.Datum{o.Datum}); err != nil {
		return err
	}
	return v.to("/publish", "taken-down")
}

// offered is what the form is about, if the policy offers it.
func (v *visit) offered() (*offer, error) {
	for _, o := range publishable(v.program) {
		if string(o.Datum) == v.r.PostFormValue("datum") && string(o.To) == v.r.PostFormValue("to") {
			return &o, nil
		}
	}
	return nil, &avow.Error{Code: avow.Invalid, Message: "the policy lets nobody publish this", Try: "choose something from the list"}
}

type publicBody struct {
	Values []publicValue
	By     string
}

type publicValue struct{ Name, Value string }

// public is what anybody sees of what somebody published, until it is taken down.
// Nobody may keep it: the next look asks again.
func (v *visit) public() error {
	shown, err := v.gate().Public(v.r.Context(), v.id, v.r.PathValue("at"), avow.Recipient(v.r.PathValue("audience")), v.ref())
	if err != nil {
		return err
	}
	var body publicBody
	for i := range shown.Items {
		item := &shown.Items[i]
		body.Values = append(body.Values, publicValue{v.text.names.Title("data", string(item.Datum)), string(item.Value.Expose())})
		item.Value.Wipe()
	}
	p := v.page("public")
	p.Nav, p.Account = nil, nil
	p.Lead = v.t("public.lead", "name", v.text.names.Product())
	return v.render(http.StatusOK, p, body)
}
