package html_test

import (
	"testing"

	"avow.dev/web/html"
)

func TestPlainCell(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "Li": "Li", "a=b": "a=b", "=1+1": "'=1+1", "+86 138": "'+86 138", "-1": "'-1", "@sum": "'@sum", "\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1",
		"＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠sum": "'＠sum", "李": "李",
	} {
		if got := html.PlainCell(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
