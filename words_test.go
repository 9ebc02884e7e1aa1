package avow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"avow.dev"
)

func TestTheZeroValueRefuses(t *testing.T) {
	t.Parallel()
	var (
		v avow.Verdict
		r avow.Ruling
		d avow.Decision
		s avow.Standing
	)
	if v != avow.Refuse || r.Verdict != avow.Refuse || d.Verdict != avow.Refuse {
		t.Error("a zero verdict does not refuse")
	}
	if s.Account != avow.NoRelation || s.Acceptance.State != avow.NeverAsked || s.Age != avow.AgeNotKnown || len(s.Choices) != 0 {
		t.Error("a zero standing is no stranger")
	}
	if c, ok := s.Choice("ads"); ok || c.State != avow.NotAsked {
		t.Error("a stranger has chosen")
	}
	if avow.NoVerb.String() != "" || avow.Verb(200).String() != "" {
		t.Error("no verb has a name")
	}
}

func TestAVerdictThatCannotBeReadRefuses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]struct {
		v  avow.Verdict
		ok bool
	}{`"allow"`: {avow.Allow, true}, `"refuse"`: {avow.Refuse, true}, `"Allow"`: {}, `"yes"`: {}, `""`: {}, `1`: {}, `true`: {}, `["allow"]`: {}, `{}`: {}} {
		v := avow.Allow
		err := json.Unmarshal([]byte(in), &v)
		if (err == nil) != want.ok || err == nil && v != want.v {
			t.Errorf("%s: %v, %v", in, v, err)
		}
		if in != `"allow"` && err != nil && v == avow.Allow && in[0] == '"' {
			t.Errorf("%s left the verdict at allow", in)
		}
	}
}

func TestReasonsHaveCodesAndAFixedOrder(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var all avow.Reasons
	for r := range avow.Reason(64) {
		code := r.String()
		if code == "" {
			continue
		}
		if seen[code] {
			t.Errorf("two reasons are called %q", code)
		}
		seen[code] = true
		all |= r.Set()
		if back, ok := avow.ParseReason(code); !ok || back != r {
			t.Errorf("%q reads back as %d, want %d", code, back, r)
		}
	}
	if all.Len() != len(seen) || len(seen) < 50 {
		t.Errorf("%d reasons, %d codes", all.Len(), len(seen))
	}
	if !slices.IsSorted(slices.Collect(all.All())) {
		t.Error("reasons come out of order")
	}
	if got := (avow.Minor.Set() | avow.DatumUndeclared.Set()).Codes(); !slices.Equal(got, []string{"datum-undeclared", "minor"}) {
		t.Errorf("codes %v", got)
	}
	if _, ok := avow.ParseReason(""); ok {
		t.Error("an empty code is a reason")
	}
}

func TestEachFactHasItsReason(t *testing.T) {
	t.Parallel()
	for i := range avow.NumFacts {
		f := avow.Fact(i)
		if back, ok := avow.ParseFact(f.String()); !ok || back != f {
			t.Errorf("fact %d reads back as %d", f, back)
		}
		if f.Missing().String() == "" {
			t.Errorf("no reason stands for the absence of %q", f)
		}
		if avow.Facts(0).Has(f) || !avow.Facts(0).With(f).Has(f) {
			t.Errorf("set of facts is wrong for %q", f)
		}
	}
}

func TestVerbsReadBack(t *testing.T) {
	t.Parallel()
	for i := 1; i < avow.Verbs; i++ {
		v := avow.Verb(i)
		if back, ok := avow.ParseVerb(v.String()); !ok || back != v {
			t.Errorf("%q reads back as %v", v, back)
		}
	}
	if _, ok := avow.ParseVerb(""); ok {
		t.Error("an empty word is a verb")
	}
	if avow.Use.Outbound() || avow.Collect.Outbound() || !avow.Share.Outbound() || !avow.Release.Outbound() {
		t.Error("outbound verbs are wrong")
	}
}

func TestErrorsShowNoCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("canary@mail.example")
	err := fmt.Errorf("door: %w", &avow.Error{Code: avow.Conflict, Message: "taken", Cause: cause})
	if avow.CodeOf(err) != avow.Conflict || avow.CodeOf(cause) != avow.Internal {
		t.Error("codes are wrong")
	}
	if !errors.Is(err, cause) || err.Error() != "door: conflict: taken" {
		t.Errorf("error says %q", err)
	}
	r := &avow.Refusal{Decision: avow.Decision{Reasons: avow.OnHold.Set()}}
	if r.Error() != "refused: [on-hold]" {
		t.Errorf("refusal says %q", r)
	}
}
