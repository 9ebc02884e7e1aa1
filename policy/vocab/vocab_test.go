package vocab_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"avow.dev/policy/vocab"
)

func everything() map[vocab.Kind][]vocab.Term {
	all := map[vocab.Kind][]vocab.Term{}
	for _, kind := range []vocab.Kind{
		vocab.KindDatum, vocab.KindPurpose, vocab.KindOperation, vocab.KindBasis, vocab.KindConsent, vocab.KindRecipient, vocab.KindMeasure,
		vocab.KindRight, vocab.KindRefusal, vocab.KindRetention, vocab.KindSource, vocab.KindPermission, vocab.KindExemption, vocab.KindWord,
		vocab.KindStatus,
	} {
		all[kind] = vocab.Terms(kind)
	}
	return all
}

func TestCheck(t *testing.T) {
	t.Parallel()
	if err := vocab.Check(); err != nil {
		t.Fatal(err)
	}
}

func TestEveryRowIsComplete(t *testing.T) {
	t.Parallel()
	for kind, terms := range everything() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			if len(terms) == 0 {
				t.Fatal("no rows")
			}
			for _, term := range terms {
				checkSlug(t, term)
				checkLabels(t, term)
				if kind != vocab.KindPermission && kind != vocab.KindWord {
					checkIRIs(t, term)
				}
			}
		})
	}
}

func checkSlug(t *testing.T, term vocab.Term) {
	t.Helper()
	if strings.Trim(term.Slug, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.HasPrefix(term.Slug, "-") {
		t.Errorf("slug %q is not lower-case words with dashes", term.Slug)
	}
}

func checkLabels(t *testing.T, term vocab.Term) {
	t.Helper()
	for lang, label := range map[string]string{"en": term.En, "zh": term.Zh} {
		switch {
		case label == "":
			t.Errorf("%s: no %s label", term.Slug, lang)
		case strings.TrimSpace(label) != label || strings.Contains(label, "  "):
			t.Errorf("%s: stray spaces in %q", term.Slug, label)
		case strings.ContainsRune(".,;:!?。,;:!?、", []rune(label)[len([]rune(label))-1]):
			t.Errorf("%s: %q ends in punctuation", term.Slug, label)
		}
	}
	if han := strings.ContainsFunc(term.En, func(r rune) bool { return unicode.Is(unicode.Han, r) }); han {
		t.Errorf("%s: Chinese in the English label %q", term.Slug, term.En)
	}
	latinOnly := []string{"android-id"} // a product name that Chinese policies leave as it is
	if han := strings.ContainsFunc(term.Zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }); !han && !slices.Contains(latinOnly, term.Slug) {
		t.Errorf("%s: no Chinese in the Chinese label %q", term.Slug, term.Zh)
	}
}

func checkIRIs(t *testing.T, term vocab.Term) {
	t.Helper()
	if term.IRIs == "" {
		t.Errorf("%s: no IRI", term.Slug)
	}
	for compact := range term.IRIs.All() {
		full, ok := vocab.IRI(compact)
		if !ok || !strings.HasPrefix(full, "https://") || !strings.Contains(full, "#") {
			t.Errorf("%s: IRI(%q) = %q, %v", term.Slug, compact, full, ok)
		}
		if strings.HasPrefix(compact, "avow") && !strings.HasPrefix(term.Broader, "dpv:") &&
			!strings.HasPrefix(term.Broader, "pd:") && !strings.HasPrefix(term.Broader, "eu-gdpr:") {
			t.Errorf("%s: own term %s stands under %q", term.Slug, compact, term.Broader)
		}
	}
	if term.Broader != "" {
		if _, ok := vocab.IRI(term.Broader); !ok {
			t.Errorf("%s: broader %q does not expand", term.Slug, term.Broader)
		}
	}
}

// An own term under two slugs would make two things one in every export.
func TestOwnTermsAreUsedOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for kind, terms := range everything() {
		for _, term := range terms {
			for compact := range term.IRIs.All() {
				if !strings.HasPrefix(compact, "avow") {
					continue
				}
				here := string(kind) + " " + term.Slug
				if other := seen[compact]; other != "" {
					t.Errorf("%s stands for %s and for %s", compact, other, here)
				}
				seen[compact] = here
			}
		}
	}
}

