package avow

import "fmt"

// Verdict is the answer to a request. Its zero value refuses.
type Verdict uint8

// The two verdicts.
const (
	Refuse Verdict = iota
	Allow
)

// String returns "allow" for Allow and "refuse" for everything else.
func (v Verdict) String() string {
	if v == Allow {
		return "allow"
	}
	return "refuse"
}

// MarshalText writes the verdict as a word.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a verdict. Whatever is not exactly "allow" leaves the
// verdict at Refuse, and whatever is neither word is an error as well.
func (v *Verdict) UnmarshalText(b []byte) error {
	*v = Refuse
	switch string(b) {
	case "allow":
		*v = Allow
	case "refuse":
	default:
		return fmt.Errorf("verdict is neither allow nor refuse")
	}
	return nil
}
