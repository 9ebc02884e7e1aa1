package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"avow.dev"
	"avow.dev/internal/engine"
	"avow.dev/internal/officer"
	"avow.dev/policy"
)

// staff are the made-up officers of the demo: as many people as it takes to put
// something forward and have two others approve it, and one who only looks.
func staff() []officer.Invitation {
	return []officer.Invitation{
		{Login: "ada", Person: "a.lindqvist", Roles: []officer.Role{officer.PrivacyOfficer}},
		{Login: "bo", Person: "b.wu", Roles: []officer.Role{officer.PrivacyOfficer}},
		{Login: "cleo", Person: "c.moreau", Roles: []officer.Role{officer.Lawyer}},
		{Login: "dan", Person: "d.okafor", Roles: []officer.Role{officer.Auditor}},
	}
}

// employ makes the accounts of the officers, as their owners would on the console's
// pages, and says how to sign in.
func (k *demoCommand) employ(ctx context.Context, c *console, e *engine.Engine, programs []*policy.Program) error {
	var acts []avow.Role
	for _, p := range programs {
		for i := range p.File().Roles {
			if r := &p.File().Roles[i]; r.Kind.Text == "person" {
				acts = append(acts, avow.Role(r.ID.Text))
			}
		}
	}
	password := rand.Text()
	_, err := fmt.Fprintf(c.out, "\nfor officers         %s/console\n         password     %s\n", e.URL(), password)
	for _, in := range staff() {
		in.Acts = acts
		invitation, _, failed := e.Officers().Invite(ctx, in)
		if failed != nil {
			return failed
		}
		enrolment, failed := e.Officers().Enrol(ctx, invitation, "Avow demo", "")
		if failed != nil {
			return failed
		}
		code, failed := officer.Code(enrolment.Secret, c.now())
		if failed != nil {
			return failed
		}
		if failed := e.Officers().Accept(ctx, invitation, password, enrolment.Secret, code); failed != nil {
			return failed
		}
		_, more := fmt.Fprintf(c.out, "%-8s %-15s  code: %s officer code %s\n", in.Login, in.Roles[0], invoked(), enrolment.Secret)
		err = errors.Join(err, more)
	}
	return err
}

// invoked is how whoever runs this program would run it again: what "go run" builds is
// gone when it ends, and is on nobody's path.
func invoked() string {
	path, err := os.Executable()
	if err == nil && strings.Contains(filepath.ToSlash(path), "/go-build") {
		return "go run ./cmd/avow"
	}
	return os.Args[0]
}
