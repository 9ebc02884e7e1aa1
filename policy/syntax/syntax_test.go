package syntax_test

import (
	"os"
	"testing"

	"avow.dev/policy/syntax"
)

func TestParseBase(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/good/base.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, faults := syntax.Parse("base.yaml", src)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	if f.Controller.Contacts[0].Value.Text != "privacy@haven.example" || f.Scope[0].Name.In("zh") != "手机版" {
		t.Errorf("bound wrongly: %+v", f)
	}
}
