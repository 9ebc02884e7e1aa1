package httpapi

import (
	"avow.dev"
	"avow.dev/internal/auth"
)

// Happening is the body of events.
type Happening struct {
	Somebody
	Event string   `json:"event" enum:"delivered,purpose-fulfilled,relationship-ended,last-seen" doc:"What happened, as retention rules name it." example:"last-seen"`
	Data  []string `json:"data,omitempty" maxItems:"256" minLength:"1" maxLength:"64" nullable:"false" doc:"For delivered and purpose-fulfilled: the kinds of data it is about; all if left out." example:"[\"email\"]"`
}

func (d *Door) addHappen() error {
	return post(d, operation{
		id: "happened", path: "/v1/{policy}/events", tag: "Data in", scopes: auth.App, once: true,
		summary: "Say that something happened that a retention clock starts from",
		doc:     "What is delivered, or has served its purpose, is kept no longer than the policy says from that moment.",
		example: `{"subject":"user-1024","event":"last-seen"}`,
	}, func(c *call, in *Happening) (Answer, error) {
		data := make([]avow.Datum, len(in.Data))
		for i, s := range in.Data {
			data[i] = avow.Datum(s)
		}
		r, err := c.gate.Happened(c, c.policy, in.ref(), in.Event, data)
		return done(c, r, err, data)
	})
}