func TestNamespaces(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"dpv": "https://w3id.org/dpv#", "pd": "https://w3id.org/dpv/pd#", "tech": "https://w3id.org/dpv/tech#",
		"risk": "https://w3id.org/dpv/risk#", "justifications": "https://w3id.org/dpv/justifications#",
		"loc": "https://w3id.org/dpv/loc#", "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
		"dpv-27560": "https://w3id.org/dpv/schema/dpv-27560#",
		"avow":      "https://avow.dev/vocab#", "avow-cn": "https://avow.dev/vocab/cn#",
	}
	got := map[string]string{}
	for _, ns := range vocab.Terms(vocab.KindNamespace) {
		got[ns.Slug] = string(ns.IRIs)
	}
	for prefix, iri := range want {
		if got[prefix] != iri {
			t.Errorf("namespace %s = %q, want %q", prefix, got[prefix], iri)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d namespaces, want %d", len(got), len(want))
	}
}

func TestIRI(t *testing.T) {
	t.Parallel()
	tests := []struct{ compact, want string }{
		{"dpv:Erase", "https://w3id.org/dpv#Erase"},
		{"pd:Name", "https://w3id.org/dpv/pd#Name"},
		{"avow:IMEI", "https://avow.dev/vocab#IMEI"},
		{"avow-cn:SafeOperation", "https://avow.dev/vocab/cn#SafeOperation"},
		{"loc:CN", "https://w3id.org/dpv/loc#CN"},
		{"loc:US-CA", "https://w3id.org/dpv/loc#US-CA"},
		{"loc:cn", ""},
		{"loc:US-", ""},
		{"loc:US-CALI", ""},
		{"dpv:Invented", ""},
		{"dpv:", ""},
		{"Name", ""},
		{"", ""},
	}
	for _, tt := range tests {
		t.Run(tt.compact, func(t *testing.T) {
			t.Parallel()
			got, ok := vocab.IRI(tt.compact)
			if got != tt.want || ok != (tt.want != "") {
				t.Errorf("IRI(%q) = %q, %v; want %q", tt.compact, got, ok, tt.want)
			}
		})
	}
}

// Terms that DPV 2.3 does not have, or that mean something else there.
func TestNoTermToAvoid(t *testing.T) {
	t.Parallel()
	for _, compact := range []string{
		"dpv:WithdrawingFromActivity", "dpv:hasLegalName", "dpv:ConsentType",
		"pd:CommunicationsMetadata", "pd:Interaction", "pd:BrowsingBehavior", "pd:VehicalLicenseNumber",
	} {
		if full, ok := vocab.IRI(compact); ok {
			t.Errorf("%s is emitted as %s", compact, full)
		}
	}
}

func TestLabel(t *testing.T) {
	t.Parallel()
	d, ok := vocab.Datum("imei")
	if !ok {
		t.Fatal("no imei")
	}
	for lang, want := range map[string]string{
		"en": "IMEI or other device serial number", "zh": "IMEI/MEID/ESN/序列号", "zh-CN": "IMEI/MEID/ESN/序列号",
		"fr": "IMEI or other device serial number", "": "IMEI or other device serial number",
	} {
		if got := d.Label(lang); got != want {
			t.Errorf("Label(%q) = %q, want %q", lang, got, want)
		}
	}
}

func TestUnknownSlugs(t *testing.T) {
	t.Parallel()
	if d, ok := vocab.Datum("shoe-size"); ok || d.Slug != "" {
		t.Errorf("Datum of an unknown slug = %+v, %v", d, ok)
	}
	if _, ok := vocab.Datum(""); ok {
		t.Error("the empty slug is a datum")
	}
	if got := vocab.Terms("x"); len(got) > 0 {
		t.Errorf("an unknown kind has terms: %v", got)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	w := vocab.Words("eu cn us-ca")
	if w.First() != "eu" || !w.Has("cn") || w.Has("us") || len(w.List()) != 3 {
		t.Errorf("Words = %q, %v", w.First(), w.List())
	}
	if none := vocab.Words(""); none.First() != "" || none.Has("") || len(none.List()) != 0 {
		t.Errorf("the zero Words holds %v", none.List())
	}
}

func FuzzIRI(f *testing.F) {
	for _, seed := range []string{"dpv:Erase", "loc:US-CA", "loc:\xff\xff", ":", "avow:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, compact string) {
		full, ok := vocab.IRI(compact)
		if ok != strings.HasPrefix(full, "https://") {
			t.Errorf("IRI(%q) = %q, %v", compact, full, ok)
		}
	})
}
