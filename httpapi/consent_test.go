package httpapi_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"avow.dev/consent"
	"avow.dev/evidence"
	"avow.dev/httpapi"
	"avow.dev/ledger"
	"avow.dev/policy/vocab"
)

const shownWords = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func (w *world) records(ref string) consent.Receipt {
	w.t.Helper()
	out := decode[httpapi.ConsentRecords](w.t, w.post("consent-records", `{"subject":"`+ref+`"}`, 200))
	var doc consent.Receipt
	must(w.t, json.Unmarshal(out.Document, &doc))
	return doc
}

// TestConsentRecords: what somebody said can be checked offline, by the record and
// the receipt of its leaf, and a changed record is noticed.
func TestConsentRecords(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("li", "li@mail.example", "13800001111")
	w.post("agreements", `{"subject":"li","language":"zh","gesture":"tap","origin":"settings/offers","words_sha256":"`+shownWords+`","choices":[{"choice":"offers","state":"given"}]}`, 200)
	w.pass(time.Hour)
	w.post("agreements", `{"subject":"li","language":"en","choices":[{"choice":"offers","state":"withdrawn"}]}`, 200)
	w.seal()
	doc := w.records("li")
	if doc.Type != "dpv:ConsentReceipt" || doc.ConformsTo != consent.ReceiptProfile || len(doc.Records) != 2 {
		t.Fatalf("%+v", doc)
	}
	given, withdrawn := doc.Records[0], doc.Records[1]
	if given.Status != "dpv:ConsentGiven" || given.Duration != "P1Y" || given.Notice.Language != "zh" || given.Notice.Words != "sha256:"+shownWords ||
		given.Method != (consent.Method{Gesture: "tap", Origin: "settings/offers"}) || given.Controller.Name != "海湾徒步俱乐部" || given.LegalBasis != "dpv:ExpressedConsent" {
		t.Errorf("%+v", given)
	}
	if withdrawn.Status != "dpv:ConsentWithdrawn" || len(withdrawn.Process) != 1 || withdrawn.Process[0].Purpose == "" {
		t.Errorf("%+v", withdrawn)
	}
	for i := range doc.Records {
		leaf := w.verified(&doc.Records[i])
		must(t, doc.Records[i].Check(leaf))
		for name, change := range map[string]func(*consent.Record){
			"state": func(r *consent.Record) { r.Status = "dpv:ConsentRefused" }, "time": func(r *consent.Record) { r.At = r.At.Add(time.Second) },
			"words": func(r *consent.Record) { r.Notice.Words = "sha256:" + strings.Repeat("00", 31) + "01" }, "choice": func(r *consent.Record) { r.Choice = "position" },
			"language": func(r *consent.Record) { r.Notice.Language = "fr" }, "gesture": func(r *consent.Record) { r.Method.Gesture = "click" },
			"origin": func(r *consent.Record) { r.Method.Origin = "elsewhere" }, "policy": func(r *consent.Record) { r.Policy = "sha256:00" },
			"version": func(r *consent.Record) { r.Notice.Version = "9" }, "leaf": func(r *consent.Record) { r.Leaf.ID = strings.Repeat("0", 32) },
			"person": func(r *consent.Record) { r.Opening.Pseudonym = r.Opening.Salt },
		} {
			changed := doc.Records[i]
			change(&changed)
			if err := changed.Check(leaf); !errors.Is(err, consent.ErrRecord) {
				t.Errorf("another %s: %v", name, err)
			}
		}
	}
}

// verified returns the leaf of a record after its receipt was checked offline.
func (w *world) verified(r *consent.Record) *evidence.Leaf {
	w.t.Helper()
	raw := w.do("GET", strings.TrimPrefix(r.Leaf.Proof, "https://privacy.example"), "", "").Body.Bytes()
	proof, err := ledger.ParseReceipt(raw)
	must(w.t, err)
	v, err := ledger.ParseVerifier(w.key.Public())
	must(w.t, err)
	_, err = proof.Verify(proof.Extra, v)
	must(w.t, err)
	l, err := evidence.Parse(proof.Extra)
	must(w.t, err)
	return &l
}

// TestConsentTerms: every term that a record uses is one of the vocabulary, or a
// property of DPV that the profile names.
func TestConsentTerms(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	for _, r := range w.records("user-1024").Records {
		terms := []string{r.Status, r.LegalBasis}
		for _, p := range r.Process {
			terms = append(terms, p.Purpose)
			for _, d := range p.Data {
				terms = append(terms, d.Type)
			}
		}
		for _, term := range terms {
			if _, ok := vocab.IRI(term); !ok {
				t.Errorf("%s is no term", term)
			}
		}
	}
}

// TestMayAsk: a no is respected for as long as the policy says.
func TestMayAsk(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("li", "li@mail.example", "13800001111")
	may := func(choice string) httpapi.MayAsk {
		return decode[httpapi.MayAsk](t, w.post("choices/may-ask", `{"subject":"li","choice":"`+choice+`"}`, 200))
	}
	say := func(choice, state string) {
		w.post("agreements", `{"subject":"li","choices":[{"choice":"`+choice+`","state":"`+state+`"}]}`, 200)
	}
	if m := may("offers"); !m.Ask || m.State != "not-asked" {
		t.Errorf("never asked: %+v", m)
	}
	say("offers", "given")
	if m := may("offers"); m.Ask || !m.After.Equal(w.clock().AddDate(1, 0, 0)) {
		t.Errorf("a yes that runs: %+v", m)
	}
	w.now.Store(w.clock().AddDate(1, 0, 0).UnixNano())
	if m := may("offers"); !m.Ask {
		t.Errorf("a yes that ran out: %+v", m)
	}
	say("offers", "refused")
	if m := may("offers"); m.Ask || !m.After.Equal(w.clock().AddDate(1, 0, 0)) {
		t.Errorf("a no: %+v", m)
	}
	w.now.Store(w.clock().AddDate(1, 0, 0).Add(-time.Second).UnixNano())
	if m := may("offers"); m.Ask {
		t.Errorf("a no, a second before its year is over: %+v", m)
	}
	w.pass(time.Second)
	if m := may("offers"); !m.Ask {
		t.Errorf("a no, a year later: %+v", m)
	}
	say("position", "refused")
	w.now.Store(w.clock().AddDate(5, 0, 0).UnixNano())
	if m := may("position"); m.Ask || !m.After.IsZero() {
		t.Errorf("a no to something without an end: %+v", m)
	}
}
