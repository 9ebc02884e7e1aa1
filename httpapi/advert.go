package httpapi

import (
	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// AdvertAsking is the body of adverts.
type AdvertAsking struct {
	Subject   string `json:"subject,omitempty" maxLength:"256" doc:"How the application refers to the person. Leave it out for somebody whom nobody knows." example:"user-1024"`
	Recipient string `json:"recipient" minLength:"1" maxLength:"64" doc:"The advertising party, a recipient of the policy." example:"host"`
	Use       string `json:"use" enum:"show,collect,measure" doc:"Choose an advert for the person; collect data by itself on the operator's pages; find out whether an advert was seen or followed." example:"show"`
	GPC       bool   `json:"gpc,omitempty" doc:"The person's browser sends the Global Privacy Control signal with this request."`
}

// AdvertAnswer says how far an advertising party may go.
type AdvertAnswer struct {
	Receipt Receipt  `json:"receipt"`
	Mode    string   `json:"mode" enum:"personalised,contextual,none" doc:"By the data that is named; without anything about the person; not at all."`
	Data    []string `json:"data" nullable:"false" doc:"Kinds of data that personalising goes by. Values are handed over by share, which decides on each again."`
}

func (d *Door) addAdverts() error {
	return post(d, operation{
		id: "advert", path: "/v1/{policy}/adverts", tag: "Data out", scopes: auth.App,
		summary: "Ask what an advertising party may do",
		doc:     "Parties that the policy does not name are refused. Without the person's choice, and under a signal of their browser, nothing goes by their data.",
		example: `{"subject":"user-1024","recipient":"map-maker","use":"show"}`,
	}, func(c *call, in *AdvertAsking) (AdvertAnswer, error) {
		ask := gate.AdvertAsk{Recipient: avow.Recipient(in.Recipient), Use: gate.AdvertUse(in.Use)}
		if in.GPC {
			ask.Signals = append(ask.Signals, avow.SignalGPC)
		}
		a, err := c.gate.Advert(c, c.policy, avow.SubjectRef(in.Subject), &ask)
		return AdvertAnswer{receiptOf(a.Receipt), string(a.Mode), strs(a.Data)}, err
	})
}
