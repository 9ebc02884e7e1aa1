package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/webhook"
)

func telling() *envelope.Telling {
	return &envelope.Telling{Type: envelope.ToldErased, Made: now, Policy: "club", Recipient: "map-maker", Leaf: [16]byte{7}, Data: []avow.Datum{"email"}, HandOvers: [][16]byte{{1}, {2}}}
}

func tells(t testing.TB, r http.Handler, key, id string, at time.Time, body []byte) int {
	t.Helper()
	raw, err := webhook.ParseSecret(key)
	must(t, err)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hook", bytes.NewReader(body))
	webhook.Sign(req.Header, raw, id, at, body)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w.Code
}

func toldReceiver(t testing.TB, told func(*webhook.Telling) error) *webhook.Receiver {
	t.Helper()
	_, v := logKey(t, 1)
	cfg := webhook.Config{Recipient: "map-maker", Secrets: []string{secret}, Logs: []note.Verifier{v}, Now: func() time.Time { return now }, Take: func(context.Context, *webhook.HandOver) error {
		t.Error("a telling was taken for a hand-over")
		return nil
	}}
	if told != nil {
		cfg.Told = func(_ context.Context, x *webhook.Telling) error { return told(x) }
	}
	r, err := webhook.New(cfg)
	must(t, err)
	return r
}

// TestTelling: what was erased arrives once, as it was written.
func TestTelling(t *testing.T) {
	t.Parallel()
	var got []*webhook.Telling
	full := errors.New("the disk is full")
	r := toldReceiver(t, func(x *webhook.Telling) error { got = append(got, x); return full })
	body, err := telling().Append()
	must(t, err)
	if code := tells(t, r, secret, "1", now, body); code != http.StatusServiceUnavailable {
		t.Errorf("status %d", code)
	}
	full = nil
	for range 3 {
		if code := tells(t, r, secret, "1", now, body); code != http.StatusNoContent {
			t.Errorf("status %d", code)
		}
	}
	if len(got) != 2 || got[1].ID != "1" || got[1].Type != envelope.ToldErased || len(got[1].HandOvers) != 2 || got[1].HandOvers[1] != [16]byte{2} || !got[1].Made.Equal(now) {
		t.Errorf("%+v", got)
	}
}

// TestTellingRefused: nothing is erased on the word of somebody else, or meant for
// somebody else, or of a receiver that does not listen to that.
func TestTellingRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		key    string
		at     time.Time
		meddle func(*envelope.Telling)
		body   func([]byte) []byte
		deaf   bool
		status int
	}{
		{name: "another key", key: older, status: 401},
		{name: "too old", at: now.Add(-webhook.SignedWithin - time.Second), status: 401},
		{name: "for somebody else", meddle: func(x *envelope.Telling) { x.Recipient = "host" }, status: 400},
		{name: "of no kind", body: func(b []byte) []byte { return bytes.Replace(b, []byte("avow.erased"), []byte("avow.guessed"), 1) }, status: 400},
		{name: "written otherwise", body: func(b []byte) []byte { return append([]byte(" "), b...) }, status: 400},
		{name: "with more in it", body: func(b []byte) []byte { return bytes.Replace(b, []byte(`{"type"`), []byte(`{"name":"Li","type"`), 1) }, status: 400},
		{name: "with a hand-over that is none", body: func(b []byte) []byte { return bytes.Replace(b, []byte("0100000000"), []byte("01000000XX"), 1) }, status: 400},
		{name: "to a receiver that does not listen", deaf: true, status: 501},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			taken := 0
			r := toldReceiver(t, func(*webhook.Telling) error { taken++; return nil })
			if c.deaf {
				r = toldReceiver(t, nil)
			}
			x := telling()
			if c.meddle != nil {
				c.meddle(x)
			}
			body, err := x.Append()
			must(t, err)
			if c.body != nil {
				body = c.body(body)
			}
			key, at := secret, now
			if c.key != "" {
				key = c.key
			}
			if !c.at.IsZero() {
				at = c.at
			}
			if code := tells(t, r, key, "1", at, body); code != c.status || taken != 0 {
				t.Errorf("status %d, taken %d", code, taken)
			}
		})
	}
}

// FuzzReadTelling: what is read is what would be written.
func FuzzReadTelling(f *testing.F) {
	body, err := telling().Append()
	must(f, err)
	f.Add(body)
	f.Add([]byte(strings.Replace(string(body), "avow.erased", "avow.corrected", 1)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		x, err := envelope.ReadTelling(raw)
		if err != nil {
			return
		}
		again, err := x.Append()
		if err != nil || !bytes.Equal(again, raw) {
			t.Errorf("%q comes out as %q, %v", raw, again, err)
		}
	})
}
