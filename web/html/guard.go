package html

import "net/http"

// ContentPolicy is the Content-Security-Policy of every page: nothing from anywhere
// but this site, no inline script or style, in nobody's frame. The drawings in the
// style are data addresses.
const ContentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// MostForm is the largest form, in bytes, that a page takes unless it says otherwise.
const MostForm = 256 << 10

// Guard sets what every page has in common before next is asked: nobody keeps it,
// nobody frames it, nothing is loaded from elsewhere and no address is told to other
// sites. A form from another site is turned away by denied, whatever it carries
// (net/http.CrossOriginProtection); a form larger than [MostForm] does not get in. What
// uploads says of a request, whose page must know who sends before it reads, lets in files
// up to [MostUpload]; nil says it of none.
func Guard(next, denied http.Handler, uploads func(*http.Request) bool) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(denied)
	inside := protection.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil {
			limit := int64(MostForm)
			if uploads != nil && uploads(r) {
				limit = MostUpload
			}
			r.Body = http.MaxBytesReader(w, r.Body, limit)
		}
		next.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		Harden(w.Header())
		inside.ServeHTTP(w, r)
	})
}

// MostUpload is the largest form with files, in bytes.
const MostUpload = 16 << 20

// Harden sets the headers of a page that may show personal data.
func Harden(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", ContentPolicy)
	// With no-referrer browsers would send forms with "Origin: null", which cannot
	// be told from a form of another site.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()")
	h.Set("X-Robots-Tag", "noindex")
	h.Add("Vary", "Accept-Language, Cookie")
}

// Public sets the headers of a page about nobody, which is there to be found. It answers
// any method but GET and HEAD itself, and then returns false.
func Public(w http.ResponseWriter, r *http.Request) bool {
	Harden(w.Header())
	w.Header().Del("X-Robots-Tag")
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	return false
}
