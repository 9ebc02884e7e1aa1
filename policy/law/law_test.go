package law_test

import (
	"slices"
	"testing"

	"avow.dev/policy/law"
	"avow.dev/policy/vocab"
)

func load(t *testing.T, id string) law.Pack {
	t.Helper()
	p, err := law.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPacks(t *testing.T) {
	t.Parallel()
	if got, want := law.Packs(), []string{"cn", "eu", "us-ca"}; !slices.Equal(got, want) {
		t.Fatalf("packs %v, want %v", got, want)
	}
	for _, id := range law.Packs() {
		p := load(t, id)
		if p.ID != id {
			t.Errorf("pack %q calls itself %q", id, p.ID)
		}
		if _, ok := p.Edition.Time(); !ok {
			t.Errorf("%s: edition %q is no date", id, p.Edition)
		}
		for _, in := range p.Instruments {
			if _, ok := in.InForce.Time(); !ok && in.Kind != law.Draft {
				t.Errorf("%s: %s has no date of force", id, in.ID)
			}
		}
	}
}

func TestLoadUnknown(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "xx", "../data/eu", "calendar/cn-2026"} {
		if _, err := law.Load(id); err == nil {
			t.Errorf("Load(%q) found a pack", id)
		}
	}
}

// A caller may change the pack it was given without changing anyone else's.
func TestLoadGivesACopy(t *testing.T) {
	t.Parallel()
	load(t, "cn").Replies[0].Rights[0] = "changed"
	if got := load(t, "cn").Replies[0].Rights[0]; got != "access" {
		t.Errorf("the change of one caller reached another: %q", got)
	}
}

func TestSlugsExist(t *testing.T) {
	t.Parallel()
	for _, id := range law.Packs() {
		p := load(t, id)
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			for _, r := range p.Replies {
				for _, right := range r.Rights {
					exists(t, vocab.KindRight, right)
				}
			}
			for _, s := range p.Sensitive {
				for _, d := range s.Data {
					exists(t, vocab.KindDatum, d)
				}
			}
			for _, app := range p.Necessary.Types {
				for _, d := range app.Data {
					exists(t, vocab.KindDatum, d)
				}
			}
			for _, b := range p.Bases {
				exists(t, vocab.KindBasis, b.Basis)
			}
			for _, e := range p.Exemptions {
				for _, c := range e.Cases {
					exists(t, vocab.KindExemption, c)
				}
			}
			for _, s := range p.SeparateConsent {
				if !slices.Contains([]string{"sensitive", "automated-decision", "public-camera"}, s.Act) {
					exists(t, vocab.KindOperation, s.Act)
				}
			}
		})
	}
}

func exists(t *testing.T, kind vocab.Kind, slug string) {
	t.Helper()
	ok := false
	switch kind {
	case vocab.KindRight:
		_, ok = vocab.Right(slug)
	case vocab.KindDatum:
		_, ok = vocab.Datum(slug)
	case vocab.KindBasis:
		_, ok = vocab.Basis(slug)
	case vocab.KindExemption:
		_, ok = vocab.Exemption(slug)
	case vocab.KindOperation:
		ok = slices.ContainsFunc(vocab.Terms(kind), func(t vocab.Term) bool { return t.Slug == slug })
	}
	if !ok {
		t.Errorf("no %s %q in the vocabulary", kind, slug)
	}
}

// Vocabulary and packs say the same twice, for different readers.
func TestAgreesWithVocabulary(t *testing.T) {
	t.Parallel()
	for _, id := range law.Packs() {
		p := load(t, id)
		for d := range vocab.AllData() {
			if _, ok := p.IsSensitive(d.Slug); ok != d.SensitiveUnder(id) {
				t.Errorf("%s: %s sensitive: pack %v, vocabulary %v", id, d.Slug, ok, d.SensitiveUnder(id))
			}
		}
		for b := range vocab.AllBases() {
			if got := p.ValidBasis(b.Slug); got != b.ValidUnder(id) {
				t.Errorf("%s: basis %s valid: pack %v, vocabulary %v", id, b.Slug, got, b.ValidUnder(id))
			}
		}
		for r := range vocab.AllRights() {
			if _, ok := p.Reply(r.Slug); ok && !r.Packs.Has(id) {
				t.Errorf("%s: has a clock for %s, which the vocabulary does not know there", id, r.Slug)
			}
		}
	}
	cn := load(t, "cn")
	for e := range vocab.AllExemptions() {
		if cn.Exempt("collect", e.Slug) != e.Collect || cn.Exempt("provide", e.Slug) != e.Provide {
			t.Errorf("cn: exemption %s differs from the vocabulary", e.Slug)
		}
	}
}

