package httpapi

import (
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Holding is the body of holds.
type Holding struct {
	Somebody
	Rule     string    `json:"rule" minLength:"1" maxLength:"64" doc:"A hold of the policy." example:"court"`
	Matter   string    `json:"matter" minLength:"1" maxLength:"256" doc:"Id of the case. It is kept sealed." example:"case-2026-17"`
	Statute  string    `json:"statute" minLength:"1" maxLength:"1024" doc:"Citation. It is kept sealed." example:"Civil Procedure Law, article 67"`
	Until    time.Time `json:"until" doc:"When the hold runs out by itself, within the longest time that the policy allows." example:"2026-12-31T00:00:00Z"`
	Approved []string  `json:"approved,omitempty" maxItems:"16" maxLength:"128" nullable:"false" doc:"Who approved it, as many different people as the policy asks for. Kept sealed." example:"[\"counsel-1\",\"counsel-2\"]"`
}

func (d *Door) addHolds() error {
	err := post(d, operation{
		id: "hold", path: "/v1/{policy}/holds", tag: "Holds", scopes: auth.Officer, once: true,
		summary: "Put a person under a legal hold",
		doc:     "Their data is stored, and nothing else is done with it, erasing included, until the hold is released or runs out.",
		example: `{"subject":"user-1024","rule":"court","matter":"case-2026-17","statute":"Civil Procedure Law, article 67","until":"2026-12-31T00:00:00Z"}`,
	}, func(c *call, in *Holding) (Answer, error) {
		r, err := c.gate.SetHold(c, c.policy, in.ref(), &gate.Hold{Rule: avow.RuleID(in.Rule), Matter: in.Matter, Statute: in.Statute, Until: in.Until, Approved: in.Approved})
		return done(c, r, err, nil)
	})
	if err != nil {
		return err
	}
	return post(d, operation{
		id: "release-hold", path: "/v1/{policy}/holds/release", tag: "Holds", scopes: auth.Officer, once: true,
		summary: "End a legal hold",
		doc:     "What was due in the meantime goes at the next sweep.",
		example: `{"subject":"user-1024"}`,
	}, func(c *call, in *Somebody) (Answer, error) {
		r, err := c.gate.ReleaseHold(c, c.policy, in.ref())
		return done(c, r, err, nil)
	})
}
