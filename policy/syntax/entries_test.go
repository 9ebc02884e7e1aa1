package syntax_test

import (
	"strings"
	"testing"

	"avow.dev/policy/syntax"
)

func TestEntries(t *testing.T) {
	t.Parallel()
	f := merged(t, read(t, "testdata/examples/acceptance.yaml"))
	var got []string
	for e := range f.Entries() {
		got = append(got, e.Path+"="+e.Head.ID.Text)
	}
	want := "controller=controller controller.contacts[0]=mail scope[0]=phone-app acceptance=acceptance acceptance.documents[0]=shop-terms " +
		"roles[0]=app-server features[0]=account points[0]=sign-up data[0]=email data[1]=step-count purposes[0]=service " +
		"purposes[1]=marketing choices[0]=newsletter sources[0]=open-web forms[0]=masked-email holds[0]=tax-records erasure[0]=wipe " +
		"recipients[0]=mailer recipients[1]=court demands[0]=court-case places[0]=home"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

func TestEntriesPointIntoTheTree(t *testing.T) {
	t.Parallel()
	f := base(t)
	for e := range f.Entries() {
		if d, ok := e.Value.(*syntax.Datum); ok && e.Head.ID.Text == "email" {
			d.Level.Text = "secret"
			e.Head.ID.Text = "mail-address"
		}
	}
	if f.Data[0].Level.Text != "secret" || f.Data[0].ID.Text != "mail-address" {
		t.Error("a change through an entry is lost")
	}
}

func TestEntriesStop(t *testing.T) {
	t.Parallel()
	n := 0
	for range base(t).Entries() {
		if n++; n == 2 {
			break
		}
	}
	for range base(t).Refs() {
		break
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	f := base(t)
	f.Openness = append(f.Openness, syntax.Openness{Head: syntax.Head{ID: syntax.Word{Text: "email"}}})
	tests := []struct{ section, id, want string }{
		{"", "wipe", "erasure"},
		{"", "email", "openness"}, // a rule goes before a thing of the same name
		{"", "mailer", "recipients"},
		{"", "nothing", ""},
		{"data", "email", "data"},
		{"contacts", "mail", "contacts"},
		{"data", "wipe", ""},
	}
	for _, tt := range tests {
		e, ok := f.Lookup(tt.section, tt.id)
		if tt.section == "" {
			e, ok = f.Find(tt.id)
		}
		if e.Section != tt.want || ok != (tt.want != "") {
			t.Errorf("%s/%s: got %q, %v", tt.section, tt.id, e.Section, ok)
		}
	}
}

func TestRefs(t *testing.T) {
	t.Parallel()
	f := merged(t, read(t, "testdata/examples/collect.yaml"))
	var got []string
	for r := range f.Refs() {
		if r.From.ID.Text == "collect-email" {
			got = append(got, r.Path+"->"+r.Section+"/"+r.Word.Text)
		}
	}
	want := "collect[0].clause[0]->clauses/HAVEN-1 collect[0].data[0]->data/email collect[0].at[0]->points/sign-up " +
		"collect[0].for[0]->purposes/service collect[0].feature[0]->features/account collect[0].needs.places[0]->places/home"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}
