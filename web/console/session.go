package console

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
)

// pass is the cookie that holds the secret of a session, and nothing else. It is
// sent to this host only, over TLS only, from pages of this site only, and no script
// reads it. A browser keeps it no longer than the session can last.
const pass = "__Host-avow-console"

func setPass(w http.ResponseWriter, secret string) {
	c := &http.Cookie{Name: pass, Value: secret, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(officer.Absolute.Seconds())}
	if secret == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// letIn gives the browser of who has shown who they are their session, once evidence of it
// is with every policy that their account is for. Without it nobody is let in.
func (v *visit) letIn(secret string, s *officer.Session) error {
	for _, id := range v.gate().Policies() {
		if !s.Account.For(id) {
			continue
		}
		if err := v.gate().OfficerSignedIn(v.r.Context(), id, gate.Officer{Person: s.Account.Person, Via: s.ID}); err != nil {
			return errors.Join(err, v.officers().SignOut(v.r.Context(), secret))
		}
	}
	setPass(v.w, secret)
	return nil
}

// secret is what the browser holds. Of two, somebody may have planted one.
func (v *visit) secret() string {
	list := v.r.CookiesNamed(pass)
	if len(list) != 1 {
		return ""
	}
	return list[0].Value
}

// who finds out who asks.
func (v *visit) who() error {
	s, err := v.officers().Session(v.r.Context(), v.secret())
	if errors.Is(err, officer.ErrNoSession) {
		return nil
	}
	if err != nil {
		return err
	}
	v.session, v.known = s, true
	return nil
}

// admit holds the visit to who may open the page, and to the policies that their
// account is for. Who is not signed in is told nothing else.
func (v *visit) admit() error {
	if v.route.may == Anyone {
		return nil
	}
	if !v.known {
		return officer.ErrNoSession
	}
	v.id = avow.PolicyID(v.r.PathValue("policy"))
	if v.session.Account.For(v.id) {
		p, err := v.gate().Program(v.id)
		if err != nil {
			return err
		}
		v.program = p
	}
	return v.needs(v.route.may)
}

// may reports whether the visitor has a privilege. Whether they must show again who
// they are is asked when they use it.
func (v *visit) may(p officer.Privilege) bool {
	return v.known && v.session.Account.May(v.id, p)
}

// needs holds a page or a part of one to a privilege.
func (v *visit) needs(p officer.Privilege) error {
	err := v.officers().Enough(&v.session, v.id, p)
	if err != nil {
		v.lacks = p
	}
	return err
}

// looks reports whether the visitor is there to look, and for nothing else.
func (v *visit) looks() bool {
	return slices.Equal(v.session.Account.Roles, []officer.Role{officer.Auditor})
}

// officer is who acts: the person of the account, in the role of the policy that the
// account has there. If it has several, the form says which.
func (v *visit) officer() gate.Officer {
	acts := v.acts()
	role := avow.Role(v.r.PostFormValue("role"))
	if !slices.Contains(acts, role) {
		role = ""
		if len(acts) == 1 {
			role = acts[0]
		}
	}
	return gate.Officer{Person: v.session.Account.Person, Via: v.session.ID, Role: role}
}

// acts are the roles of this policy in which the account acts.
func (v *visit) acts() []avow.Role {
	var out []avow.Role
	for i := range v.program.File().Roles {
		if id := avow.Role(v.program.File().Roles[i].ID.Text); slices.Contains(v.session.Account.Acts, id) {
			out = append(out, id)
		}
	}
	return out
}

// signIn leads somebody to the page where they show who they are, and from there
// back to what they wanted to see.
func (v *visit) signIn(page string) {
	to := page
	if back := v.readable(); back != Base {
		to += "?to=" + url.QueryEscape(back)
	}
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
}

// readable is the address of what was asked for, if it can be read; after a form,
// that of the matter that the form belongs to.
func (v *visit) readable() string {
	if v.r.Method == http.MethodGet {
		return v.r.URL.RequestURI()
	}
	for at := v.r.URL.Path; strings.HasPrefix(at, Base+"/"); at = path.Dir(at) {
		if v.console.reads(at) {
			return at
		}
	}
	return Base
}

// reads reports whether a page can be read at an address.
func (c *Console) reads(at string) bool {
	_, pattern := c.mux.Handler(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: at}})
	return strings.HasPrefix(pattern, http.MethodGet+" ")
}

// wanted is the page of the console to which somebody is led after they have shown
// who they are. An address that leads anywhere else is not followed.
func (v *visit) wanted() string { return v.within(v.r.FormValue("to")) }

func (v *visit) within(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || u.Opaque != "" || path.Clean(u.Path) != u.Path || !strings.HasPrefix(u.Path, Base+"/") || strings.ContainsAny(to, "\\\r\n") || !v.console.reads(u.Path) {
		return Base
	}
	return u.RequestURI()
}
