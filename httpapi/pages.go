package httpapi

import "net/http"

// addPages lets the pages of other edges answer.
func (d *Door) addPages() {
	for _, p := range d.cfg.Pages {
		d.mux.HandleFunc(p.Pattern, func(w http.ResponseWriter, r *http.Request) {
			if seen, ok := w.(*recorder); ok {
				seen.route = p.Name
			}
			p.Handler.ServeHTTP(w, r)
		})
	}
}
