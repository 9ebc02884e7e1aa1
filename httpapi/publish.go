package httpapi

import (
	"crypto/sha256"
	"errors"
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
	"avow.dev/notice"
	"avow.dev/policy/syntax"
)

// Noticing is the body of notices.
type Noticing struct {
	Somebody
	Data      []string `json:"data" minItems:"1" maxItems:"256" minLength:"1" maxLength:"64" nullable:"false" doc:"What would be published." example:"[\"location-precise\"]"`
	Recipient string   `json:"recipient" minLength:"1" maxLength:"64" doc:"To whom, a recipient of the policy." example:"map-maker"`
	Language  string   `json:"language,omitempty" maxLength:"16" doc:"A language of the policy; its first if left out." example:"en"`
}

// Notice is the answer of notices.
type Notice struct {
	Receipt Receipt  `json:"receipt"`
	Words   []string `json:"words" nullable:"false" doc:"What the person has to be shown, word for word."`
	Token   string   `json:"token" doc:"Shows within an hour, in one request to publish, that the words were shown."`
}

// Placed is where what somebody published can be read.
type Placed struct {
	Address   string `json:"address" doc:"Says nothing about the person. It goes with the last thing that is taken down and never comes back."`
	Recipient string `json:"recipient" doc:"The audience that may read there."`
}

// Places are the answer of published-at.
type Places struct {
	Places []Placed `json:"places" nullable:"false"`
}

// Reading is the body of published.
type Reading struct {
	Address   string `json:"address" minLength:"1" maxLength:"64" doc:"Where it can be read." example:"00112233445566778899aabbccddeeff"`
	Recipient string `json:"recipient" minLength:"1" maxLength:"64" doc:"The audience for which it is read." example:"map-maker"`
	Reader    string `json:"reader,omitempty" maxLength:"256" doc:"Who reads, where the audience is not the public: only its own members see it." example:"user-1024"`
}

func (d *Door) addPublishing() error {
	const tag = "Data out"
	return errors.Join(post(d, operation{
		id: "notice", path: "/v1/{policy}/notices", tag: tag, scopes: auth.App,
		summary: "Get the words that a person is shown before they publish",
		doc: "The words come from the policy. The token that comes with them goes into provenance.token of the request to publish, where the rule needs a notice. " +
			"An Idempotency-Key is not looked at: a token is shown once, and an unused one runs out by itself.",
		example: `{"subject":"user-1024","data":["location-precise"],"recipient":"map-maker"}`,
	}, func(c *call, in *Noticing) (Notice, error) {
		words, lang, err := warning(c, in)
		if err != nil {
			return Notice{}, err
		}
		token, r, err := c.gate.Shown(c, c.policy, in.ref(), &gate.Showing{Data: dataOf(in.Data), To: avow.Recipient(in.Recipient), Words: sha256.Sum256([]byte(strings.Join(words, "\n"))), Language: lang})
		return Notice{receiptOf(r), words, token}, err
	}), post(d, operation{
		id: "published-at", path: "/v1/{policy}/published/places", tag: tag, scopes: auth.App,
		summary: "Say where what a person published can be read",
		doc:     "One address for each audience to which anything is published.",
		example: `{"subject":"user-1024"}`,
	}, func(c *call, in *Somebody) (Places, error) {
		all, err := c.gate.Addresses(c, c.policy, in.ref())
		out := Places{Places: make([]Placed, len(all))}
		for i, a := range all {
			out.Places[i] = Placed{a.At, string(a.To)}
		}
		return out, err
	}), post(d, operation{
		id: "published", path: "/v1/{policy}/published", tag: tag, scopes: auth.App, verb: avow.Publish,
		summary: "Read what is published at an address",
		doc:     "Exactly what is published at that moment, in the form in which it may be shown; nothing that was taken down. Each look is decided anew and leaves evidence.",
		example: `{"address":"00112233445566778899aabbccddeeff","recipient":"map-maker","reader":"user-1024"}`,
	}, func(c *call, in *Reading) (Handed, error) {
		shown, err := c.gate.Public(c, c.policy, in.Address, avow.Recipient(in.Recipient), avow.SubjectRef(in.Reader))
		return handed(c, shown, err, nil)
	}))
}

// warning puts the words together that precede a publication.
func warning(c *call, in *Noticing) ([]string, avow.Language, error) {
	lang := avow.Language(in.Language)
	if lang == "" {
		lang = c.program.Languages()[0]
	}
	rules := c.program.File().Share
	i := slices.IndexFunc(rules, func(r syntax.Share) bool {
		return r.Verb.Text == "publish" && syntax.Has(r.To, in.Recipient) && !slices.ContainsFunc(in.Data, func(d string) bool { return !syntax.Has(r.Data, d) })
	})
	if i < 0 || !slices.Contains(c.program.Languages(), lang) {
		return nil, "", &avow.Error{Code: avow.Invalid, Message: "no rule publishes this to them, or the policy lacks the language", Try: "name data, an audience and a language of one rule of the policy"}
	}
	n, err := notice.NamesOf(c.program.File(), string(lang))
	if err == nil {
		var words []string
		if words, err = n.BeforePublishing(rules[i].ID.Text, in.Recipient, in.Data...); err == nil {
			return words, lang, nil
		}
	}
	return nil, "", &avow.Error{Code: avow.Internal, Message: "the words could not be put together", Try: "see the server's log", Cause: err}
}
