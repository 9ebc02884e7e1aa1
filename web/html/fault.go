package html

import (
	"errors"
	"net/http"
	"strconv"

	"avow.dev"
	"avow.dev/policy"
)

// fault is what the page of an error shows. It never shows what was sent.
type fault struct {
	Why, Try string
	Reasons  []string
	Receipt  string
	Link     *Link
}

// ErrSignIn asks for somebody to sign in.
var ErrSignIn = errors.New("nobody is signed in")

// ErrCrossSite is a form from another site.
var ErrCrossSite = errors.New("form from another site")

// Fail writes the page of an error over the frame of a page (site, navigation,
// account). link, if not nil, is what can be done next. The texts are those of this
// package, in the reader's language; an error's own text is for programs and logs.
func (s *Set) Fail(w http.ResponseWriter, r *http.Request, frame Page, err error, link *Link) error {
	t := s.Tongue(r)
	kind, status := classify(err)
	f := fault{Why: t.say("fault.why." + kind), Try: t.say("fault.try." + kind), Link: link}
	if refusal, ok := errors.AsType[*avow.Refusal](err); ok {
		for reason := range refusal.Decision.Reasons.All() {
			f.Reasons = append(f.Reasons, policy.Told(reason).In(avow.Language(t.tag)))
		}
		if refusal.Receipt.Index >= 0 {
			f.Receipt = strconv.FormatInt(refusal.Receipt.Index, 10)
		}
	}
	if f.Link == nil {
		f.Link = &Link{Text: t.say("fault.home"), Href: frame.Home}
	}
	frame.Name, frame.Title, frame.Lead, frame.Body = "fault", t.say("fault.title."+kind), "", f
	return s.Render(w, r, t, status, frame)
}

// statuses is the HTTP status of each code; the words of a code stand under its name.
var statuses = map[avow.Code]int{
	avow.Invalid: http.StatusBadRequest, avow.Unknown: http.StatusNotFound, avow.Conflict: http.StatusConflict,
	avow.Forbidden: http.StatusForbidden, avow.TooLarge: http.StatusRequestEntityTooLarge, avow.TooMany: http.StatusTooManyRequests,
	avow.Unavailable: http.StatusServiceUnavailable, avow.Gone: http.StatusGone, avow.Internal: http.StatusInternalServerError,
}

func classify(err error) (kind string, status int) {
	if _, ok := errors.AsType[*avow.Refusal](err); ok {
		return "refused", http.StatusForbidden
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return "too-large", http.StatusRequestEntityTooLarge
	}
	switch {
	case errors.Is(err, ErrSignIn):
		return "sign-in", http.StatusUnauthorized
	case errors.Is(err, ErrCrossSite):
		return "cross-site", http.StatusForbidden
	}
	code := avow.CodeOf(err)
	status, ok := statuses[code]
	if !ok {
		return string(avow.Internal), http.StatusInternalServerError
	}
	return string(code), status
}
