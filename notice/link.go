package notice

import (
	"net/url"
	"strings"
)

// safeHref returns an address that a reader may follow: web, mail, telephone.
// Everything else, scripts among it, is printed as plain words.
func safeHref(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	switch u.Scheme {
	case "https", "http":
		if u.Host != "" {
			return u.String()
		}
	case "mailto", "tel":
		return u.String()
	case "":
		if strings.HasPrefix(s, "#") {
			return u.String()
		}
	}
	return ""
}

// safeRelative also lets through a path on the same site.
func safeRelative(s string) string {
	if href := safeHref(s); href != "" {
		return href
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || strings.HasPrefix(s, "//") {
		return ""
	}
	return u.String()
}
