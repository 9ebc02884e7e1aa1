package syntax_test

import (
	"bytes"
	"strings"
	"testing"

	"avow.dev/policy/syntax"
)

func TestManualIsCurrent(t *testing.T) {
	t.Parallel()
	golden(t, "../../docs/policy-language.md", syntax.Reference())
}

func TestManualShowsEverySection(t *testing.T) {
	t.Parallel()
	manual := syntax.Reference()
	for _, section := range sections() {
		if !bytes.Contains(manual, []byte("\n## "+section+"\n")) || !bytes.Contains(manual, []byte("```yaml\n"+section+":")) {
			t.Errorf("%s or its example is missing", section)
		}
	}
	for _, kind := range syntax.Kinds() {
		if !strings.Contains(string(manual), "| `"+kind+"` |") {
			t.Errorf("the fault %s is missing", kind)
		}
	}
}
