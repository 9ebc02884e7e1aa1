package httpapi

import (
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Param is a parameter of a message's template.
type Param struct {
	Name  string `json:"name" minLength:"1" maxLength:"64" doc:"A parameter that the template lists." example:"link"`
	Value string `json:"value" minLength:"1" maxLength:"512" doc:"A value of the parameter's kind: a date, a number, a link, a one-time code, a word. No personal data fits any." example:"https://club.example/notices/7"`
}

// Text is what a message says: a template and its parameters.
type Text struct {
	Class     string    `json:"class" enum:"marketing,partner-offer,service-info,transactional,legal,reply,code,share-delivery" doc:"The class of the message; the policy says what it may be sent for, by which channels, and on whose request." example:"service-info"`
	Rule      string    `json:"rule,omitempty" maxLength:"64" doc:"One of several messages of the class that the policy declares; the first that fits if left out."`
	Channel   string    `json:"channel,omitempty" enum:"email,sms,push,in-app,post,phone" doc:"By what; the policy's first channel by which the person can be reached if left out."`
	Template  string    `json:"template" minLength:"1" maxLength:"64" doc:"Name of the text." example:"service-notice"`
	Params    []Param   `json:"params,omitempty" maxItems:"16" nullable:"false"`
	Language  string    `json:"language,omitempty" maxLength:"35" doc:"The language in which the person accepted the policy if left out." example:"en"`
	NotBefore time.Time `json:"not_before,omitempty" doc:"The earliest moment at which it goes out."`
	Expires   time.Time `json:"expires,omitempty" doc:"When it is not worth sending any more."`
}

func (m *Text) gate() gate.Message {
	out := gate.Message{Class: m.Class, Rule: avow.RuleID(m.Rule), Channel: m.Channel, Template: m.Template, Params: make(map[string]string, len(m.Params)),
		Language: avow.Language(m.Language), NotBefore: m.NotBefore, Expires: m.Expires}
	for _, p := range m.Params {
		out.Params[p.Name] = p.Value
	}
	return out
}

// Messaging is the body of messages.
type Messaging struct {
	Somebody
	Text
}

// Sent says that a message is on its way.
type Sent struct {
	Receipt Receipt `json:"receipt"`
	Message string  `json:"message" doc:"Names the message; says nothing about whose it is."`
	Channel string  `json:"channel,omitempty" doc:"By what it goes."`
}

// Hushing is the body of messages/stop.
type Hushing struct {
	Somebody
	Rule  string `json:"rule" minLength:"1" maxLength:"64" doc:"Id of a message of the policy." example:"mail-service-info"`
	Again bool   `json:"again,omitempty" doc:"True to let messages come again that hang on no choice. What comes on request comes again by its choice."`
}

// SharingOut is the body of messages/share.
type SharingOut struct {
	Somebody
	Purpose string `json:"purpose" minLength:"1" maxLength:"64" doc:"Why the contacts are handed over, a purpose of the policy." example:"deliver-share"`
	Point   string `json:"point" minLength:"1" maxLength:"64" doc:"Where, a collection point of the policy." example:"at-share"`
	Feature string `json:"feature,omitempty" maxLength:"64" doc:"The function that needs the contacts." example:"sharing"`
	Source  string `json:"source,omitempty" maxLength:"64" doc:"Where they come from." example:"person"`
	Token   string `json:"token,omitempty" maxLength:"64" doc:"An unused event token, where the policy asks for one."`
	Values
	Message Text `json:"message" doc:"What each of the contacts is told, once."`
}

func (s *SharingOut) wipe() { s.Values.wipe() }

// SentAll says that messages are on their way.
type SentAll struct {
	Receipt  Receipt  `json:"receipt"`
	Messages []string `json:"messages" nullable:"false" doc:"Names of the messages, one for each contact."`
}

// Shelf are the messages that wait for a person within the application.
type Shelf struct {
	Messages []Shelved `json:"messages" nullable:"false"`
}

// Shelved is a message that waits within the application.
type Shelved struct {
	Message  string    `json:"message" doc:"Names the message."`
	Class    string    `json:"class"`
	Subject  string    `json:"subject"`
	Body     string    `json:"body"`
	Language string    `json:"language"`
	At       time.Time `json:"at"`
	Expires  time.Time `json:"expires"`
}

func (d *Door) addOutgoing() error {
	for _, add := range []func() error{d.addMessage, d.addShareOut, d.addHush, d.addShelf} {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

const messagesTag = "Messages"

func (d *Door) addMessage() error {
	return post(d, operation{
		id: "message", path: "/v1/{policy}/messages", tag: messagesTag, scopes: auth.App, once: true,
		summary: "Write to a person, if the policy lets the message out",
		doc: "The message is decided when it is sent here and once more when it goes out: what the person takes back in between stops it. " +
			"The address is taken from what is held of the person, by a rule of the policy.",
		example: `{"subject":"user-1024","class":"service-info","template":"service-notice","params":[{"name":"link","value":"https://club.example/notices/7"}]}`,
	}, func(c *call, in *Messaging) (Sent, error) {
		m := in.gate()
		told, r, err := c.gate.Tell(c, c.policy, in.ref(), &m)
		if err != nil {
			return Sent{}, named(c, err, []avow.Datum(nil))
		}
		return Sent{receiptOf(r), told.ID, told.Channel}, nil
	})
}

func (d *Door) addShareOut() error {
	return post(d, operation{
		id: "message-share", path: "/v1/{policy}/messages/share", tag: messagesTag, scopes: auth.App, once: true,
		summary: "Write once to people whom a person shares something with",
		doc: "Takes the contacts in and sends each address one message of class share-delivery, all or nothing. " +
			"When a message has gone out, or could not, its contact is kept as long as the policy says from delivery, which may be no time at all.",
		example: `{"subject":"user-1024","purpose":"deliver-share","point":"at-share","feature":"sharing","source":"person",` +
			`"items":[{"datum":"recipient-email","value":"wang@mail.example"}],` +
			`"message":{"class":"share-delivery","template":"share","params":[{"name":"link","value":"https://club.example/s/7"}]}}`,
	}, func(c *call, in *SharingOut) (SentAll, error) {
		items, err := in.Values.gate()
		if err != nil {
			return SentAll{}, err
		}
		defer wipeItems(items)
		told, r, err := c.gate.ShareOut(c, &gate.Sharing{Message: in.Message.gate(), Collecting: gate.Collecting{Items: items, Token: in.Token,
			Request: avow.Request{Policy: c.policy, Subject: in.ref(), Purpose: avow.Purpose(in.Purpose), Point: avow.Point(in.Point), Feature: avow.Feature(in.Feature), Source: avow.Source(in.Source)}}})
		if err != nil {
			return SentAll{}, named(c, err, in.data())
		}
		out := SentAll{Receipt: receiptOf(r), Messages: make([]string, len(told))}
		for i := range told {
			out.Messages[i] = told[i].ID
		}
		return out, nil
	})
}

func (d *Door) addHush() error {
	return post(d, operation{
		id: "message-stop", path: "/v1/{policy}/messages/stop", tag: messagesTag, scopes: auth.App | auth.Officer, once: true,
		summary: "Stop messages of a kind to a person, or let them come again",
		doc:     "In force at once, also for messages that wait to go out. Messages that must reach people cannot be stopped.",
		example: `{"subject":"user-1024","rule":"mail-service-info"}`,
	}, func(c *call, in *Hushing) (Answer, error) {
		r, err := c.gate.Quiet(c, c.policy, in.ref(), avow.RuleID(in.Rule), !in.Again)
		return done(c, r, err, nil)
	})
}

func (d *Door) addShelf() error {
	return post(d, operation{
		id: "message-list", path: "/v1/{policy}/messages/list", tag: messagesTag, scopes: auth.App,
		summary: "List the messages that wait for a person within the application",
		doc:     "For the person themselves. A message goes when it expires.",
		example: `{"subject":"user-1024"}`,
	}, func(c *call, in *Somebody) (Shelf, error) {
		list, err := c.gate.Inbox(c, c.policy, in.ref())
		if err != nil {
			return Shelf{}, named(c, err, []avow.Datum(nil))
		}
		out := Shelf{Messages: make([]Shelved, len(list))}
		for i, m := range list {
			out.Messages[i] = Shelved{m.ID, m.Class, m.Text.Subject, m.Text.Body, string(m.Language), m.At, m.Expires}
		}
		return out, nil
	})
}
