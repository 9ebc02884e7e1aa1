package centre_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestWhereAddressesAreTyped lists the code that reads an address that somebody typed: for
// signing in and for opting out, and of a guardian. What each does is counted, for a known
// address and an unknown one, by TestEveryAddressCostsTheSame of package gate: a new one
// belongs there before it belongs here.
func TestWhereAddressesAreTyped(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var read, used []string
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		for _, line := range strings.Split(string(src), "\n") {
			line = strings.TrimSpace(line)
			if strings.Contains(line, `PostFormValue("address")`) {
				read = append(read, f)
			}
			for _, by := range []string{"AskCode(", "OptOut(", "AskGuardianCode(", "AskGuardian(", "SignInByPassword("} {
				if strings.Contains(line, "gate()."+by) || strings.Contains(line, "Desk."+by) {
					used = append(used, f+" "+strings.TrimSuffix(by, "("))
				}
			}
		}
	}
	if want := []string{"guardian.go", "signin.go"}; !slices.Equal(read, want) {
		t.Errorf("addresses are read in %v, want %v", read, want)
	}
	slices.Sort(used)
	if want := []string{"children.go AskGuardian", "guardian.go AskGuardianCode", "optout.go OptOut", "signin.go AskCode"}; !slices.Equal(used, want) {
		t.Errorf("they are given to %q, want %q", used, want)
	}
}