func TestReplyWithin(t *testing.T) {
	t.Parallel()
	tests := []struct{ pack, right, want string }{
		{"eu", "access", "1 month"},
		{"eu", "opt-out-sale", "no figure"},
		{"cn", "access", "30 days"},
		{"cn", "delete", "15 working days"},
		{"cn", "cancel-account", "15 working days"},
		{"cn", "relatives", "no figure"},
		{"us-ca", "delete", "45 days"},
		{"us-ca", "opt-out-sale", "15 working days"},
		{"us-ca", "", "no figure"},
	}
	for _, tt := range tests {
		t.Run(tt.pack+"/"+tt.right, func(t *testing.T) {
			t.Parallel()
			got, ok := load(t, tt.pack).ReplyWithin(tt.right)
			if got.String() != tt.want || ok != (tt.want != "no figure") {
				t.Errorf("ReplyWithin(%q) = %s, %v; want %s", tt.right, got, ok, tt.want)
			}
		})
	}
}

func TestShortest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		packs []string
		right string
		pack  string
		want  string
	}{
		{"one", []string{"eu"}, "access", "eu", "1 month"},
		{"month beats 30 days", []string{"cn", "eu"}, "access", "eu", "1 month"},
		{"working days beat month", []string{"eu", "cn"}, "delete", "cn", "15 working days"},
		{"all", []string{"us-ca", "eu", "cn"}, "correct", "cn", "15 working days"},
		{"only one knows", []string{"eu", "us-ca"}, "limit-sensitive", "us-ca", "15 working days"},
		{"nobody knows", []string{"eu"}, "limit-sensitive", "", "no figure"},
		{"no figure", []string{"cn"}, "relatives", "", "no figure"},
		{"no packs", nil, "access", "", "no figure"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var packs []law.Pack
			for _, id := range tt.packs {
				packs = append(packs, load(t, id))
			}
			got, ok := law.Shortest(packs, tt.right)
			if got.Pack != tt.pack || got.Answer.String() != tt.want || ok != (tt.want != "no figure") {
				t.Errorf("Shortest = %s %s, %v; want %s %s", got.Pack, got.Answer, ok, tt.pack, tt.want)
			}
		})
	}
}

