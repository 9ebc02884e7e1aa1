package cookies

import (
	"slices"
	"strings"
)

// Policies are the headers by which a browser itself holds a page to the policy:
// Content-Security-Policy, Permissions-Policy and Referrer-Policy. Hosts that the
// policy does not name, or that the person has not agreed to, cannot be reached by
// any script, picture, frame or beacon of the page.
func (r *Register) Policies(site Site, s Said) map[string]string {
	sources := []string{"'self'"}
	if site.Script != "" {
		sources = append(sources, site.Script)
	}
	for _, h := range r.Reachable(s) {
		sources = append(sources, h) // by the page's own scheme, or TLS
	}
	all := strings.Join(sources, " ")
	return map[string]string{
		"Content-Security-Policy": "default-src " + all + "; img-src " + all + " data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
		"Permissions-Policy":      r.browserPermissions(),
		// The path of a page can say a lot about its reader; nobody else gets it.
		"Referrer-Policy": "same-origin",
	}
}

// Reachable are the hosts that pages may address for somebody who said s.
func (r *Register) Reachable(s Said) []string {
	list := slices.Clone(r.hosts)
	for _, c := range r.choices {
		for _, h := range c.Hosts {
			if r.Open(c.ID, s) && !slices.Contains(list, h) {
				list = append(list, h)
			}
		}
	}
	return list
}

// browserPermissions closes every powerful feature of the browser that the policy
// has no permission for, and keeps the others from frames of other sites.
func (r *Register) browserPermissions() string {
	var parts []string
	for _, f := range browserFeatures {
		allow := "()"
		if slices.Contains(r.permissions, f.feature) {
			allow = "(self)"
		}
		if part := f.feature + "=" + allow; !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	// Browsers' own ways of telling sites about their readers.
	return strings.Join(append(parts, "browsing-topics=()", "attribution-reporting=()", "join-ad-interest-group=()", "run-ad-auction=()"), ", ")
}

// browserFeatures are the permissions of the vocabulary that browsers know, by
// their names in the Permissions Policy specification.
var browserFeatures = []struct{ slug, feature string }{
	{"camera", "camera"}, {"microphone", "microphone"}, {"location", "geolocation"}, {"bluetooth-connect", "bluetooth"},
	{"bluetooth-scan", "bluetooth"}, {"wake-lock", "screen-wake-lock"}, {"motion", "accelerometer"},
	{"motion", "gyroscope"}, {"", "usb"}, {"", "serial"}, {"", "hid"}, {"", "midi"}, {"", "payment"}, {"", "idle-detection"}, {"", "display-capture"},
}

func browserFeature(slug string) string {
	for _, f := range browserFeatures {
		if f.slug == slug && slug != "" {
			return f.feature
		}
	}
	return ""
}
