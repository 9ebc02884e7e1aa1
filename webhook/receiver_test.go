package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/ledger"
	"avow.dev/webhook"
)

const (
	logName = "example.com/log/club"
	secret  = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
	older   = "whsec_b2xkZXIgYW5kIGFzIGxvbmcgYXMgdGhlIG5ldyBvbmUu"
)

var now = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func logKey(t testing.TB, seed byte) (note.Signer, note.Verifier) {
	t.Helper()
	k, err := ledger.KeyFromSeed(logName, bytes.Repeat([]byte{seed}, 32))
	must(t, err)
	s, err := k.Signer()
	must(t, err)
	v, err := k.Verifier()
	must(t, err)
	return s, v
}

// sent is a request as the sender makes it, before somebody meddles with it.
type sent struct {
	id, key string
	at      time.Time
	log     byte // seed of the log's key
	e       envelope.Envelope
	fields  []envelope.Field
	payload func([]byte) []byte // what becomes of it between envelope and signature
	body    func([]byte) []byte // and of the body after the signature
	header  func(http.Header)
}

func genuine() *sent {
	return &sent{id: "00ff", key: secret, at: now, log: 1, fields: []envelope.Field{{Datum: "email", Value: []byte("li@mail.example")}},
		e: envelope.Envelope{ID: [16]byte{1}, Log: logName, Recipient: "map-maker", Made: now, Until: now.AddDate(0, 1, 0), Policy: "club", Hash: "sha256:" + avow.Hash(strings.Repeat("ab", 32)),
			Verb: avow.Share, Purposes: []avow.Purpose{"marketing"}, Fields: []avow.Datum{"email"}}}
}

func (s *sent) request(t testing.TB) *http.Request {
	t.Helper()
	payload, sum, err := envelope.Seal(s.fields)
	must(t, err)
	s.e.Payload = sum
	signer, _ := logKey(t, s.log)
	text, err := envelope.Sign(&s.e, signer)
	must(t, err)
	if s.payload != nil {
		payload = s.payload(payload)
	}
	body, err := envelope.Bundle(text, payload, s.at)
	must(t, err)
	key, err := webhook.ParseSecret(s.key)
	must(t, err)
	h := http.Header{}
	webhook.Sign(h, key, s.id, s.at, body)
	if s.body != nil {
		body = s.body(bytes.Clone(body))
	}
	if s.header != nil {
		s.header(h)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hook", bytes.NewReader(body))
	r.Header = h
	return r
}

// taken is a receiver and what it took.
type taken struct {
	*webhook.Receiver
	mu  sync.Mutex
	all []webhook.HandOver
	at  time.Time
	err error // what taking answers
}

func receiver(t testing.TB) *taken {
	t.Helper()
	out := &taken{at: now}
	_, v := logKey(t, 1)
	var err error
	out.Receiver, err = webhook.New(webhook.Config{Recipient: "map-maker", Secrets: []string{secret, older}, Logs: []note.Verifier{v}, Now: func() time.Time { return out.at },
		Take: func(_ context.Context, h *webhook.HandOver) error {
			out.mu.Lock()
			defer out.mu.Unlock()
			if out.err != nil {
				return out.err
			}
			out.all = append(out.all, *h)
			return nil
		}})
	must(t, err)
	return out
}

func (r *taken) answer(req *http.Request) int {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w.Code
}

func TestReceiver(t *testing.T) {
	t.Parallel()
	r := receiver(t)
	for _, key := range []string{secret, older} {
		s := genuine()
		s.id, s.key = "id of "+key, key
		if code := r.answer(s.request(t)); code != http.StatusNoContent {
			t.Fatalf("status %d", code)
		}
	}
	if len(r.all) != 2 {
		t.Fatalf("%d taken", len(r.all))
	}
	h := r.all[0]
	if h.ID != "id of "+secret || len(h.Fields) != 1 || string(h.Fields[0].Value) != "li@mail.example" || !h.Envelope.For("marketing") || h.Text == "" {
		t.Errorf("%+v", h)
	}
}

// TestReceiverRefuses: nothing is taken that is not genuine, whole, lately sent and
// for this recipient.
func TestReceiverRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		meddle func(*sent)
		why    error
		status int
	}{
		{"signed by nobody", func(s *sent) { s.header = func(h http.Header) { h.Del("Webhook-Signature") } }, webhook.ErrSignature, 401},
		{"signed with another key", func(s *sent) { s.key = "whsec_" + strings.Repeat("A", 44) }, webhook.ErrSignature, 401},
		{"signed in an older way", func(s *sent) {
			s.header = func(h http.Header) { h.Set("Webhook-Signature", "v0"+h.Get("Webhook-Signature")[2:]) }
		}, webhook.ErrSignature, 401},
		{"without an id", func(s *sent) { s.id = "" }, webhook.ErrSignature, 401},
		{"under another id", func(s *sent) { s.header = func(h http.Header) { h.Set("Webhook-Id", "another") } }, webhook.ErrSignature, 401},
		{"too old", func(s *sent) { s.at = now.Add(-webhook.SignedWithin - time.Second) }, webhook.ErrSignature, 401},
		{"from the future", func(s *sent) { s.at = now.Add(webhook.SignedWithin + time.Second) }, webhook.ErrSignature, 401},
		{"made younger", func(s *sent) {
			s.at = now.Add(-time.Hour)
			s.header = func(h http.Header) { h.Set("Webhook-Timestamp", fmt.Sprint(now.Unix())) }
		}, webhook.ErrSignature, 401},
		{"an altered value", func(s *sent) {
			s.body = func(b []byte) []byte { return bytes.Replace(b, []byte("li@mail"), []byte("bo@mail"), 1) }
		}, webhook.ErrSignature, 401},
		{"another payload, by whoever knows the key", func(s *sent) {
			s.payload = func(b []byte) []byte { return bytes.Replace(b, []byte("li@mail"), []byte("bo@mail"), 1) }
		}, envelope.ErrPayload, 400},
		{"no hand-over", func(s *sent) {
			s.header = func(h http.Header) {
				key, _ := webhook.ParseSecret(secret)
				webhook.Sign(h, key, "1", now, []byte(`{"type":"ping"}`))
			}
			s.body = func([]byte) []byte { return []byte(`{"type":"ping"}`) }
		}, envelope.ErrForm, 400},
		{"signed by another log", func(s *sent) { s.log = 2 }, envelope.ErrSignature, 400},
		{"for somebody else", func(s *sent) { s.e.Recipient = "host" }, webhook.ErrRecipient, 400},
		{"over", func(s *sent) { s.e.Made, s.e.Until = now.Add(-2*time.Hour), now }, envelope.ErrOver, 400},
		{"a field that the envelope does not name", func(s *sent) { s.fields[0].Datum = "phone" }, envelope.ErrForm, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, r := genuine(), receiver(t)
			c.meddle(s)
			req := s.request(t)
			body, err := io.ReadAll(req.Body)
			must(t, err)
			if _, err := r.Open(req.Header, body); !errors.Is(err, c.why) || strings.Contains(err.Error(), "mail.example") {
				t.Errorf("%v, want %v", err, c.why)
			}
			req.Body = io.NopCloser(bytes.NewReader(body))
			if code := r.answer(req); code != c.status || len(r.all) != 0 {
				t.Errorf("status %d, taken %d", code, len(r.all))
			}
		})
	}
}