func TestClockShorter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		a, b law.Clock
		want bool
	}{
		{law.Clock{N: 72, Unit: law.Hours}, law.Clock{N: 4, Unit: law.Days}, true},
		{law.Clock{N: 4, Unit: law.Days}, law.Clock{N: 72, Unit: law.Hours}, false},
		{law.Clock{N: 0, Unit: law.Hours}, law.Clock{N: 1, Unit: law.Hours}, true},
		{law.Clock{N: 15, Unit: law.WorkingDays}, law.Clock{N: 1, Unit: law.Months}, true},
		{law.Clock{N: 1, Unit: law.Days}, law.Clock{N: 24, Unit: law.Hours}, false},
		{law.Clock{}, law.Clock{N: 1, Unit: law.Days}, false},
		{law.Clock{N: 1, Unit: law.Days}, law.Clock{}, true},
		{law.Clock{}, law.Clock{}, false},
	}
	for _, tt := range tests {
		if got := tt.a.Shorter(tt.b); got != tt.want {
			t.Errorf("%s shorter than %s = %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestBreach(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pack, to, tier string
		want           []string
	}{
		{"eu", "authority", "any", []string{"72 hours"}},
		{"eu", "people", "high-risk", []string{"at once"}},
		{"eu", "people", "any", nil},
		{"cn", "authority", "any", []string{"at once"}},
		{"cn", "authority", "relatively-major", []string{"at once", "4 hours"}},
		{"cn", "authority", "critical-infrastructure", []string{"at once", "1 hour"}},
		{"us-ca", "people", "any", []string{"30 days"}},
	}
	for _, tt := range tests {
		var got []string
		for _, d := range load(t, tt.pack).BreachWithin(tt.to, tt.tier) {
			got = append(got, d.Within.String())
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s %s %s: %v, want %v", tt.pack, tt.to, tt.tier, got, tt.want)
		}
	}
}

func TestGrade(t *testing.T) {
	t.Parallel()
	cn := load(t, "cn")
	for people, want := range map[int]string{
		0: "", 999_999: "", 1_000_000: "relatively-major", 10_000_000: "major", 100_000_001: "especially-major",
	} {
		if got := cn.Grade(people); got != want {
			t.Errorf("Grade(%d) = %q, want %q", people, got, want)
		}
	}
}

func TestAges(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]int{"eu": 16, "cn": 14, "us-ca": 13} {
		if got, ok := load(t, id).Age("guardian-consent"); !ok || got.Under != want {
			t.Errorf("%s: guardian consent under %d, want %d", id, got.Under, want)
		}
	}
	if got, ok := load(t, "us-ca").Age("own-opt-in-sale"); !ok || got.Under != 16 || got.Lowest != 13 {
		t.Errorf("us-ca: own opt-in %+v", got)
	}
	if _, ok := load(t, "eu").Age("minor"); ok {
		t.Error("eu has a rule that it does not have")
	}
}

func TestSeparateConsent(t *testing.T) {
	t.Parallel()
	cn := load(t, "cn")
	for act, article := range map[string]string{
		"share": "art. 23", "publish": "art. 25", "sensitive": "art. 29", "transfer-abroad": "art. 39",
	} {
		if s, ok := cn.NeedsSeparate(act); !ok || s.Source != article || s.Form != "separate" {
			t.Errorf("%s: %+v, want %s", act, s, article)
		}
	}
	if _, ok := cn.NeedsSeparate("collect"); ok {
		t.Error("collecting needs separate consent")
	}
}

func TestNecessary(t *testing.T) {
	t.Parallel()
	cn := load(t, "cn")
	none, phone := 0, 0
	for i, app := range cn.Necessary.Types {
		if app.No != i+1 {
			t.Errorf("%s has number %d, want %d", app.ID, app.No, i+1)
		}
		switch {
		case len(app.Data) == 0:
			none++
		case slices.Equal(app.Data, []string{"phone"}):
			phone++
		}
	}
	if len(cn.Necessary.Types) != 39 || none != 13 || phone != 6 {
		t.Errorf("%d types, %d need nothing, %d the phone number only; want 39, 13, 6", len(cn.Necessary.Types), none, phone)
	}
	tools, ok := cn.AppType("tools")
	if !ok || tools.Needs("phone") {
		t.Error("a horoscope may ask for a phone number as necessary")
	}
	if im, ok := cn.AppType("messaging"); !ok || !im.Needs("contact-list") || im.Needs("mac") {
		t.Errorf("messaging: %+v", im)
	}
	if _, ok := load(t, "eu").AppType("tools"); ok {
		t.Error("eu knows app types")
	}
}

func TestReAskAndBlocks(t *testing.T) {
	t.Parallel()
	if got, ok := load(t, "cn").ReAskAfter("refused-permission"); !ok || got.String() != "48 hours" {
		t.Errorf("cn re-ask %s", got)
	}
	if got, ok := load(t, "us-ca").ReAskAfter("opt-out"); !ok || got.String() != "12 months" {
		t.Errorf("us-ca re-ask %s", got)
	}
	if got, ok := load(t, "cn").ForeignBlock(); !ok || got.Rule != "approval" || got.Source != "art. 41" {
		t.Errorf("cn foreign authorities: %+v", got)
	}
	if _, ok := load(t, "us-ca").ForeignBlock(); ok {
		t.Error("us-ca blocks foreign authorities")
	}
}

