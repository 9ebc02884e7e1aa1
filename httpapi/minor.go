package httpapi

import (
	"errors"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// birth reads a date of birth and a place.
func birth(born, zone string) (*gate.Birth, error) {
	if born == "" {
		return nil, nil
	}
	day, err := time.Parse(time.DateOnly, born)
	if err != nil {
		return nil, &avow.Error{Code: avow.Invalid, Message: "this is no date", Try: "write it like 2001-02-03"}
	}
	b := &gate.Birth{Year: day.Year(), Month: day.Month(), Day: day.Day()}
	if zone == "" {
		return b, nil
	}
	if b.Zone, err = time.LoadLocation(zone); err != nil || zone == "Local" {
		return nil, &avow.Error{Code: avow.Invalid, Message: "this is no time zone", Try: "use a name of the IANA database, such as Asia/Shanghai"}
	}
	return b, nil
}

func (d *Door) addMinors() error {
	return errors.Join(post(d, operation{
		id: "found-minor", path: "/v1/{policy}/minors/found", tag: "People's rights", scopes: desk, once: true,
		summary: "Say that somebody turned out to be a minor",
		doc:     "Where the policy says so, everything about them is erased at once. Nothing is collected from them any more; to know that, a keyed hash of the reference stays.",
		example: `{"subject":"user-1024"}`,
	}, func(c *call, in *Somebody) (Answer, error) {
		r, err := c.gate.FoundMinor(c, c.policy, in.ref())
		return done(c, r, err, nil)
	}), post(d, operation{
		id: "no-minor", path: "/v1/{policy}/minors/mistaken", tag: "People's rights", scopes: auth.Officer, once: true,
		summary: "Say that somebody who was taken for a minor is none",
		example: `{"subject":"user-1024"}`,
	}, func(c *call, in *Somebody) (Answer, error) {
		r, err := c.gate.NoMinor(c, c.policy, in.ref())
		return done(c, r, err, nil)
	}))
}
