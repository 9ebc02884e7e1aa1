package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/internal/engine/control"
	"avow.dev/internal/officer"
	"avow.dev/store/sqlite"
)

type officerCommand struct {
	Add           officerAdd           `cmd:"" help:"Invite somebody to the console; the invitation is shown once."`
	List          officerList          `cmd:"" help:"List the accounts of the console."`
	Reinvite      officerReinvite      `cmd:"" help:"Invite somebody again, as after a lost phone; until then nobody signs in to the account."`
	Passkeys      officerPasskeys      `cmd:"" help:"List the passkeys of an account."`
	RemovePasskey officerRemovePasskey `cmd:"" help:"Take a passkey from an account, as after a lost device, and sign out whom it signed in."`
	Code          officerCode          `cmd:"" help:"Show the one-time code of an authenticator's key, to try the console without a phone."`
	Disable       officerDisable       `cmd:"" help:"End an account and its sessions at once."`
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
		secret, a, err := o.Invite(ctx, in)
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
		all, err := o.List(ctx)
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
		secret, err := o.Reinvite(ctx, k.Login)
		if err == nil {
			_, err = fmt.Fprintln(c.out, secret)
		}
		return err
	})
}

type officerPasskeys struct {
	dataFlag
	Login string `arg:"" help:"The account's login, from the list."`
	JSON  bool   `help:"Write the result as JSON."`
}

func (*officerPasskeys) examples() []string {
	return []string{"avow officer passkeys ada@house.example --data /var/lib/avow"}
}

// Run lists the passkeys of an account.
func (k *officerPasskeys) Run(ctx context.Context, c *console) error {
	return k.officers(ctx, c, func(o control.Officers) error {
		all, err := o.Passkeys(ctx, k.Login)
		if err != nil {
			return err
		}
		if k.JSON {
			return writeJSON(c, append([]officer.Passkey{}, all...))
		}
		for i := range all {
			p := &all[i]
			used, state := "never used", "works"
			if !p.Used.IsZero() {
				used = "used " + p.Used.Format(time.RFC3339)
			}
			if !p.Copied.IsZero() {
				state = "blocked since " + p.Copied.Format(time.RFC3339) + ": its device counted backwards, there may be a copy"
			}
			if _, err := fmt.Fprintf(c.out, "%s  added %s  %s  %s  %s\n", p.ID, p.Made.Format(time.RFC3339), used, state, p.Name); err != nil {
				return err
			}
		}
		return nil
	})
}

type officerRemovePasskey struct {
	dataFlag
	Login string `arg:"" help:"The account's login, from the list."`
	ID    string `arg:"" help:"The passkey's id, from the list of passkeys."`
}

func (*officerRemovePasskey) examples() []string {
	return []string{"avow officer remove-passkey ada@house.example 3sOrVq9IQ1aZ --data /var/lib/avow"}
}

// Run takes a passkey from an account.
func (k *officerRemovePasskey) Run(ctx context.Context, c *console) error {
	return k.officers(ctx, c, func(o control.Officers) error { return o.RemovePasskey(ctx, k.Login, k.ID) })
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
	return k.officers(ctx, c, func(o control.Officers) error { return o.Disable(ctx, k.Login) })
}

// officers lets do work with the accounts of a folder, whether a server runs on it or
// not.
func (f dataFlag) officers(ctx context.Context, c *console, do func(control.Officers) error) error {
	return f.reach(ctx, func(s *control.Client) error { return do(s.Officers()) }, func(s *sqlite.Store) error { return do(officer.New(s, c.now, 1)) })
}