func TestTransferRoute(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pack              string
		people, sensitive int
		want              string
	}{
		{"cn", 99_999, 0, "exempt"},
		{"cn", 100_000, 0, "contract-or-certification"},
		{"cn", 1, 1, "contract-or-certification"},
		{"cn", 0, 9_999, "contract-or-certification"},
		{"cn", 10_000, 10_000, "security-assessment"},
		{"cn", 999_999, 0, "contract-or-certification"},
		{"cn", 1_000_000, 0, "security-assessment"},
		{"cn", 0, 0, ""},
		{"eu", 1, 0, "adequacy-or-safeguards"},
		{"us-ca", 1_000_000, 0, ""},
	}
	for _, tt := range tests {
		if got, ok := load(t, tt.pack).TransferRoute(tt.people, tt.sensitive); got.Route != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: %d people, %d sensitive: %q, want %q", tt.pack, tt.people, tt.sensitive, got.Route, tt.want)
		}
	}
}

func TestCited(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pack, citation, want string
		binds                bool
	}{
		{"cn", "GB/T 35273-2017", "gbt-35273-2017", false},
		{"cn", "gb/t35273-2017", "gbt-35273-2017", false},
		{"cn", "GB/T 35273-2020", "gbt-35273-2020", true},
		{"cn", "《网络安全法》", "csl", true},
		{"cn", "中华人民共和国网络安全法(2016年通过)", "csl-2017", false},
		{"cn", "PIPL", "pipl", true},
		{"cn", "《互联网应用程序个人信息收集使用规定（征求意见稿）》", "app-collection-draft", false},
		{"eu", "GDPR", "gdpr", true},
		{"eu", "Directive 95/46/EC", "directive-95-46", false},
		{"us-ca", "CCPA", "ccpa", true},
		{"us-ca", "California Opt Me Out Act", "opt-me-out", false},
		{"cn", "GDPR", "", false},
		{"cn", "", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.pack+"/"+tt.citation, func(t *testing.T) {
			t.Parallel()
			p := load(t, tt.pack)
			in, ok := p.Cited(tt.citation)
			if in.ID != tt.want || ok != (tt.want != "") || in.Binds(p.Edition) != tt.binds {
				t.Errorf("Cited = %q, %v, binds %v; want %q, binds %v", in.ID, ok, in.Binds(p.Edition), tt.want, tt.binds)
			}
		})
	}
}

func TestBindsByDate(t *testing.T) {
	t.Parallel()
	in, ok := load(t, "cn").Instrument("gbt-35273-2017")
	if !ok || in.SupersededBy != "gbt-35273-2020" {
		t.Fatalf("gbt-35273-2017: %+v", in)
	}
	for day, want := range map[law.Date]bool{
		"2018-04-30": false, "2018-05-01": true, "2020-09-30": true, "2020-10-01": false,
	} {
		if got := in.Binds(day); got != want {
			t.Errorf("on %s binds %v, want %v", day, got, want)
		}
	}
}

// One name must not mean two instruments.
func TestCitationsAreUnique(t *testing.T) {
	t.Parallel()
	for _, id := range law.Packs() {
		p := load(t, id)
		for _, in := range p.Instruments {
			for _, name := range append([]string{in.Citation, in.Title.En, in.Title.Zh}, in.Aliases...) {
				if got, ok := p.Cited(name); !ok || got.ID != in.ID {
					t.Errorf("%s: %q of %s leads to %s", id, name, in.ID, got.ID)
				}
			}
		}
	}
}

func TestNoticeTopics(t *testing.T) {
	t.Parallel()
	need := map[string][]string{
		"cn":    {"controller-contact", "purpose", "method", "data-types", "retention", "rights", "recipients", "abroad", "minors"},
		"eu":    {"controller-contact", "purpose", "legal-basis", "recipients", "retention", "rights", "withdraw", "complaint"},
		"us-ca": {"data-types", "purpose", "retention", "rights", "sold-or-shared", "updated-on"},
	}
	for id, topics := range need {
		p := load(t, id)
		for _, topic := range topics {
			if !slices.ContainsFunc(p.Notice, func(n law.NoticeTopic) bool { return n.Topic == topic }) {
				t.Errorf("%s: no topic %q", id, topic)
			}
		}
	}
}
