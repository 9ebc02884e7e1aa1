package httpapi

import (
	"net/http"

	"avow.dev"
)

// errCrowd is the error for a network that asks for too much at once.
var errCrowd = &avow.Error{Code: avow.TooMany, Message: "too many requests of one network are under way", Try: "send the request again"}

// shared lets everybody ask, but no network take the places of all others: whoever sends
// slowly, or reads slowly, keeps a place meanwhile.
func (d *Door) shared(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		leave, ok := d.pace.enter(r.RemoteAddr)
		if !ok {
			d.fail(w, r, errCrowd)
			return
		}
		defer leave()
		serve(w, r)
	}
}

// addPages lets the pages of other edges answer.
func (d *Door) addPages() {
	for _, p := range d.cfg.Pages {
		answer := d.shared(p.Handler.ServeHTTP)
		d.mux.HandleFunc(p.Pattern, func(w http.ResponseWriter, r *http.Request) {
			if seen, ok := w.(*recorder); ok {
				seen.route = p.Name
			}
			answer(w, r)
		})
	}
}
