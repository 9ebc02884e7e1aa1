package centre

import (
	"strings"
	"unicode/utf8"

	"avow.dev/gate"
	"avow.dev/policy"
)

// masked shows enough of a value for its owner to know it again, and too little for
// somebody who looks over their shoulder.
func masked(info *policy.DatumInfo, v gate.Value) string {
	s := string(v.Expose())
	switch info.Type {
	case "email":
		if name, host, ok := strings.Cut(s, "@"); ok {
			return first(name, 1) + "•••@" + first(host, 1) + "•••" + lastDot(host)
		}
	case "phone", "number":
		if n := utf8.RuneCountInString(s); n > 6 {
			return "•••• " + last(s, 2)
		}
	case "date":
		if len(s) >= 4 {
			return s[:4] + "-••-••"
		}
	case "text":
		if utf8.RuneCountInString(s) > 3 {
			return first(s, 1) + "•••"
		}
	}
	return "•••"
}

func first(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func last(s string, n int) string {
	r := []rune(s)
	return string(r[max(0, len(r)-n):])
}

func lastDot(host string) string {
	if i := strings.LastIndexByte(host, '.'); i >= 0 {
		return host[i:]
	}
	return ""
}