// TestReceiverTakesOnce: a replay, and the sender's own repetition, are answered and
// not taken again; what could not be taken is.
func TestReceiverTakesOnce(t *testing.T) {
	t.Parallel()
	r := receiver(t)
	r.err = errors.New("the disk is full")
	if code := r.answer(genuine().request(t)); code != http.StatusServiceUnavailable {
		t.Errorf("status %d", code)
	}
	r.err = nil
	for range 3 {
		if code := r.answer(genuine().request(t)); code != http.StatusNoContent {
			t.Errorf("status %d", code)
		}
	}
	r.at = now.Add(3 * 24 * time.Hour)
	late := genuine()
	late.at = r.at
	if code := r.answer(late.request(t)); code != http.StatusNoContent || len(r.all) != 1 {
		t.Errorf("status %d, taken %d times", code, len(r.all))
	}
	other := genuine()
	other.id, other.at = "00fe", r.at
	r.err = webhook.ErrRepeated // as somebody says who kept it before a restart
	if code := r.answer(other.request(t)); code != http.StatusNoContent || len(r.all) != 1 {
		t.Errorf("status %d", code)
	}
}

// TestReceiverAtOnce: of several at once one is taken, and nobody is told that it was
// before it was.
func TestReceiverAtOnce(t *testing.T) {
	t.Parallel()
	_, v := logKey(t, 1)
	taking, go_ := make(chan struct{}), make(chan struct{})
	r, err := webhook.New(webhook.Config{Recipient: "map-maker", Secrets: []string{secret}, Logs: []note.Verifier{v}, Now: func() time.Time { return now },
		Take: func(context.Context, *webhook.HandOver) error {
			close(taking)
			<-go_
			return nil
		}})
	must(t, err)
	first, second := genuine().request(t), genuine().request(t)
	codes := make(chan int)
	go func() {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, first)
		codes <- w.Code
	}()
	<-taking
	w := httptest.NewRecorder()
	r.ServeHTTP(w, second)
	close(go_)
	if code := <-codes; code != http.StatusNoContent || w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d, and meanwhile %d", code, w.Code)
	}
}

func TestReceiverNeeds(t *testing.T) {
	t.Parallel()
	_, v := logKey(t, 1)
	full := webhook.Config{Recipient: "a", Secrets: []string{secret}, Logs: []note.Verifier{v}, Now: time.Now, Take: func(context.Context, *webhook.HandOver) error { return nil }}
	for name, change := range map[string]func(*webhook.Config){
		"recipient": func(c *webhook.Config) { c.Recipient = "" },
		"secret":    func(c *webhook.Config) { c.Secrets = nil },
		"key":       func(c *webhook.Config) { c.Secrets = []string{"whsec_c2hvcnQ="} },
		"log":       func(c *webhook.Config) { c.Logs = nil },
		"clock":     func(c *webhook.Config) { c.Now = nil },
		"take":      func(c *webhook.Config) { c.Take = nil },
	} {
		c := full
		change(&c)
		if _, err := webhook.New(c); err == nil || strings.Contains(err.Error(), "c2hvcnQ") {
			t.Errorf("without %s: %v", name, err)
		}
	}
	r := receiver(t)
	for _, method := range []string{http.MethodGet, http.MethodPut} {
		if code := r.answer(httptest.NewRequestWithContext(t.Context(), method, "/", nil)); code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, code)
		}
	}
	huge := genuine().request(t)
	huge.Body = io.NopCloser(io.LimitReader(zeros{}, envelope.MostBundle+1))
	if code := r.answer(huge); code != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge body: %d", code)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
