package gate_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/policy"
)

// For any rule: one tick before its end the value is shown, at the end it is not,
// and the sweep of that hour takes it away, with evidence that names the rule.
func TestRetentionToTheTick(t *testing.T) {
	t.Parallel()
	for seed := range 24 {
		n := rapid.IntRange(1, 40).Example(seed)
		unit := rapid.SampledFrom([]string{"h", "d", "w", "mo", "y"}).Example(seed + 100)
		event := rapid.SampledFrom([]string{"collected", "account-closed", "relationship-ended", "purpose-fulfilled", "delivered", "last-used"}).Example(seed + 200)
		late := time.Duration(rapid.Int64Range(0, int64(100*time.Hour)).Example(seed + 300))
		t.Run(fmt.Sprintf("%d%s after %s, %s late", n, unit, event, late), func(t *testing.T) {
			t.Parallel()
			retainsUntil(t, n, unit, event, late)
		})
	}
}

func retainsUntil(t *testing.T, n int, unit, event string, late time.Duration) {
	w := setupProgram(t, house(t, "keep: 3d after delivered, then: anonymise, form: only-length", fmt.Sprintf("keep: %d%s after %s, then: erase", n, unit, event)))
	must(t, w.joinHouse("li", item("name", "Li")))
	_, err := w.Collect(t.Context(), &gate.Collecting{Request: avow.Request{Policy: "club", Subject: "li", Purpose: "deliver", Point: "profile-page", Source: "person"},
		Items: []gate.Item{item("parcel", "Road 1")}})
	must(t, err)
	start := w.clock()
	if event != "collected" && event != "last-used" {
		w.pass(late)
		start = w.clock()
		if event == "account-closed" {
			_, err = w.Close(t.Context(), "club", "li")
		} else {
			_, err = w.Happened(t.Context(), "club", "li", event, nil)
		}
		must(t, err)
	}
	rule, _ := w.program.RetainRule("keep-parcel")
	end := policy.After(start, rule.Keep)
	w.now.Store(end.Add(-time.Nanosecond).UnixNano())
	w.sweep()
	if got := w.has("li", "parcel"); len(got) != 1 {
		t.Fatalf("%d%s after %s: gone one tick before the end", n, unit, event)
	}
	w.now.Store(end.UnixNano())
	if got := w.has("li", "parcel"); len(got) != 0 {
		t.Fatalf("%d%s after %s: shown at the end", n, unit, event)
	}
	if swept := w.sweep(); swept.Expired == 0 {
		t.Fatalf("%d%s after %s: %+v", n, unit, event, swept)
	}
	found := false
	for _, l := range w.leaves() {
		found = found || l.Kind == evidence.Expired && strings.Contains(fmt.Sprint(l.Rules), "keep-parcel")
	}
	if !found {
		t.Fatal("no evidence of the end")
	}
}

func TestAnonymisedFormsStay(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	w.play("accept · collect parcel=Road_1 deliver profile-page walks · happened delivered@1d · sweep@5d · holds parcel")
	recs, err := w.store.Scan(t.Context(), 0, "loose/club/parcel", nil, 10)
	must(t, err)
	if len(recs) != 1 || !strings.Contains(string(recs[0].Body), "******") || strings.Contains(string(recs[0].Body), "Road") {
		t.Errorf("%d statistics", len(recs))
	}
	w.pass(10000 * 24 * time.Hour)
	w.sweep()
	if recs, err = w.store.Scan(t.Context(), 0, "loose/club/parcel", nil, 10); err != nil || len(recs) != 1 {
		t.Error("a statistic was swept away")
	}
}

// Items whose clock starts with an event of the person go too, though nobody
// looked at them in between.
func TestItemsFollowEvents(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t, "keep: 24h after collected", "keep: 24h after account-closed", ", every: 5m", ""))
	w.play("accept · collect steps=1 show-walks profile-page walks · collect steps=2 show-walks profile-page walks@1s · sweep@400d · holds steps 1 2 · close · sweep · sweep@402d")
	if n := w.count(evidence.Expired); n != 1 {
		t.Errorf("%d expiries", n)
	}
	// Nothing is left of somebody who closed: the person is gone too.
	if n := w.count(evidence.EraseDone); n != 2 {
		t.Errorf("%d erasures", n)
	}
	w.play("accept · collect steps=1 show-walks profile-page walks")
}

