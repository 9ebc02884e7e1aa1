package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"avow.dev"
	"avow.dev/internal/engine/control"
	"avow.dev/internal/officer"
	"avow.dev/store/sqlite"
)

type officerCommand struct {
	Add      officerAdd      `cmd:"" help:"Invite somebody to the console; the invitation is shown once."`
	List     officerList     `cmd:"" help:"List the accounts of the console."`
	Reinvite officerReinvite `cmd:"" help:"Invite somebody again, as after a lost phone; until then nobody signs in to the account."`
	Code     officerCode     `cmd:"" help:"Show the one-time code of an authenticator's key, to try the console without a phone."`
	Disable  officerDisable  `cmd:"" help:"End an account and its sessions at once."`
}

type officerAdd struct {
	dataFlag
	Login  string   `arg:"" help:"What they type to sign in, such as their address at work."`
	Person string   `required:"" placeholder:"WORD" help:"Who it is: one word for one human being, the same in all of their accounts and tokens. What two people must approve rests on it."`
	Role   []string `required:"" help:"What they are there for: privacy-officer, lawyer, support, engineer, auditor, operator."`
	Policy []string `help:"Policies that they work on; all if left out."`
	As     []string `placeholder:"ROLE" help:"Roles of the policies in which they act, such as service-desk: what the log says of them, and what people read who ask who looked."`
	JSON   bool     `help:"Write the result as JSON."`
}

func (*officerAdd) examples() []string {
	return []string{
		"avow officer add ada@house.example --person a.lindqvist --role privacy-officer --as privacy-office --data /var/lib/avow",
		"avow officer add bo@house.example --person b.wu --role support --as service-desk --policy airtalk --data /var/lib/avow",
	}
}

// Run invites somebody.
func (k *officerAdd) Run(ctx context.Context, c *console) error {
	roles, err := officer.ParseRoles(k.Role)
	if err != nil {
		return usage("--role: %w", err)
	}
	in := officer.Invitation{Login: k.Login, Person: k.Person, Roles: roles}
	for _, p := range k.Policy {
		in.Policies = append(in.Policies, avow.PolicyID(p))
	}
	for _, r := range k.As {
		in.Acts = append(in.Acts, avow.Role(r))
	}
	return k.officers(ctx, c, func(o control.Officers) error {
		secret, a, err := o.InviteOfficer(ctx, in)
		if err != nil {
			return err
		}
		if k.JSON {
			return writeJSON(c, struct {
				Invitation string       `json:"invitation"`
				Account    shownOfficer `json:"account"`
			}{secret, shownOf(&a)})
		}
		c.say("invitation for %s; it works once and for three days, at /console/invitation, and this is the only time that it is shown", a.Login)
		_, err = fmt.Fprintln(c.out, secret)
		return err
	})
}

// shownOfficer is an account as it is listed.
type shownOfficer struct {
	Login    string          `json:"login"`
	Person   string          `json:"person"`
	Roles    []officer.Role  `json:"roles"`
	Policies []avow.PolicyID `json:"policies,omitempty"`
	Acts     []avow.Role     `json:"acts,omitempty"`
	State    string          `json:"state"`
}

func shownOf(a *officer.Account) shownOfficer {
	return shownOfficer{a.Login, a.Person, a.Roles, a.Policies, a.Acts, a.State}
}

type officerList struct {
	dataFlag
	JSON bool `help:"Write the result as JSON."`
}

// Run lists the accounts.
func (k *officerList) Run(ctx context.Context, c *console) error {
	return k.officers(ctx, c, func(o control.Officers) error {
		all, err := o.ListOfficers(ctx)
		if err != nil {
			return err
		}
		out := make([]shownOfficer, len(all))
		for i := range all {
			out[i] = shownOf(&all[i])
		}
		if k.JSON {
			return writeJSON(c, out)
		}
		for _, a := range out {
			policies := "all policies"
			if len(a.Policies) > 0 {
				policies = fmt.Sprint(a.Policies)
			}
			if _, err := fmt.Fprintf(c.out, "%-8s  %s  %s  %s  %s\n", a.State, a.Login, a.Person, strings.Trim(fmt.Sprint(a.Roles), "[]"), policies); err != nil {
				return err
			}
		}
		return nil
	})
}

type officerReinvite struct {
	dataFlag
	Login string `arg:"" help:"The account's login, from the list."`
}

// Run invites somebody again.
func (k *officerReinvite) Run(ctx context.Context, c *console) error {
	return k.officers(ctx, c, func(o control.Officers) error {
		secret, err := o.ReinviteOfficer(ctx, k.Login)
		if err == nil {
			_, err = fmt.Fprintln(c.out, secret)
		}
		return err
	})
}

type officerCode struct {
	Key string `arg:"" optional:"" help:"The key, as the console showed it; read from standard input if left out, so that it stands in no history."`
}

func (*officerCode) examples() []string {
	return []string{"avow officer code < key.txt"}
}

// Run shows a code.
func (k *officerCode) Run(c *console) error {
	key := k.Key
	if key == "" {
		line, err := bufio.NewReader(io.LimitReader(c.in, 256)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		key = line
	}
	code, err := officer.Code(strings.ToUpper(strings.TrimSpace(key)), c.now())
	if err != nil {
		return usage("%w", err)
	}
	_, err = fmt.Fprintln(c.out, code)
	return err
}

type officerDisable struct {
	dataFlag
	Login string `arg:"" help:"The account's login, from the list."`
}

// Run ends an account.
func (k *officerDisable) Run(ctx context.Context, c *console) error {
	return k.officers(ctx, c, func(o control.Officers) error { return o.DisableOfficer(ctx, k.Login) })
}

// officers lets do work with the accounts of a folder, whether a server runs on it or
// not.
func (f dataFlag) officers(ctx context.Context, c *console, do func(control.Officers) error) error {
	return f.reach(ctx, func(s *control.Client) error { return do(s) }, func(s *sqlite.Store) error { return do(ownOfficers{officer.New(s, c.now, 1)}) })
}

// ownOfficers works on a folder that no server runs on.
type ownOfficers struct{ k *officer.Keeper }

// InviteOfficer implements control.Officers.
func (o ownOfficers) InviteOfficer(ctx context.Context, in officer.Invitation) (string, officer.Account, error) {
	return o.k.Invite(ctx, in)
}

// ListOfficers implements control.Officers.
func (o ownOfficers) ListOfficers(ctx context.Context) ([]officer.Account, error) {
	return o.k.List(ctx)
}

// DisableOfficer implements control.Officers.
func (o ownOfficers) DisableOfficer(ctx context.Context, login string) error {
	return o.k.Disable(ctx, login)
}

// ReinviteOfficer implements control.Officers.
func (o ownOfficers) ReinviteOfficer(ctx context.Context, login string) (string, error) {
	return o.k.Reinvite(ctx, login)
}
