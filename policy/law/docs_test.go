package law_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"avow.dev/policy/law"
)

// TestDocs keeps docs/law-packs.md true. To write the tables anew:
//
//	go test ./policy/law -run TestDocs -write-docs
func TestDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), docsBegin)
	_, after, ok2 := strings.Cut(rest, docsEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has no generated part", docsPage)
	}
	if !strings.Contains(before, "input for design and not legal advice") {
		t.Errorf("%s does not say that it is no legal advice", docsPage)
	}
	want := before + docsBegin + "\n" + tables(t) + docsEnd + after
	if *writeDocs {
		if err := os.WriteFile(docsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(page) != want {
		t.Errorf("%s does not match the packs: run go test ./policy/law -run TestDocs -write-docs", docsPage)
	}
}

const (
	docsPage  = "../../docs/law-packs.md"
	docsBegin = "<!-- generated from policy/law/data -->"
	docsEnd   = "<!-- end of generated part -->"
)

var writeDocs = flag.Bool("write-docs", false, "write the generated part of docs/law-packs.md")

func tables(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, id := range law.Packs() {
		p := load(t, id)
		fmt.Fprintf(&b, "\n## `%s`: %s, edition %s\n\n", p.ID, p.Name.En, p.Edition)
		b.WriteString("| duty | figure | source | mark |\n|---|---|---|---|\n")
		replyRows(&b, p)
		for _, d := range p.Breach {
			row(&b, fmt.Sprintf("tell %s of an incident (%s)", d.To, d.Tier), d.Within.String(), p, d.Cite)
		}
		for _, a := range p.Ages {
			row(&b, "age: "+a.Rule, fmt.Sprintf("under %d", a.Under), p, a.Cite)
		}
		for _, r := range p.ReAsk {
			row(&b, "ask again after: "+r.What, r.Wait.String(), p, r.Cite)
		}
		for _, r := range p.Transfers {
			figure := fmt.Sprintf("from %d people", r.PeopleFrom)
			if r.SensitiveFrom > 0 {
				figure = fmt.Sprintf("from %d people with sensitive data", r.SensitiveFrom)
			}
			row(&b, "send abroad: "+r.Route, figure, p, r.Cite)
		}
		for _, k := range p.Keep {
			row(&b, "keep at least: "+k.Record, k.AtLeast.String(), p, k.Cite)
		}
	}
	b.WriteString("\n")
	return b.String()
}

func replyRows(b *strings.Builder, p law.Pack) {
	for _, r := range p.Replies {
		figure := r.Answer.String()
		if r.Acknowledge.Stated() {
			figure = "acknowledge in " + r.Acknowledge.String() + ", answer in " + figure
		}
		if r.Extension.Stated() {
			figure += ", and " + r.Extension.String() + " more"
		}
		row(b, "answer: "+strings.Join(r.Rights, ", "), figure, p, r.Cite)
	}
}

func row(b *strings.Builder, duty, figure string, p law.Pack, c law.Cite) {
	in, _ := p.Instrument(c.Instrument)
	source := in.Title.En + ", " + c.Source
	if !in.Binds(p.Edition) {
		source += " (not in force, not used)"
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s |\n", duty, figure, source, c.Mark)
}
