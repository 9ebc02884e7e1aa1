package officer_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/internal/passkey"
	"avow.dev/internal/passkey/passkeytest"
)

// together is a store in which two read what a passkey has counted before either goes on.
type together struct {
	officer.Store
	mu   sync.Mutex
	left int
	both chan struct{}
}

func (s *together) Get(ctx context.Context, sid int64, kind string, key []byte) (gate.Record, bool, error) {
	rec, ok, err := s.Store.Get(ctx, sid, kind, key)
	if kind != "officer-passkey-use" {
		return rec, ok, err
	}
	s.mu.Lock()
	if s.left > 0 {
		if s.left--; s.left == 0 {
			close(s.both)
		}
	}
	s.mu.Unlock()
	<-s.both
	return rec, ok, err
}

// TestTwoAtOnceByOnePasskey: of a device and its copy that have counted to the same, one is
// let in, also if both come at once; and then the passkey is shut.
func TestTwoAtOnceByOnePasskey(t *testing.T) {
	t.Parallel()
	w := withPasskeys(t)
	w.join("ada", "ada", officer.Lawyer)
	d := passkeytest.New(t, address)
	w.add(w.enter("ada"), d)
	if _, _, err := w.show(d); err != nil {
		t.Fatal(err)
	}
	site, err := passkey.At(address, "Avow")
	must(t, err)
	race := &together{Store: w.store, left: 2, both: make(chan struct{})}
	w.Keeper = officer.New(race, w.clock, 2)
	w.UsePasskeys(site)
	var browsers [2]string
	var answers [2][]byte
	for i := range answers {
		a, err := w.AskPasskey(t.Context(), "192.0.2.1")
		must(t, err)
		d.Rewind(5)
		browsers[i], answers[i] = a.Browser, d.Show(a.Options)
	}
	var errs [2]error
	var both sync.WaitGroup
	for i := range answers {
		both.Go(func() { _, _, errs[i] = w.SignInByPasskey(t.Context(), browsers[i], answers[i], "") })
	}
	both.Wait()
	in, copied := 0, 0
	for _, err := range errs {
		switch {
		case err == nil:
			in++
		case errors.Is(err, officer.ErrCopied):
			copied++
		}
	}
	if in != 1 || copied != 1 {
		t.Errorf("the two are told %v", errs)
	}
	if _, _, err := w.show(d); !errors.Is(err, officer.ErrCopied) {
		t.Errorf("the passkey signs in all the same: %v", err)
	}
}