// One damaged person keeps nobody else's data alive.
func TestSweepGoesOn(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	var all sync.WaitGroup
	for i := range 300 {
		all.Go(func() {
			ref := avow.SubjectRef(fmt.Sprint("user-", i))
			if err := w.joinHouse(ref, item("name", "Li")); err != nil {
				t.Error(err)
			}
			if _, err := w.Close(t.Context(), "club", ref); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	row, ok, err := w.store.Load(t.Context(), 7)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	row.Version++
	row.Body = []byte("damaged")
	_, err = w.store.Commit(t.Context(), &gate.Change{Policy: "club", Update: &row})
	must(t, err)
	w.pass(30 * 24 * time.Hour)
	n, err := w.Sweep(t.Context())
	if err == nil || n.Failed != 1 || n.Expired != 299 || n.Erased != 299 || n.Cleared != 299 {
		t.Errorf("%+v %v", n, err)
	}
	n, err = w.Sweep(t.Context())
	if err == nil || n.Failed != 1 || n.People != 0 {
		t.Errorf("again %+v %v", n, err)
	}
}

func TestLastUsed(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t, "keep: 3d after delivered, then: anonymise, form: only-length", "keep: 3d after last-used, then: erase"))
	w.play("accept · collect parcel=Road_1 deliver profile-page walks · use parcel deliver desk@2d · sweep@4d · holds parcel Road_1 · sweep@6d · holds parcel")
}

func TestClosingErasesEverything(t *testing.T) {
	t.Parallel()
	all := house(t, "on: [request]", "on: [request, account-closed]")
	w := setupProgram(t, all)
	w.play("accept · collect email=li@mail.example manage-account sign-up account · close · use email manage-account desk → no-account not-accepted")
	if w.count(evidence.Closed) != 1 || w.count(evidence.EraseDone) != 1 {
		t.Error("not erased")
	}
	// Under a hold the relationship ends at once, and the erasure waits.
	w = setupProgram(t, all)
	w.play("accept · collect email=li@mail.example manage-account sign-up account · hold 10d · close@1d · sweep@9d · holds email li@mail.example · sweep@10d · accept@11d")
	if w.count(evidence.Closed) != 1 || w.count(evidence.EraseIntended) != 1 || w.count(evidence.EraseDone) != 1 {
		t.Error("not erased after the hold")
	}
}

func TestClockDoesNotGoBack(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	w.play("accept@2h · give offers@1h59m")
	all := w.leaves()
	for i := 1; i < len(all); i++ {
		if all[i].At.Before(all[i-1].At) {
			t.Errorf("leaf %d is earlier than the one before it", i)
		}
	}
	w.restart()
	w.play("withdraw offers@1h58m")
	if l := w.last(); l.At.Before(all[len(all)-1].At) {
		t.Error("time went back over a restart")
	}
	w.cfg.Steady = true
	w.restart()
	w.play("give offers@3h · withdraw offers@90m → error unavailable · give offers@2h")
	w.now.Store(began.Add(90 * time.Minute).UnixNano()) // set right, and started again
	w.restart()
	w.play("withdraw offers")
}

// A person is found by the last of many values until its time is over.
func TestFoundByTheLastOfMany(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t, "type: number, many: true", "type: number, many: true, lookup: true"))
	find := func(v string) string {
		ref, err := w.Find(t.Context(), "club", item("steps", v))
		if err != nil {
			return codes(err)
		}
		return string(ref)
	}
	w.play("accept · collect steps=1001 show-walks profile-page walks · collect steps=1002 show-walks profile-page walks@2h · sweep@25h · holds steps 1002")
	if got := find("1002"); got != "li" {
		t.Errorf("found %s", got)
	}
	if got := find("1001"); got != "error unknown" {
		t.Errorf("found %s", got)
	}
	w.play("sweep@27h")
	if got := find("1002"); got != "error unknown" {
		t.Errorf("found %s", got)
	}
}
