package httpapi

import (
	"errors"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// PermissionAsking is the body of permissions/ask.
type PermissionAsking struct {
	Subject    string `json:"subject,omitempty" maxLength:"256" doc:"How the application refers to the person. Leave it out for somebody whom nobody knows." example:"user-1024"`
	Permission string `json:"permission" minLength:"1" maxLength:"64" doc:"The permission of the device, a word of the vocabulary." example:"camera"`
	Purpose    string `json:"purpose" minLength:"1" maxLength:"64" doc:"Why, a purpose of the policy." example:"show-map"`
	Feature    string `json:"feature" minLength:"1" maxLength:"64" doc:"The function that needs it." example:"maps"`
	Running    bool   `json:"running,omitempty" doc:"The function is in use now, so that the person sees what the permission is for."`
	Wanted     bool   `json:"wanted,omitempty" doc:"The person has asked for the function, or switched it on, just now."`
}

func (p *PermissionAsking) use() *gate.PermissionUse {
	return &gate.PermissionUse{Permission: p.Permission, Purpose: avow.Purpose(p.Purpose), Feature: avow.Feature(p.Feature), Running: p.Running, Wanted: p.Wanted}
}

// PermissionAnswering is the body of permissions/answers.
type PermissionAnswering struct {
	Somebody
	Permission string `json:"permission" minLength:"1" maxLength:"64" doc:"The permission of the device, a word of the vocabulary." example:"camera"`
	Purpose    string `json:"purpose" minLength:"1" maxLength:"64" doc:"Why, a purpose of the policy." example:"show-map"`
	Feature    string `json:"feature" minLength:"1" maxLength:"64" doc:"The function that needs it." example:"maps"`
	Granted    bool   `json:"granted" doc:"What the person answered, or set in the settings of the device."`
}

// PermissionRuling says what the application may do with a permission now.
type PermissionRuling struct {
	Receipt Receipt   `json:"receipt"`
	Rule    string    `json:"rule,omitempty" doc:"The entry of the policy; left out if it declares none for this purpose and function."`
	State   string    `json:"state" enum:"granted,denied,undecided"`
	MayAsk  bool      `json:"may_ask" doc:"The person may be asked now."`
	MayUse  bool      `json:"may_use" doc:"The permission may be exercised now."`
	Stores  bool      `json:"stores" doc:"What it yields is kept."`
	Reasons []string  `json:"reasons" nullable:"false" doc:"Why the person may not be asked."`
	Again   time.Time `json:"ask_again_after,omitzero" doc:"Nobody asks again before this time."`
}

func permissionRuling(a *gate.PermissionAnswer) PermissionRuling {
	return PermissionRuling{Receipt: receiptOf(a.Receipt), Rule: string(a.Rule), State: string(a.State), MayAsk: a.MayAsk, MayUse: a.MayUse, Stores: a.Stores, Reasons: a.Reasons.Codes(), Again: a.Again}
}

// PermissionList is where a person stands with every permission.
type PermissionList struct {
	Permissions []PermissionHeld `json:"permissions" nullable:"false"`
}

// PermissionHeld is where a person stands with one entry of the policy.
type PermissionHeld struct {
	Rule  string    `json:"rule"`
	State string    `json:"state" enum:"granted,denied,undecided"`
	At    time.Time `json:"at,omitzero" doc:"When the person answered."`
}

func (d *Door) addPermissions() error {
	return errors.Join(post(d, operation{
		id: "may-ask-permission", path: "/v1/{policy}/permissions/ask", tag: "What people say", scopes: auth.App,
		summary: "Ask whether the person may be asked for a permission of the device now",
		doc:     "Only what the policy declares, while the function that needs it is in use, and after a no not again within the policy's time. It asks nobody: the application does, and reports the answer.",
		example: `{"subject":"user-1024","permission":"camera","purpose":"show-map","feature":"maps","running":true}`,
	}, func(c *call, in *PermissionAsking) (PermissionRuling, error) {
		a, err := c.gate.MayAskPermission(c, c.policy, avow.SubjectRef(in.Subject), in.use())
		return permissionRuling(&a), err
	}), post(d, operation{
		id: "permission-answer", path: "/v1/{policy}/permissions/answers", tag: "What people say", scopes: auth.App,
		summary: "Report what the person answered on a permission of the device",
		doc:     "Data that the permission guards is refused as long as the person has not agreed, whatever the application says of the device.",
		example: `{"subject":"user-1024","permission":"camera","purpose":"show-map","feature":"maps","granted":true}`,
	}, func(c *call, in *PermissionAnswering) (PermissionRuling, error) {
		use := gate.PermissionUse{Permission: in.Permission, Purpose: avow.Purpose(in.Purpose), Feature: avow.Feature(in.Feature)}
		a, err := c.gate.PermissionSaid(c, c.policy, in.ref(), &use, in.Granted)
		return permissionRuling(&a), err
	}), post(d, operation{
		id: "permissions", path: "/v1/{policy}/permissions", tag: "What people say", scopes: auth.App | auth.Officer,
		summary: "Ask where a person stands with the permissions of the device",
		doc:     "One line for each that the policy declares. It changes nothing and leaves no evidence; it is a POST because the subject must not stand in an address.",
		example: lookedExample,
	}, func(c *call, in *LookingAt) (PermissionList, error) {
		if err := c.opens(in.ref(), &in.Looking, "permissions"); err != nil {
			return PermissionList{}, err
		}
		held, err := c.gate.Permissions(c, c.policy, in.ref())
		out := PermissionList{Permissions: make([]PermissionHeld, 0, len(held))}
		for _, h := range held {
			out.Permissions = append(out.Permissions, PermissionHeld{string(h.Rule), string(h.State), h.At})
		}
		return out, err
	}))
}
