package cookies

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/policy"
)

// Visitor is how somebody who chose in a browser is known: by the random name that
// stands in their choice cookie.
func Visitor(name string) avow.SubjectRef { return avow.Visitor(name) }

// visitorName is a random UUID, which nobody can guess: whoever knows it is the
// browser that made it up.
var visitorName = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// IsVisitor reports whether a text can be the name of a visitor.
func IsVisitor(name string) bool { return visitorName.MatchString(name) }

// VisitorOf returns the name under which a browser has chosen, or "".
func (r *Register) VisitorOf(req *http.Request) string {
	c, err := req.Cookie(ChoiceCookie)
	if err != nil || len(c.Value) > mostChoice {
		return ""
	}
	text, err := url.PathUnescape(c.Value)
	if err != nil {
		return ""
	}
	var in struct {
		Visitor string `json:"consentId"`
	}
	if json.Unmarshal([]byte(text), &in) != nil || !IsVisitor(in.Visitor) {
		return ""
	}
	return in.Visitor
}

// Remembers returns for how long a choice is remembered in a browser from now on: the
// declared lifetime of the choice cookie, nothing for one that ends with the visit. It is
// not known where the policy declares no such cookie, and none is set then.
func (r *Register) Remembers(now time.Time) (life time.Duration, known bool) {
	t, declared := r.Tracker("cookie", ChoiceCookie)
	if !declared {
		return 0, false
	}
	return policy.After(now, t.Lifetime).Sub(now), true
}

// Refusal is the choice cookie of a browser after some choices were refused in it, as
// the script would write it; what else was given there stays given. It is nil where the
// policy declares no such cookie.
func (r *Register) Refusal(req *http.Request, visitor string, refused []avow.Choice, lang string, now time.Time) (*http.Cookie, error) {
	life, declared := r.Remembers(now)
	if !declared {
		return nil, nil
	}
	said := r.Said(req)
	given := []avow.Choice{}
	for _, c := range r.choices {
		if slices.Contains(said.Given, c.ID) && !slices.Contains(refused, c.ID) {
			given = append(given, c.ID)
		}
	}
	end := now.Add(life)
	at := now.UTC().Format("2006-01-02T15:04:05.000Z")
	value, err := json.Marshal(map[string]any{
		"categories": given, "revision": r.revision, "data": map[string]bool{"gpc": said.GPC}, "services": map[string]any{}, "languageCode": lang,
		"consentId": visitor, "consentTimestamp": at, "lastConsentTimestamp": at, "expirationTime": end.UnixMilli(),
	})
	if err != nil {
		return nil, err
	}
	c := &http.Cookie{Name: ChoiceCookie, Value: url.PathEscape(string(value)), Path: "/", Secure: secure(req), SameSite: http.SameSiteLaxMode}
	if life > 0 {
		c.Expires = end
	}
	return c, nil
}
