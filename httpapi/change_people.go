package httpapi

import (
	"time"

	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Concerned is how many people a change concerns.
type Concerned struct {
	At     time.Time `json:"at" doc:"When it was counted."`
	People int64     `json:"people" doc:"Everybody of the policy."`
	Asked  int64     `json:"asked" doc:"Who would have to agree afresh before all of it may act on them."`
	Agreed int64     `json:"agreed" doc:"Who have accepted the new text."`
	Kept   int64     `json:"kept" doc:"Who were asked and stay with the text that they accepted."`
	Unseen int64     `json:"unseen" doc:"Whom nobody has shown it yet."`
	By     []Concern `json:"by" nullable:"false" doc:"For each difference, in their order."`
}

// Concern is how many people one difference concerns.
type Concern struct {
	Class   string   `json:"class" enum:"needs-fresh-consent,new-recipient,wider,needs-notice,narrower,editorial"`
	Section string   `json:"section" example:"share"`
	Rules   []string `json:"rules" nullable:"false"`
	Data    []string `json:"data" nullable:"false" doc:"Kinds of data that it is about; none if it is about everybody."`
	People  int64    `json:"people" doc:"Of whom any of it is held."`
	Asked   int64    `json:"asked"`
	Agreed  int64    `json:"agreed"`
	Unseen  int64    `json:"unseen"`
}

// Counting is how far a count has come.
type Counting struct {
	Began  time.Time `json:"began"`
	Looked int64     `json:"looked" doc:"Records that were looked at."`
	Of     int64     `json:"of"`
}

func concernedOf(c *gate.Concerned) *Concerned {
	if c == nil {
		return nil
	}
	out := &Concerned{c.At, c.People, c.Asked, c.Agreed, c.Kept, c.Unseen, make([]Concern, len(c.By))}
	for i, b := range c.By {
		out.By[i] = Concern{string(b.Class), b.Section, strs(b.Rules), strs(b.Data), b.People, b.Asked, b.Agreed, b.Unseen}
	}
	return out
}

// countingOf says how far a count has come, if one is under way.
func countingOf(c gate.Counting, under bool) *Counting {
	if !under {
		return nil
	}
	n, of := c.Looked()
	return &Counting{c.Began, n, of}
}

// ChangeCounting is the answer to whoever has people counted.
type ChangeCounting struct {
	Change   PolicyChange `json:"change"`
	Counting *Counting    `json:"counting,omitempty" doc:"Left out once it is done."`
}

func (d *Door) addChangePeople() error {
	return post(d, operation{id: "count-change", path: "/v1/{policy}/changes/count", tag: changesTag, scopes: auth.Officer,
		summary: "Have those counted whom a change concerns",
		doc: "It goes on by itself, a page of people at a time, and the figures stand on the change when it is done: of whom data is held that it is about, who would have to agree afresh, " +
			"who has agreed, who has not seen it. Checking a draft begins it too. Nobody is named.",
		example: `{"id":"000000000000000000000000000000ff"}`,
	}, func(c *call, in *MatterID) (ChangeCounting, error) {
		m, err := c.gate.CountChange(c, c.policy, in.ID, c.officer(""))
		if err != nil {
			return ChangeCounting{}, err
		}
		u, under, err := c.gate.ChangeCountUnderWay(c, c.policy, in.ID)
		return ChangeCounting{changeOf(&m), countingOf(u, under)}, err
	})
}
