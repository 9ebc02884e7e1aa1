package disclose

import (
	"fmt"
	"strings"
)

// Epsilon is a privacy budget in millionths, so that budgets add up exactly.
type Epsilon int64

// One is an epsilon of 1.
const One Epsilon = 1_000_000

// MaxEpsilon is the largest budget that still protects anybody: under it, an
// observer's odds about one person move by a factor of up to e^4, about 55.
const MaxEpsilon = 4 * One

// ParseEpsilon reads a decimal such as "0.5": above 0, at most 4, with up to six
// digits behind the point.
func ParseEpsilon(s string) (Epsilon, error) {
	whole, part, pointed := strings.Cut(s, ".")
	if len(whole) != 1 || pointed && (part == "" || len(part) > 6) {
		return 0, fmt.Errorf("epsilon %q: not a decimal above 0 with up to six digits behind the point", s)
	}
	var e Epsilon
	for _, c := range whole + part + strings.Repeat("0", 6-len(part)) {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("epsilon %q: not a decimal", s)
		}
		e = e*10 + Epsilon(c-'0')
	}
	if e == 0 || e > MaxEpsilon {
		return 0, fmt.Errorf("epsilon %q: must be above 0 and at most 4", s)
	}
	return e, nil
}

// String writes the shortest decimal that [ParseEpsilon] reads as e.
func (e Epsilon) String() string {
	s := fmt.Sprintf("%d.%06d", e/One, e%One)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
