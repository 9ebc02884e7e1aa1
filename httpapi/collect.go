package httpapi

import (
	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Collecting is the body of collect.
type Collecting struct {
	Subject    string      `json:"subject,omitempty" maxLength:"256" doc:"How the application refers to the person. Leave it out for data that is about nobody." example:"user-1024"`
	Purpose    string      `json:"purpose" minLength:"1" maxLength:"64" doc:"Why, a purpose of the policy." example:"manage-account"`
	Point      string      `json:"point" minLength:"1" maxLength:"64" doc:"Where the data enters, a collection point of the policy." example:"sign-up"`
	Feature    string      `json:"feature,omitempty" maxLength:"64" doc:"The function that needs the data." example:"account"`
	Source     string      `json:"source,omitempty" maxLength:"64" doc:"Where the data comes from: person, device, or a source of the policy." example:"person"`
	Region     string      `json:"region,omitempty" maxLength:"16" doc:"Where the data will be stored, an ISO 3166 code." example:"CN"`
	Ground     string      `json:"ground,omitempty" maxLength:"64" doc:"Exemption or legal ground."`
	Provenance *Provenance `json:"provenance,omitempty" doc:"What supports the request."`
	Agree      *Saying     `json:"agree,omitempty" doc:"What the person says in the same gesture, as on a sign-up form. It counts for this request."`
	Token      string      `json:"token,omitempty" maxLength:"64" doc:"An unused event token, for data that the person agrees to send once."`
	Selection  string      `json:"selection,omitempty" maxLength:"64" doc:"Id of what the person picked, where only that may be taken in."`
	Device     *Device     `json:"device,omitempty" doc:"What only the app can know of the device that sends the data. What is not said counts against the request."`
	Proof      *Proven     `json:"proof,omitempty" doc:"Needed to replace a value where the policy asks for a fresh sign-in before edits."`
	Anonymous  bool        `json:"anonymous,omitempty" doc:"True to decide by what the person chose, and to keep the values as about nobody. For non-personal data only."`
	Values
}

// Device is what the app says of a device.
type Device struct {
	Network   string `json:"network,omitempty" enum:"wifi,metered,unknown" doc:"The network that the data travels by." example:"wifi"`
	Permitted bool   `json:"permitted,omitempty" doc:"True if the system's permission for this kind of data is granted." example:"true"`
	Running   bool   `json:"running,omitempty" doc:"True if the feature that needs the data is in use now." example:"true"`
}

func (d *Device) gate() gate.Device {
	if d == nil {
		return gate.Device{}
	}
	return gate.Device{Network: d.Network, Permitted: d.Permitted, Running: d.Running}
}

func (c *Collecting) wipe() { c.Values.wipe() }

// Answer says that a request was carried out.
type Answer struct {
	Receipt Receipt `json:"receipt"`
}

func (d *Door) addCollect() error {
	return post(d, operation{
		id: "collect", path: "/v1/{policy}/collect", tag: "Data in", scopes: auth.App, once: true, verb: avow.Collect,
		summary: "Take personal data in",
		doc: "Takes in all items or none. Each value is brought into the form that the policy demands before anything is written. " +
			"An agreement that comes along is recorded first, so that a sign-up is one request.",
		example: `{"subject":"user-1024","purpose":"manage-account","point":"sign-up","feature":"account","source":"person",` +
			`"items":[{"datum":"email","value":"li@mail.example"},{"datum":"phone","value":"+8613800001111"}]}`,
	}, collect)
}

func collect(c *call, in *Collecting) (Answer, error) {
	taking, err := in.gate(c)
	if err != nil {
		return Answer{}, err
	}
	defer wipeItems(taking.Items)
	r, err := c.gate.Collect(c, taking)
	return done(c, r, err, in.data())
}

func (c *Collecting) gate(by *call) (*gate.Collecting, error) {
	agreement, err := c.Agree.gate()
	if err != nil {
		return nil, err
	}
	items, err := c.Values.gate()
	if err != nil {
		return nil, err
	}
	return &gate.Collecting{
		Request: avow.Request{Policy: by.policy, Subject: avow.SubjectRef(c.Subject), Purpose: avow.Purpose(c.Purpose), Point: avow.Point(c.Point),
			Feature: avow.Feature(c.Feature), Source: avow.Source(c.Source), Region: avow.Region(c.Region), Ground: c.Ground, Shown: c.Provenance.avow()},
		Items: items, Agree: agreement, Proof: c.Proof.gate(), Token: c.Token, Selection: c.Selection, Device: c.Device.gate(), Anonymous: c.Anonymous,
	}, nil
}

func wipeItems(items []gate.Item) {
	for i := range items {
		items[i].Value.Wipe()
	}
}

// done makes the answer of an operation that hands nothing out.
func done(c *call, r avow.Receipt, err error, data []avow.Datum) (Answer, error) {
	if err != nil {
		return Answer{}, named(c, err, data)
	}
	return Answer{receiptOf(r)}, nil
}
