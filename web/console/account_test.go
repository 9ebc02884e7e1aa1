package console_test

import (
	"net/http"
	"time"

	"avow.dev"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/officer"
	"github.com/pquerna/otp/totp"
)

const password = "correct horse battery staple"

// account is one way in, with its authenticator.
type account struct{ login, secret string }

// invite makes an account that nobody has made theirs yet.
func (h *house) invite(in officer.Invitation) string {
	h.t.Helper()
	invitation, _, err := h.Officers().Invite(h.t.Context(), in)
	must(h.t, err)
	return invitation
}

// own makes an invited account its owner's, through the pages.
func (h *house) own(login, invitation string) account {
	h.t.Helper()
	v := h.visitor()
	page := v.Post("/console/invitation", form("invitation", invitation)).Shows(h.t, http.StatusOK, login)
	a := account{login, page.Field(h.t, "secret")}
	v.Post("/console/accept", form("invitation", invitation, "secret", a.secret, "password", password, "code", h.code(a))).LeadsUnder(h.t, "/console")
	h.Pass(30 * time.Second)
	return a
}

// code is what an authenticator shows now.
func (h *house) code(a account) string {
	h.t.Helper()
	c, err := totp.GenerateCode(a.secret, h.Now())
	must(h.t, err)
	return c
}

// enter signs in, after which the code is over.
func (v *visitor) enter(a account) *enginetest.Answer {
	v.h.t.Helper()
	out := v.Post("/console", form("login", a.login, "password", password, "code", v.h.code(a)))
	v.h.Pass(30 * time.Second)
	return out
}

// again shows again who somebody is.
func (v *visitor) again() {
	v.h.t.Helper()
	v.Post("/console/again", form("password", password, "code", v.h.code(v.account))).LeadsUnder(v.h.t, "/console")
	v.h.Pass(30 * time.Second)
}

// people are the roles of the policy that people have.
func (h *house) people() []avow.Role {
	var out []avow.Role
	for i := range h.Program.File().Roles {
		if r := &h.Program.File().Roles[i]; r.Kind.Text == "person" {
			out = append(out, avow.Role(r.ID.Text))
		}
	}
	return out
}

// account makes an account that is somebody's.
func (h *house) account(login, person string, roles ...officer.Role) account {
	h.t.Helper()
	return h.own(login, h.invite(officer.Invitation{Login: login, Person: person, Roles: roles, Acts: h.people()[:1]}))
}

// sign returns a browser in which the owner of an account has signed in.
func (h *house) sign(a account) *visitor {
	h.t.Helper()
	v := h.visitor()
	v.account = a
	v.enter(a).LeadsUnder(h.t, "/console")
	return v
}

// as returns a browser in which a person has signed in.
func (h *house) as(person string, roles ...officer.Role) *visitor {
	h.t.Helper()
	return h.sign(h.account(person+"@house.example", person, roles...))
}

// officer returns a browser in which a privacy officer has signed in.
func (h *house) officer(person string) *visitor { return h.as(person, officer.PrivacyOfficer) }
