package vet

import "fmt"

// precedence looks for documents that win over the policy.
func precedence(v *view) {
	for i := range v.file.Acceptance.Documents {
		e := &v.file.Acceptance.Documents[i]
		if e.Precedence.Text != "document" {
			continue
		}
		v.note(Finding{
			Severity: Warning, What: fmt.Sprintf("%s wins over this policy in a conflict", e.ID.Text),
			Why: "people would have to read another document to know what holds; it opens nothing that this policy keeps closed",
			Try: "write precedence: policy", Fix: v.replaceWord(e.Precedence, "policy").safe(),
		}, v.at(&e.Head, e.Precedence.Pos))
	}
}
