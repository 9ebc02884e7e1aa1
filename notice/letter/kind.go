package letter

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Kind is what a parameter of a template may be.
type Kind string

// The kinds of parameters. None can hold a value of a person, except that Text is
// what somebody of the controller wrote; templates that have one are sent by desks
// only.
const (
	Code    Kind = "code"    // a one-time code: 4 to 12 digits or capitals
	Number  Kind = "number"  // up to 12 digits
	Date    Kind = "date"    // 2006-01-02
	Time    Kind = "time"    // RFC 3339
	Link    Kind = "link"    // an address without user, query and fragment
	Version Kind = "version" // of a policy, such as 1.2
	Word    Kind = "word"    // a slug, such as the id of a rule
	Text    Kind = "text"    // words of the controller
)

const (
	mostLink = 512
	mostText = 8 << 10
)

var (
	codeShape    = regexp.MustCompile(`^[0-9A-Z]{4,12}$`)
	numberShape  = regexp.MustCompile(`^[0-9]{1,12}$`)
	versionShape = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.-]{0,31}$`)
	wordShape    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)
)

// fits reports whether a value is of the kind.
func (k Kind) fits(v string) bool {
	switch k {
	case Code:
		return codeShape.MatchString(v)
	case Number:
		return numberShape.MatchString(v)
	case Version:
		return versionShape.MatchString(v)
	case Date:
		_, err := time.Parse(time.DateOnly, v)
		return err == nil
	case Time:
		_, err := time.Parse(time.RFC3339, v)
		return err == nil
	case Link:
		return isLink(v)
	case Word:
		return wordShape.MatchString(v)
	case Text:
		return isText(v)
	}
	return false
}

// isLink refuses addresses in which a value could travel: user names, queries,
// fragments, and an at sign anywhere.
func isLink(v string) bool {
	u, err := url.Parse(v)
	return err == nil && len(v) <= mostLink && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil &&
		u.RawQuery == "" && !u.ForceQuery && u.Fragment == "" && !strings.ContainsAny(v, "@\\ \t\r\n<>\"") && !strings.Contains(strings.ToLower(v), "%40")
}

func isText(v string) bool {
	if v == "" || len(v) > mostText || !utf8.ValidString(v) {
		return false
	}
	return strings.IndexFunc(v, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) < 0
}

func parseKind(s string) (Kind, error) {
	switch k := Kind(s); k {
	case Code, Number, Date, Time, Link, Version, Word, Text:
		return k, nil
	}
	return "", fmt.Errorf("%q is no kind of parameter", s)
}
