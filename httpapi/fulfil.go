package httpapi

import (
	"encoding/hex"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

const fulfilmentTag = "Requests"

// Fulfilment is what is done for one request, store by store.
type Fulfilment struct {
	MatterHead
	Right    string           `json:"right" enum:"erase,correct,restrict,lift" doc:"What is carried out; lift is the end of a restriction."`
	Request  string           `json:"request,omitempty" doc:"The person's request, if it was one."`
	Data     []string         `json:"data,omitempty" nullable:"false" doc:"What it is about; everything if left out."`
	Leaf     string           `json:"leaf" doc:"Id of the evidence that it was decided upon."`
	Done     string           `json:"done,omitempty" doc:"Id of the evidence that an erasure is complete."`
	Finished time.Time        `json:"finished,omitzero" doc:"Since when no step waits for anybody. It can be read for a year from then."`
	Subject  string           `json:"subject,omitempty" doc:"How the application calls the person: only where it was opened, and as long as somebody has to be told."`
	Stores   []FulfilmentStep `json:"stores" nullable:"false"`
}

// FulfilmentStep is what is done at one place.
type FulfilmentStep struct {
	Store     string      `json:"store" enum:"records,files,key,backups,app,recipient"`
	Recipient string      `json:"recipient,omitempty" example:"map-maker"`
	State     string      `json:"state" enum:"waiting,done,failed,not-needed"`
	Why       string      `json:"why,omitempty" doc:"Why it failed, is not needed, or waits. One of: nothing-held, nobody-received, no-webhook, unreachable, gone, interrupted, kept-by-law, error, unreadable, kept-in-backups, noted, over, too-late, restored."`
	Data      []string    `json:"data,omitempty" nullable:"false"`
	At        time.Time   `json:"at,omitzero" doc:"Since when it is so."`
	Until     time.Time   `json:"until,omitzero" doc:"When it ends by itself."`
	Leaf      string      `json:"leaf,omitempty" doc:"Id of the evidence of it."`
	Tries     int64       `json:"tries,omitempty"`
	Way       string      `json:"way,omitempty" enum:"webhook,hand" doc:"How a recipient is told."`
	Count     int64       `json:"hand_overs_count,omitempty" doc:"How many hand-overs to the recipient it is about."`
	HandOvers []Handing   `json:"hand_overs,omitempty" nullable:"false" doc:"Which, only where it was opened, and until the recipient was told."`
	ByHand    *HandedWord `json:"by_hand,omitempty" doc:"What somebody put down of telling them."`
}

// Handing names a hand-over as the recipient knows it.
type Handing struct {
	ID string    `json:"id" doc:"Id of its evidence, which is that of its envelope and stands in the receipt." example:"000000000000000000000000000000ff"`
	At time.Time `json:"at"`
}

// HandedWord is what somebody put down.
type HandedWord struct {
	By      string    `json:"by"`
	On      time.Time `json:"on"`
	Channel string    `json:"channel"`
	Answer  string    `json:"answer,omitempty"`
}

// Fulfilments is a list of them.
type Fulfilments struct {
	Fulfilments []Fulfilment `json:"fulfilments" nullable:"false"`
}

// FulfilmentPage asks for a part of the list.
type FulfilmentPage struct {
	MatterPage
	Open bool `json:"open,omitempty" doc:"Only those of which a step waits or has failed."`
}

// FulfilmentOpening names one and says why it is opened.
type FulfilmentOpening struct {
	MatterID
	Looking
}

// StepOf names one step.
type StepOf struct {
	MatterID
	Step int64  `json:"step" minimum:"0" maximum:"4096" doc:"Number of the step, from 0."`
	Role string `json:"role,omitempty" maxLength:"64" doc:"In which role of the policy." example:"desk"`
}

// TellingByHand puts down that somebody was told.
type TellingByHand struct {
	StepOf
	On      time.Time `json:"on" doc:"When they were told." example:"2026-11-20T10:00:00Z"`
	Channel string    `json:"channel" enum:"mail,letter,phone,portal,meeting"`
	Answer  string    `json:"answer,omitempty" maxLength:"1000" lines:"yes" doc:"What they answered, in a sentence that names nobody; it can be sent later, with the rest again."`
}

// Fulfilled is the answer of a step.
type Fulfilled struct {
	Receipt    Receipt    `json:"receipt"`
	Fulfilment Fulfilment `json:"fulfilment"`
}

// AppStep is what the application has to do with what it keeps itself.
type AppStep struct {
	ID      string    `json:"id" doc:"To answer it by."`
	Right   string    `json:"right" enum:"erase,correct,restrict,lift" doc:"Erase the data; put right what the person corrects; leave it unused; use it again."`
	Subject string    `json:"subject"`
	Data    []string  `json:"data" nullable:"false" doc:"Which of the data that the policy has the application keep."`
	Since   time.Time `json:"since"`
}

// AppSteps are those that wait.
type AppSteps struct {
	Steps []AppStep `json:"steps" nullable:"false"`
}

// AppAnswer is the application's word on one.
type AppAnswer struct {
	MatterID
	Answer string `json:"answer" enum:"done,nothing-held,kept-by-law,error" doc:"The last two are shown to officers, who have it tried again."`
}

// AppAnswered is the receipt of an answer.
type AppAnswered struct {
	Receipt Receipt `json:"receipt"`
}

func fulfilmentOf(m *gate.Fulfilment) Fulfilment {
	f := &m.Body
	out := Fulfilment{MatterHead: headOfMatter(m, 0), Right: f.Right, Request: f.Request, Data: strs(f.Data), Leaf: hex.EncodeToString(f.Leaf[:]), Finished: f.Finished, Subject: string(f.Ref), Stores: []FulfilmentStep{}}
	if f.Done != ([16]byte{}) {
		out.Done = hex.EncodeToString(f.Done[:])
	}
	for i := range f.Steps {
		s := &f.Steps[i]
		one := FulfilmentStep{Store: s.Store, Recipient: string(s.Recipient), State: s.State, Why: s.Why, Data: strs(s.Data), At: s.At, Until: s.Until, Tries: int64(s.Tries), Way: s.Way, Count: int64(s.Count)}
		if s.Leaf != ([16]byte{}) {
			one.Leaf = hex.EncodeToString(s.Leaf[:])
		}
		for _, h := range s.HandOvers {
			one.HandOvers = append(one.HandOvers, Handing{h.ID, h.At})
		}
		if b := s.ByHand; b != nil {
			one.ByHand = &HandedWord{b.By.Person, b.On, b.Channel, b.Answer}
		}
		out.Stores = append(out.Stores, one)
	}
	return out
}

func fulfilmentsOf(all []gate.Fulfilment) Fulfilments {
	out := Fulfilments{Fulfilments: make([]Fulfilment, len(all))}
	for i := range all {
		out.Fulfilments[i] = fulfilmentOf(&all[i])
	}
	return out
}

func fulfilled(m gate.Fulfilment, r avow.Receipt, err error) (Fulfilled, error) {
	if err != nil {
		return Fulfilled{}, err
	}
	return Fulfilled{receiptOf(r), fulfilmentOf(&m)}, nil
}

func (d *Door) addFulfilments() error {
	for _, add := range []func() error{d.addFulfilmentLists, d.addFulfilmentSteps, d.addAppSteps} {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Door) addFulfilmentLists() error {
	err := post(d, operation{id: "fulfilments", path: "/v1/{policy}/fulfilments/list", tag: fulfilmentTag, scopes: auth.Officer | auth.Auditor,
		summary: "List what was carried out, store by store", doc: "Erasures, corrections and restrictions, those begun first first: the vault, its key, backups, the application, and each recipient who had the data. Says of nobody whom it is about.", example: `{"open":true}`,
	}, func(c *call, in *FulfilmentPage) (Fulfilments, error) {
		all, err := c.gate.Fulfilments(c, c.policy, in.After, int(or(in.Limit, 100)), in.Open)
		return fulfilmentsOf(all), err
	})
	if err != nil {
		return err
	}
	err = post(d, operation{id: "read-fulfilment", path: "/v1/{policy}/fulfilments/read", tag: fulfilmentTag, scopes: auth.Officer | auth.Auditor,
		summary: "Say how far one is", doc: "Says of nobody whom it is about.", example: `{"id":"000000000000000000000000000000ff"}`,
	}, func(c *call, in *MatterID) (Fulfilment, error) {
		m, err := c.gate.ReadFulfilment(c, c.policy, in.ID)
		if err != nil {
			return Fulfilment{}, err
		}
		return fulfilmentOf(&m), nil
	})
	if err != nil {
		return err
	}
	err = post(d, operation{id: "open-fulfilment", path: "/v1/{policy}/fulfilments/open", tag: fulfilmentTag, scopes: auth.Officer,
		summary: "Say whom one is about, to tell somebody by hand", doc: "The application's reference and the ids of the hand-overs, as long as somebody has to be told. That somebody looked stands in the evidence.", example: `{"id":"000000000000000000000000000000ff",` + dueReason + `}`,
	}, func(c *call, in *FulfilmentOpening) (Fulfilment, error) {
		look, err := c.look(&in.Looking)
		if err != nil {
			return Fulfilment{}, err
		}
		m, err := c.gate.OpenFulfilment(c, c.policy, in.ID, in.by(c), look)
		if err != nil {
			return Fulfilment{}, err
		}
		return fulfilmentOf(&m), nil
	})
	if err != nil {
		return err
	}
	return post(d, operation{id: "own-fulfilments", path: "/v1/{policy}/fulfilments/of", tag: fulfilmentTag, scopes: auth.App,
		summary: "Say what became of a person's requests", doc: "For the person: who had their data and was told, and when (GDPR art. 19). The newest first.", example: `{"subject":"user-1024"}`,
	}, func(c *call, in *Somebody) (Fulfilments, error) {
		all, err := c.gate.OwnFulfilments(c, c.policy, in.ref())
		return fulfilmentsOf(all), err
	})
}

func (d *Door) addFulfilmentSteps() error {
	err := post(d, operation{id: "retry-step", path: "/v1/{policy}/fulfilments/retry", tag: fulfilmentTag, scopes: auth.Officer, once: true,
		summary: "Try one step again that failed", doc: "That step alone: a recipient's webhook, what the application could not do, or what was interrupted here.", example: `{"id":"000000000000000000000000000000ff","step":5}`,
	}, func(c *call, in *StepOf) (Fulfilled, error) {
		return fulfilled(c.gate.RetryStep(c, c.policy, in.ID, int(in.Step), c.officer(avow.Role(in.Role))))
	})
	if err != nil {
		return err
	}
	return post(d, operation{id: "tell-by-hand", path: "/v1/{policy}/fulfilments/told", tag: fulfilmentTag, scopes: auth.Officer, once: true,
		summary: "Put down that a recipient was told otherwise", doc: "For recipients without a webhook, and for those whom it does not reach.", example: `{"id":"000000000000000000000000000000ff","step":5,"on":"2026-11-20T10:00:00Z","channel":"mail"}`,
	}, func(c *call, in *TellingByHand) (Fulfilled, error) {
		return fulfilled(c.gate.TellByHand(c, c.policy, in.ID, int(in.Step), c.officer(avow.Role(in.Role)), &gate.ToldByHand{On: in.On, Channel: in.Channel, Answer: in.Answer}))
	})
}

func (d *Door) addAppSteps() error {
	err := post(d, operation{id: "app-steps", path: "/v1/{policy}/fulfilments/app", tag: fulfilmentTag, scopes: auth.App,
		summary: "List what the application has to do with what it keeps itself", doc: "Data with held: app. Each comes again until it is answered; ask every few minutes.", example: `{"limit":50}`,
	}, func(c *call, in *MatterPage) (AppSteps, error) {
		all, err := c.gate.AppSteps(c, c.policy, in.After, int(or(in.Limit, 100)))
		out := AppSteps{Steps: make([]AppStep, len(all))}
		for i := range all {
			s := &all[i]
			out.Steps[i] = AppStep{s.ID, s.Right, string(s.Subject), strs(s.Data), s.Since}
		}
		return out, err
	})
	if err != nil {
		return err
	}
	return post(d, operation{id: "answer-app-step", path: "/v1/{policy}/fulfilments/answer", tag: fulfilmentTag, scopes: auth.App, once: true,
		summary: "Answer one of them", doc: "With that its reference to the person is forgotten here, unless somebody else still has to be told.", example: `{"id":"000000000000000000000000000000ff","answer":"done"}`,
	}, func(c *call, in *AppAnswer) (AppAnswered, error) {
		r, err := c.gate.AnswerAppStep(c, c.policy, in.ID, in.Answer, c.token.ID)
		if err != nil {
			return AppAnswered{}, err
		}
		return AppAnswered{receiptOf(r)}, nil
	})
}
