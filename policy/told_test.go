package policy_test

import (
	"testing"

	"avow.dev"
	"avow.dev/policy"
)

func TestEveryReasonIsTold(t *testing.T) {
	t.Parallel()
	said := make(map[policy.Sentence]avow.Reason)
	for r := range avow.Reasons(1<<64 - 1).All() {
		s := policy.Told(r)
		if (r.String() != "") != (s.En != "" && s.Zh != "") {
			t.Errorf("%q is told as %q and %q", r, s.En, s.Zh)
		}
		if other, twice := said[s]; twice && s != (policy.Sentence{}) {
			t.Errorf("%s and %s are told alike", r, other)
		}
		said[s] = r
	}
}
