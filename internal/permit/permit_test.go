package permit_test

import (
	"testing"

	"avow.dev"
	"avow.dev/internal/permit"
)

func request() *avow.Request {
	return &avow.Request{Policy: "p", Verb: avow.Use, Subject: "s", Data: []avow.Datum{"email", "phone"}, Purpose: "support", Role: "desk"}
}

func allowed(n int) *avow.Decision {
	d := &avow.Decision{Verdict: avow.Allow, Policy: "sha256:1"}
	for range n {
		d.Rulings = append(d.Rulings, avow.Ruling{Verdict: avow.Allow, Obligations: []avow.Obligation{{Kind: avow.Transform, Arg: "mask"}}})
	}
	return d
}

func TestZeroPermitGrantsNothing(t *testing.T) {
	t.Parallel()
	var p permit.Permit
	if p.Granted() || p.Len() != 0 || p.Covers("") || p.Verb() != avow.NoVerb || p.Subject() != "" || p.PolicyHash() != "" || p.Obligations("email") != nil {
		t.Errorf("the zero permit grants something: %+v", p)
	}
}

func TestMintOnlyWhatWasAllowed(t *testing.T) {
	t.Parallel()
	partly := allowed(2)
	partly.Rulings[1].Verdict = avow.Refuse
	none := request()
	none.Data = nil
	tests := map[string]struct {
		request  *avow.Request
		decision *avow.Decision
		granted  bool
	}{
		"allowed":           {request(), allowed(2), true},
		"zero decision":     {request(), &avow.Decision{}, false},
		"one datum unruled": {request(), allowed(1), false},
		"one refused":       {request(), partly, false},
		"no data":           {none, allowed(0), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := permit.Mint(tt.request, tt.decision).Granted(); got != tt.granted {
				t.Errorf("granted = %t, want %t", got, tt.granted)
			}
		})
	}
}

func TestPermitCannotBeWidenedAfterwards(t *testing.T) {
	t.Parallel()
	r, d := request(), allowed(2)
	p := permit.Mint(r, d)
	r.Data[0], r.Subject, d.Rulings[0].Obligations = "password", "other", nil
	p.Data()[1] = "password"
	if p.Covers("password") || !p.Covers("email") || !p.Covers("phone") || p.Subject() != "s" {
		t.Errorf("permit changed: data %v, subject changed %t", p.Data(), p.Subject() != "s")
	}
	if len(p.Obligations("email")) != 1 || p.Obligations("password") != nil {
		t.Errorf("obligations changed: %v", p.Obligations("email"))
	}
}
