package httpapi

import (
	"errors"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Proven is what supports that the person is there and has shown who they are.
type Proven struct {
	Session  string    `json:"session,omitempty" maxLength:"43" doc:"A live session of the person."`
	SignedIn time.Time `json:"signed_in,omitempty" doc:"When the person signed in at the application, for applications that keep their own accounts. It says nothing about somebody whose password is held here."`
}

func (p *Proven) gate() gate.Proven {
	if p == nil {
		return gate.Proven{}
	}
	return gate.Proven{Session: p.Session, At: p.SignedIn}
}

// Registering is the body of accounts.
type Registering struct {
	Attempt string `json:"attempt" minLength:"43" maxLength:"43" doc:"As it was answered when the code was asked for, with join." example:"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"`
	Code    value  `json:"code" maxLength:"16" doc:"What the person types." example:"000000"`
	Before  string `json:"before,omitempty" maxLength:"43" doc:"The session that the device has already. It ends."`
	Collecting
}

// Registered is the answer of accounts.
type Registered struct {
	SignedIn
	Receipt  Receipt `json:"receipt"`
	Existing bool    `json:"existing,omitempty" doc:"The address has an account already. Its owner, who has shown that they are, is signed in; nothing was taken in."`
}

// PasswordTyped is the body of sign-in/password.
type PasswordTyped struct {
	Datum    string `json:"datum" minLength:"1" maxLength:"64" doc:"A datum by which people are found." example:"email"`
	Name     value  `json:"name" maxLength:"512" doc:"The value of it." example:"li@mail.example"`
	Password value  `json:"password" maxLength:"1024" example:"correct horse battery"`
	Network  string `json:"network,omitempty" maxLength:"64" doc:"The network address of the person's device, to count tries by." example:"203.0.113.7"`
	Before   string `json:"before,omitempty" maxLength:"43" doc:"The session that the device has already. It ends."`
}

func (p *PasswordTyped) wipe() {
	p.Name.Wipe()
	p.Password.Wipe()
}

// PasswordChanging is the body of accounts/password.
type PasswordChanging struct {
	Session string `json:"session" minLength:"43" maxLength:"43" example:"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"`
	Old     value  `json:"old,omitempty" maxLength:"1024" doc:"The password until now. Without it the session must be fresh."`
	New     value  `json:"new" maxLength:"1024" doc:"8 characters at least, and none of the common ones." example:"four words that differ"`
}

func (p *PasswordChanging) wipe() {
	p.Old.Wipe()
	p.New.Wipe()
}

// Misused is the answer of accounts/misuse.
type Misused struct {
	Receipt Receipt `json:"receipt"`
	Ended   int     `json:"ended" doc:"How many sessions were ended."`
}

const accountsTag = "Accounts"

func (d *Door) addAccounts() error {
	for _, add := range []func() error{d.addRegister, d.addPasswords, d.addMisuse} {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Door) addRegister() error {
	return post(d, operation{
		id: "register", path: "/v1/{policy}/accounts", tag: accountsTag, scopes: auth.App,
		summary: "Take a new person in and sign them in",
		doc: "Ask for a code first, with join. The items, among them the address that the code was sent to, are taken in as by collect, under the same rules. " +
			"Without a subject one is made up. Whether an address has an account is told to its owner only.",
		example: `{"attempt":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","code":"000000","purpose":"manage-account","point":"sign-up","feature":"account","source":"person",` +
			`"items":[{"datum":"email","value":"wu@mail.example"},{"datum":"password","value":"correct horse battery"}]}`,
	}, func(c *call, in *Registering) (Registered, error) {
		defer in.Code.Wipe()
		taking, err := in.Collecting.gate(c)
		if err != nil {
			return Registered{}, err
		}
		defer wipeItems(taking.Items)
		r, err := c.gate.Register(c, c.policy, &gate.Registering{Collecting: *taking, Browser: in.Attempt, Before: in.Before, Code: in.Code.Value})
		if err != nil {
			return Registered{}, named(c, err, in.data())
		}
		return Registered{SignedIn{r.Secret, visit(&r.Session)}, receiptOf(r.Receipt), r.Existing}, nil
	})
}

func (d *Door) addPasswords() error {
	return errors.Join(post(d, operation{
		id: "sign-in-password", path: "/v1/{policy}/sign-in/password", tag: signInTag, scopes: auth.App,
		summary: "Begin a session by a password",
		doc:     "The answer and the work are the same for names that nobody has. After a few wrong tries a name is locked for a quarter of an hour, whether or not anybody has it.",
		example: `{"datum":"email","name":"li@mail.example","password":"correct horse battery"}`,
	}, func(c *call, in *PasswordTyped) (SignedIn, error) {
		s, v, err := c.gate.SignInByPassword(c, c.policy, &gate.PasswordTrying{By: gate.Item{Datum: avow.Datum(in.Datum), Value: in.Name.Value},
			Password: in.Password.Value, Network: in.Network, Before: in.Before})
		return SignedIn{s, visit(&v)}, err
	}), post(d, operation{
		id: "change-password", path: "/v1/{policy}/accounts/password", tag: accountsTag, scopes: auth.App,
		summary: "Replace a person's password",
		doc:     "All sessions of the person end, and a new one begins.",
		example: `{"session":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","old":"correct horse battery","new":"four words that differ"}`,
	}, func(c *call, in *PasswordChanging) (SignedIn, error) {
		s, v, err := c.gate.ChangePassword(c, c.policy, &gate.PasswordChanging{Session: in.Session, Old: in.Old.Value, New: in.New.Value})
		return SignedIn{s, visit(&v)}, err
	}))
}

func (d *Door) addMisuse() error {
	return post(d, operation{
		id: "report-misuse", path: "/v1/{policy}/accounts/misuse", tag: accountsTag, scopes: auth.App,
		summary: "Report that somebody else uses an account",
		doc:     "All sessions end, and the password signs nobody in any more, until the person signs in by a code and chooses another one.",
		example: `{"subject":"user-1024"}`,
	}, func(c *call, in *Somebody) (Misused, error) {
		n, r, err := c.gate.ReportMisuse(c, c.policy, in.ref())
		return Misused{receiptOf(r), n}, err
	})
}
