package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/internal/auth"
	"avow.dev/internal/engine/control"
	"avow.dev/internal/officer"
	"avow.dev/store/sqlite"
)

type tokenCommand struct {
	Create tokenCreate `cmd:"" help:"Make a token; its secret is shown once."`
	List   tokenList   `cmd:"" help:"List all tokens, without their secrets."`
	Revoke tokenRevoke `cmd:"" help:"End a token at once."`
}

type tokenCreate struct {
	dataFlag
	Scope     []string `required:"" help:"What it is for: app, officer, auditor, or recipient."`
	Policy    []string `help:"Policies that it speaks for; all if left out."`
	Name      string   `default:"unnamed" help:"A name for the list."`
	Role      []string `help:"With scope officer: what they are there for, as in the console: privacy-officer, lawyer, support, engineer, auditor, operator."`
	Person    string   `placeholder:"WORD" help:"Who acts with it: one word for one human being, the same in all of their tokens. What two people must approve needs it."`
	Recipient string   `placeholder:"WORD" help:"With scope recipient: the recipient of the policy that asks for itself with it, once for each other purpose."`
	Expires   string   `default:"365d" help:"When it ends: a time from now such as 12h or 90d, or a day such as 2027-01-31; never for never."`
	JSON      bool     `help:"Write the result as JSON."`
}

func (*tokenCreate) examples() []string {
	return []string{
		"avow token create --data /var/lib/avow --scope app --name shop --expires 90d",
		"avow token create --data /var/lib/avow --scope auditor --policy airstep",
		"avow token create --data /var/lib/avow --scope officer --role privacy-officer --person a.lindqvist",
		"avow token create --data /var/lib/avow --scope officer --role operator --name prometheus",
		"avow token create --data /var/lib/avow --scope recipient --recipient courier --policy airstep",
	}
}

// Run makes a token.
func (k *tokenCreate) Run(ctx context.Context, c *console) error {
	scopes, err := auth.ParseScopes(strings.Join(k.Scope, ","))
	if err != nil {
		return usage("--scope: %w", err)
	}
	if scopes.Has(auth.Recipient) != (k.Recipient != "") || k.Recipient != "" && (len(k.Policy) != 1 || k.Person != "" || scopes != auth.Recipient) {
		return usage("scope recipient stands alone, with --recipient and one --policy, and without --person")
	}
	roles, err := officer.ParseRoles(k.Role)
	if err != nil {
		return usage("--role: %w", err)
	}
	if scopes.Has(auth.Officer) != (len(roles) > 0) {
		return usage("a token of scope officer, and no other, has a --role: what they are there for")
	}
	g := auth.Grant{Name: k.Name, Person: k.Person, Scopes: scopes, Roles: roles, Recipient: avow.Recipient(k.Recipient)}
	for _, p := range k.Policy {
		g.Policies = append(g.Policies, avow.PolicyID(p))
	}
	if g.Expires, err = parseExpiry(k.Expires, c.now()); err != nil {
		return err
	}
	return k.keep(ctx, c, func(d keeper) error {
		secret, t, err := d.Issue(ctx, g)
		if err != nil {
			return err
		}
		if k.JSON {
			return writeJSON(c, struct {
				Secret string     `json:"secret"`
				Token  shownToken `json:"token"`
			}{secret, show(&t)})
		}
		c.say("token %s; this is the only time that its secret is shown", t.ID)
		_, err = fmt.Fprintln(c.out, secret)
		return err
	})
}

type tokenList struct {
	dataFlag
	JSON bool `help:"Write the result as JSON."`
}

// shownToken is a token as it is listed.
type shownToken struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Person    string          `json:"person,omitempty"`
	Scopes    []string        `json:"scopes"`
	Roles     []officer.Role  `json:"roles,omitempty"`
	Recipient avow.Recipient  `json:"recipient,omitempty"`
	Policies  []avow.PolicyID `json:"policies"`
	Created   time.Time       `json:"created"`
	Expires   time.Time       `json:"expires,omitzero"`
	Revoked   time.Time       `json:"revoked,omitzero"`
}

func show(t *auth.Token) shownToken {
	return shownToken{t.ID, t.Name, t.Person, t.Scopes.Words(), t.Roles, t.Recipient, t.Policies, t.Created, t.Expires, t.Revoked}
}

// Run lists all tokens.
func (k *tokenList) Run(ctx context.Context, c *console) error {
	return k.keep(ctx, c, func(d keeper) error {
		all, err := d.List(ctx)
		if err != nil {
			return err
		}
		out := make([]shownToken, len(all))
		for i := range all {
			out[i] = show(&all[i])
		}
		if k.JSON {
			return writeJSON(c, out)
		}
		for i := range all {
			if err := printToken(c, &all[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func printToken(c *console, t *auth.Token) error {
	state := "live"
	switch {
	case !t.Revoked.IsZero():
		state = "revoked"
	case !t.Live(c.now()):
		state = "expired"
	}
	ends := "never"
	if !t.Expires.IsZero() {
		ends = t.Expires.Format(time.DateOnly)
	}
	policies := "all policies"
	if len(t.Policies) > 0 {
		policies = fmt.Sprint(t.Policies)
	}
	switch {
	case len(t.Roles) > 0:
		policies += fmt.Sprint(" as ", strings.Trim(fmt.Sprint(t.Roles), "[]"))
	case t.Scopes.Has(auth.Officer):
		policies += " without a role: opens nothing, make another"
	}
	if t.Recipient != "" {
		policies += " " + string(t.Recipient)
	}
	_, err := fmt.Fprintf(c.out, "%s  %-7s  %s  %s  until %s  %s\n", t.ID, state, t.Scopes, policies, ends, t.Name)
	return err
}

type tokenRevoke struct {
	dataFlag
	ID string `arg:"" name:"id" help:"The token's id, from the list."`
}

// Run ends a token.
func (k *tokenRevoke) Run(ctx context.Context, c *console) error {
	return k.keep(ctx, c, func(d keeper) error { return d.Revoke(ctx, k.ID) })
}

// keeper keeps tokens: a running server's, or that of the folder.
type keeper interface {
	Issue(ctx context.Context, g auth.Grant) (string, auth.Token, error)
	List(ctx context.Context) ([]auth.Token, error)
	Revoke(ctx context.Context, id string) error
}

// keep lets do work with the tokens of a folder, whether a server runs on it or not.
func (f dataFlag) keep(ctx context.Context, c *console, do func(keeper) error) error {
	return f.reach(ctx, func(s *control.Client) error { return do(s) }, func(s *sqlite.Store) error { return do(auth.New(s, c.now)) })
}
