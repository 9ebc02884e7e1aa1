package httpapi

import (
	"context"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

const desk = auth.App | auth.Officer

// Copy is everything that is held of one person.
type Copy struct {
	Receipt  Receipt   `json:"receipt"`
	Subject  string    `json:"subject"`
	Standing Standing  `json:"standing"`
	Opened   time.Time `json:"opened,omitzero"`
	Held     []Held    `json:"held" nullable:"false"`
	Events   []Event   `json:"events" nullable:"false" doc:"What the person has chosen, from the first to the last."`
	Passkeys []Passkey `json:"passkeys" nullable:"false" doc:"The passkeys by which the person may sign in to the privacy centre."`
	Trail    []int64   `json:"trail" nullable:"false" doc:"Places in the log of the evidence about the person: who looked, who got it. Evidence of the last moments may follow later."`
}

// Held is one thing that is held, with why and until when.
type Held struct {
	Datum
	Rule     string    `json:"rule,omitempty" doc:"Under which it was collected."`
	Source   string    `json:"source,omitempty"`
	Purposes []string  `json:"purposes" nullable:"false"`
	At       time.Time `json:"at,omitzero" doc:"When it was collected last."`
	Until    time.Time `json:"until,omitzero" doc:"When its time is over; left out while the clock has not started."`
	UntilBy  string    `json:"until_by,omitempty" doc:"The retention rule."`
	Public   bool      `json:"public,omitempty"`
	Hidden   bool      `json:"hidden,omitempty" doc:"Deleted and not yet erased; the value is withheld."`
	Secret   bool      `json:"secret,omitempty" doc:"A password: that it is held is said, and it is not shown."`
	File     *File     `json:"file,omitempty" doc:"A file, in place of a value; copy-file gives it."`
	Hash     string    `json:"hash,omitempty" doc:"For a password: how it is hashed." example:"argon2id m=19456 t=2"`
}

// Passkey says that there is one. Its public half is of no use to anybody else.
type Passkey struct {
	Name   string    `json:"name,omitempty" doc:"That the person gave it."`
	Added  time.Time `json:"added"`
	Used   time.Time `json:"used,omitzero" doc:"When it was used last; left out if never."`
	Synced bool      `json:"synced,omitempty" doc:"It may leave its device."`
}

// Event is one entry of the history of choices.
type Event struct {
	Chosen
	Notice   string `json:"policy_hash,omitempty"`
	Language string `json:"language,omitempty"`
	Gesture  string `json:"gesture,omitempty"`
}

func copyOf(c *gate.Copy) Copy {
	out := Copy{Receipt: receiptOf(c.Receipt), Subject: string(c.Subject), Standing: standingOf(&c.Standing), Opened: c.Opened,
		Held: []Held{}, Events: []Event{}, Passkeys: []Passkey{}, Trail: c.Trail}
	if out.Trail == nil {
		out.Trail = []int64{}
	}
	for i := range c.Held {
		h := &c.Held[i]
		held := Held{Rule: string(h.Rule), Source: string(h.Source), Purposes: strs(h.Purposes), At: h.At, Until: h.Until, UntilBy: string(h.UntilBy),
			Public: h.Public, Hidden: h.Hidden, Secret: h.Secret, Hash: h.Hash, File: fileOf(h.File)}
		held.Datum.Datum = string(h.Datum)
		held.Value, held.Base64 = written(h.Value)
		out.Held = append(out.Held, held)
	}
	for i := range c.Passkeys {
		p := &c.Passkeys[i]
		out.Passkeys = append(out.Passkeys, Passkey{p.Name, p.Made, p.Used, p.Synced})
	}
	for _, e := range c.Events {
		out.Events = append(out.Events, Event{Chosen{string(e.Choice), e.State.String(), e.At, e.Expires}, string(e.Notice), string(e.Language), e.Gesture})
	}
	return out
}

// Correcting is the body of correct.
type Correcting struct {
	Somebody
	Proof *Proven `json:"proof,omitempty" doc:"Needed where the policy asks for a fresh sign-in before edits, unless an officer acts."`
	Values
}

func (c *Correcting) wipe() { c.Values.wipe() }

// Erasing is the body of erase.
type Erasing struct {
	Somebody
	Data []string `json:"data,omitempty" maxItems:"256" minLength:"1" maxLength:"64" nullable:"false" doc:"The kinds of data to erase. Leave it out to erase the person." example:"[\"phone\"]"`
}

// Taking is the body of unpublish.
type Taking struct {
	Somebody
	Data []string `json:"data" minItems:"1" maxItems:"256" minLength:"1" maxLength:"64" nullable:"false" doc:"The kinds of data to take down." example:"[\"location-precise\"]"`
}

// Finding is the body of find.
type Finding struct {
	Item
	Looking
}

// Found is the answer of find.
type Found struct {
	Subject string `json:"subject" example:"user-1024"`
}

func dataOf(words []string) []avow.Datum {
	out := make([]avow.Datum, len(words))
	for i, w := range words {
		out[i] = avow.Datum(w)
	}
	return out
}

func (d *Door) addAnswers() error {
	const tag = "People's rights"
	const sure = " Whoever calls it must have made sure who is asking."
	steps := []func() error{
		func() error {
			return d.addCopy(operation{id: "access", tag: tag, summary: "Say what is held of a person",
				doc: "Everything that is held, with why, from where and until when. It is the person's own right: it asks for no basis and cannot be refused." + sure}, d.cfg.Gate.Access, gate.Onlooker.Access)
		},
		func() error {
			return d.addCopy(operation{id: "copy", tag: tag, summary: "Give a person their data to take elsewhere",
				doc: "The same answer as access; the evidence says what it was for." + sure}, d.cfg.Gate.Copy, gate.Onlooker.Copy)
		},
		d.addCorrect, d.addErase,
		func() error {
			return post(d, operation{id: "close", path: "/v1/{policy}/close", tag: tag, scopes: desk, once: true,
				summary: "End the relationship with a person",
				doc:     "What the policy keeps by rules that start at this moment stays until its time is over. If the policy promises that closing erases everything, everything is erased.",
				example: `{"subject":"user-1024"}`,
			}, func(c *call, in *Somebody) (Answer, error) {
				r, err := c.gate.Close(c, c.policy, in.ref())
				return done(c, r, err, nil)
			})
		},
		func() error {
			return post(d, operation{id: "unpublish", path: "/v1/{policy}/unpublish", tag: tag, scopes: desk, once: true,
				summary: "Take published data down",
				doc:     "At once, and never refused.",
				example: `{"subject":"user-1024","data":["location-precise"]}`,
			}, func(c *call, in *Taking) (Answer, error) {
				r, err := c.gate.Unpublish(c, c.policy, in.ref(), dataOf(in.Data))
				return done(c, r, err, nil)
			})
		},
		d.addFind,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Door) addCopy(op operation, own func(context.Context, avow.PolicyID, avow.SubjectRef) (*gate.Copy, error),
	looked func(gate.Onlooker, context.Context, avow.PolicyID, avow.SubjectRef) (*gate.Copy, error)) error {
	op.path, op.scopes, op.example = "/v1/{policy}/"+op.id, desk, lookedExample
	return post(d, op, func(c *call, in *LookingAt) (Copy, error) {
		of := own
		if !c.actsForPerson() {
			who, err := c.onlooker(&in.Looking)
			if err != nil {
				return Copy{}, err
			}
			of = func(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (*gate.Copy, error) {
				return looked(who, ctx, id, ref)
			}
		}
		held, err := of(c, c.policy, in.ref())
		if err != nil {
			return Copy{}, err
		}
		return copyOf(held), nil
	})
}

func (d *Door) addCorrect() error {
	return post(d, operation{
		id: "correct", path: "/v1/{policy}/correct", tag: "People's rights", scopes: desk, once: true,
		summary: "Replace values that are held",
		doc:     "Needs no purpose and no consent, and takes in nothing new. A legal hold refuses it.",
		example: `{"subject":"user-1024","items":[{"datum":"phone","value":"+8613800002222"}]}`,
	}, func(c *call, in *Correcting) (Answer, error) {
		items, err := in.gate()
		if err != nil {
			return Answer{}, err
		}
		defer wipeItems(items)
		proof := in.Proof.gate()
		proof.Officer = !c.actsForPerson()
		r, err := c.gate.CorrectAs(c, c.policy, in.ref(), items, proof)
		return done(c, r, err, in.data())
	})
}

func (d *Door) addErase() error {
	return post(d, operation{
		id: "erase", path: "/v1/{policy}/erase", tag: "People's rights", scopes: desk, once: true,
		summary: "Erase a person, or some of their data",
		doc:     "Without data, everything that is held of the person becomes unreadable in every store and every backup, since their key is destroyed. With data, these kinds are erased and the rest is sealed under a new key. A legal hold refuses it.",
		example: `{"subject":"user-1024","data":["phone"]}`,
	}, func(c *call, in *Erasing) (Answer, error) {
		var r avow.Receipt
		var err error
		if in.Data == nil {
			r, err = c.gate.Erase(c, c.policy, in.ref())
		} else {
			r, err = c.gate.EraseData(c, c.policy, in.ref(), dataOf(in.Data))
		}
		return done(c, r, err, nil)
	})
}

func (d *Door) addFind() error {
	return post(d, operation{
		id: "find", path: "/v1/{policy}/find", tag: "People's rights", scopes: desk,
		summary: "Find a person by a value",
		doc:     "For a datum that the policy marks with lookup. The index holds keyed hashes, so that nobody is found by looking at the database.",
		example: `{"datum":"email","value":"li@mail.example",` + dueReason + `}`,
	}, func(c *call, in *Finding) (Found, error) {
		v, err := in.bytes("")
		if err != nil {
			return Found{}, err
		}
		defer v.Wipe()
		find := c.gate.Find
		if !c.actsForPerson() {
			who, err := c.onlooker(&in.Looking)
			if err != nil {
				return Found{}, err
			}
			find = who.Find
		}
		ref, err := find(c, c.policy, gate.Item{Datum: avow.Datum(in.Datum), Value: v})
		return Found{string(ref)}, err
	})
}
