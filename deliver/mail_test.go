package deliver_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/deliver"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/internal/engine"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/mailbox"
	"avow.dev/webhook"
)

// count counts leaves of a kind.
func (w *world) count(kind evidence.Kind) int {
	w.t.Helper()
	state, err := w.Store().LogState(context.Background(), "club")
	must(w.t, err)
	bodies, err := w.Store().Leaves(context.Background(), "club", 0, state.Recorded)
	must(w.t, err)
	n := 0
	for _, b := range bodies {
		l, err := evidence.Parse(b)
		must(w.t, err)
		if l.Kind == kind {
			n++
		}
	}
	return n
}

// TestMail: a mail as it arrives.
func TestMail(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("li", item("email", "li@mail.example"))
	w.say("li", "offers", avow.Given)
	w.tell("li", gate.Message{Class: "marketing", Template: "news", Language: "zh", Params: notice.Params})
	w.deliver()
	mails := w.box.Mails()
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	m := mails[0]
	if m.To != "li@mail.example" || m.From != "privacy@haven.example" || m.Subject != "新消息" || m.Header.Get("Content-Language") != "zh" || m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("mail %+v", m)
	}
	stop := strings.Trim(m.Header.Get("List-Unsubscribe"), "<>")
	if !strings.HasPrefix(stop, "https://privacy.example/privacy/club/stop/") || m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" || !strings.Contains(m.Body, stop) {
		t.Errorf("how to stop it: %q, %q", stop, m.Header.Get("List-Unsubscribe-Post"))
	}
	for _, header := range []string{"Message-Id", "Date"} {
		if m.Header.Get(header) == "" {
			t.Errorf("no %s", header)
		}
	}
	if strings.Contains(m.Raw, "User-Agent") || strings.Contains(m.Raw, "text/html") {
		t.Error("the mail says more than it must")
	}
	// One click, as a mail program would make it.
	path := strings.TrimPrefix(stop, "https://privacy.example")
	local := "http://" + strings.TrimPrefix(w.listening(), "http://")
	get, err := http.Get(local + path)
	must(t, err)
	page, err := io.ReadAll(get.Body)
	must(t, err)
	get.Body.Close()
	if get.StatusCode != 200 || !strings.Contains(string(page), "<form method=\"post\">") || strings.Contains(string(page), "li@mail.example") {
		t.Errorf("the page: %d %s", get.StatusCode, page)
	}
	w.tell("li", gate.Message{Class: "marketing", Template: "news", Params: notice.Params, NotBefore: w.Now().Add(time.Hour)})
	clicked, err := http.PostForm(local+path, url.Values{"List-Unsubscribe": {"One-Click"}})
	must(t, err)
	clicked.Body.Close()
	if clicked.StatusCode != 200 {
		t.Errorf("the click: %d", clicked.StatusCode)
	}
	w.Pass(2 * time.Hour)
	w.deliver()
	if n := len(w.box.Mails()); n != 1 {
		t.Errorf("%d mails, of which one waited when it was stopped", n)
	}
	gone, err := http.Get(local + path[:len(path)-32] + strings.Repeat("A", 32))
	must(t, err)
	gone.Body.Close()
	if gone.StatusCode != http.StatusNotFound {
		t.Errorf("another token: %d", gone.StatusCode)
	}
	for _, secret := range []string{"li@mail.example", path[len(path)-20:], "新消息"} {
		if strings.Contains(w.Log.String(), secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
}

// listening is where the door really is: its public address is another.
func (w *world) listening() string {
	w.t.Helper()
	for line := range strings.Lines(w.Log.String()) {
		if _, after, ok := strings.Cut(line, `msg="door open" address=`); ok {
			return strings.Fields(after)[0]
		}
	}
	w.t.Fatal("the door did not say where it is")
	return ""
}

// TestMailAnswers: what becomes of a mail by what the server says.
func TestMailAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		code        int
		mails       int // once the server takes everything again
		sent, given int
	}{
		{"taken", 0, 1, 1, 0},
		{"not now", 450, 1, 1, 0},
		{"no such mailbox", 550, 0, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.join("li", item("email", "li@mail.example"))
			if c.code != 0 {
				w.box.Answer(func(string) error { return mailbox.Refuse(c.code) })
			}
			w.tell("li", notice)
			w.deliver()
			w.box.Answer(nil)
			w.Pass(time.Minute)
			w.deliver()
			if n := len(w.box.Mails()); n != c.mails {
				t.Errorf("%d mails, want %d", n, c.mails)
			}
			if sent, given := w.count(evidence.MessageSent), w.count(evidence.MessageFailed); sent != c.sent || given != c.given {
				t.Errorf("evidence: %d sent, %d given up", sent, given)
			}
			if c.code == 550 { // the address is left alone from now on
				w.tell("li", notice)
				w.deliver()
				if n := len(w.box.Mails()); n != 0 {
					t.Errorf("%d mails to a dead address", n)
				}
			}
			if strings.Contains(w.Log.String(), "mail.example") {
				t.Error("the log holds the address")
			}
		})
	}
}

// TestMailServerGone: while nobody answers the mail waits, and arrives later.
func TestMailServerGone(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("li", item("email", "li@mail.example"))
	must(t, w.box.Close())
	w.tell("li", notice)
	w.deliver()
	if n := w.count(evidence.MessageFailed); n != 0 {
		t.Errorf("given up after one try")
	}
	if strings.Contains(w.Log.String(), "mail.example") {
		t.Error("the log holds the address")
	}
}

// TestMailNeedsTLS: a server that offers no TLS gets nothing, and one whose
// certificate is not trusted neither.
func TestMailNeedsTLS(t *testing.T) {
	t.Parallel()
	plain := enginetest.OpenPostbox(t, mailbox.Options{})
	trusted := enginetest.OpenPostbox(t, mailbox.Options{TLS: true})
	for _, c := range []struct {
		name string
		cfg  deliver.MailConfig
	}{
		{"no TLS offered", deliver.MailConfig{Server: "smtp://" + plain.Addr(), From: "a@b.example"}},
		{"strange certificate", deliver.MailConfig{Server: "smtp://" + trusted.Addr(), From: "a@b.example"}},
		{"no TLS from the start", deliver.MailConfig{Server: "smtps://" + plain.Addr(), From: "a@b.example", Timeout: time.Second}},
	} {
		m, err := deliver.NewMail(c.cfg)
		must(t, err)
		err = m.Carry(t.Context(), &deliver.Letter{ID: "1", Policy: "club", To: "li@mail.example", Subject: "s", Body: "b", From: "Club"})
		if err == nil || errors.Is(err, deliver.ErrDead) || strings.Contains(err.Error(), "li@") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if len(plain.Mails())+len(trusted.Mails()) != 0 {
		t.Error("a mail got through")
	}
}

// TestMailSignIn: the server's password is used, and never said.
func TestMailSignIn(t *testing.T) {
	t.Parallel()
	box := enginetest.OpenPostbox(t, mailbox.Options{TLS: true, User: "post", Password: "Sesame-77-open"})
	for _, c := range []struct {
		password string
		mails    int
	}{{"wrong-Sesame", 0}, {"Sesame-77-open", 1}} {
		m, err := deliver.NewMail(deliver.MailConfig{Server: "smtp://" + box.Addr(), From: "a@b.example", TLS: box.TLS(), User: "post", Password: c.password})
		must(t, err)
		err = m.Carry(t.Context(), &deliver.Letter{ID: "1", Policy: "club", To: "li@mail.example", Subject: "s", Body: "b", From: "Club"})
		m.Rest()
		if (err == nil) != (c.mails == 1) || errors.Is(err, deliver.ErrDead) || err != nil && strings.Contains(err.Error(), c.password) {
			t.Errorf("%s: %v", c.password, err)
		}
		if n := len(box.Mails()); n != c.mails {
			t.Errorf("%d mails", n)
		}
	}
}

func TestMailConfig(t *testing.T) {
	t.Parallel()
	for _, bad := range []deliver.MailConfig{
		{}, {Server: "smtp://mail.example"}, {Server: "smtp://mail.example", From: "nobody"}, {Server: "http://mail.example", From: "a@b.example"},
		{Server: "smtp+plain://mail.example", From: "a@b.example"}, {Server: "smtp://user:secret@mail.example", From: "a@b.example"}, {Server: "smtp://mail.example/x", From: "a@b.example"},
	} {
		if _, err := deliver.NewMail(bad); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", bad.Server, err)
		}
	}
}

// TestKilledBetween: a process that dies after the server has taken the mail over
// and before that was noted sends it again, under the same Message-ID.
func TestKilledBetween(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("li", item("email", "li@mail.example"))
	var d *gate.Delivery
	for range 20 { // until the engine's own caretaker, which comes by every few seconds, is not quicker
		later := notice
		later.NotBefore = w.Now().Add(time.Hour)
		w.tell("li", later)
		w.deliver()
		w.Pass(time.Hour) // nothing wakes the caretaker now
		due, err := w.Gate().DueMessages(t.Context(), "club", 10)
		must(t, err)
		if len(due) != 1 {
			continue
		}
		if d, err = w.Gate().TakeMessage(t.Context(), due[0]); d != nil {
			break
		}
		must(t, err)
	}
	if d == nil {
		t.Fatal("the message was never ours")
	}
	m, err := deliver.NewMail(*w.Config.Post.Mail)
	must(t, err)
	must(t, m.Carry(t.Context(), &deliver.Letter{ID: d.ID, Policy: d.Policy, To: string(d.To.Expose()), Subject: d.Text.Subject, Body: d.Text.Body, From: "Haven Walking Club"}))
	m.Rest()
	mails := w.box.Mails()
	id := mails[len(mails)-1].Header.Get("Message-Id")
	sent := func() (n int) {
		for _, mail := range w.box.Mails() {
			if mail.Header.Get("Message-Id") == id {
				n++
			}
		}
		return n
	}
	w.Reopen()
	w.deliver()
	if n := sent(); n != 1 {
		t.Errorf("%d mails while somebody may still be at it", n)
	}
	w.Pass(gate.Lease)
	w.deliver()
	if n := sent(); n != 2 {
		t.Errorf("%d mails", n)
	}
}

var key = []byte("0123456789abcdef0123456789abcdef")

// TestGateways: text messages and push notifications by plain HTTP.
func TestGateways(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		dead   bool
		ok     bool
	}{{200, false, true}, {202, false, true}, {404, true, false}, {410, true, false}, {422, true, false}, {401, false, false}, {429, false, false}, {500, false, false}, {302, false, false}} {
		var got []byte
		var header http.Header
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got, _ = io.ReadAll(r.Body)
			header = r.Header
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(c.status)
		}))
		d, err := deliver.NewSMS(deliver.GatewayConfig{URL: srv.URL, Key: key})
		must(t, err)
		at := time.Unix(1700000000, 0)
		err = d.Carry(t.Context(), &deliver.Letter{ID: "m1", To: "+8613800001111", Short: "hello", Language: "en", At: at})
		srv.Close()
		if (err == nil) != c.ok || errors.Is(err, deliver.ErrDead) != c.dead || err != nil && strings.Contains(err.Error(), "138") {
			t.Errorf("status %d: %v", c.status, err)
		}
		if string(got) != `{"id":"m1","to":"+8613800001111","text":"hello","language":"en"}` || header.Get("Idempotency-Key") != "m1" {
			t.Errorf("body %s", got)
		}
		if !webhook.Signed(header, key, at, got) || webhook.Signed(header, key, at, append(got, ' ')) || webhook.Signed(header, []byte("another key, as long"), at, got) || webhook.Signed(header, key, at.Add(time.Hour), got) {
			t.Error("the signature does not hold what it should")
		}
	}
	for _, bad := range []deliver.GatewayConfig{{}, {URL: "https://sms.example"}, {URL: "http://sms.example", Key: key}, {URL: "https://u:p@sms.example", Key: key}, {URL: "ftp://sms.example", Key: key}} {
		if _, err := deliver.NewPush(bad); err == nil {
			t.Errorf("%s is taken", bad.URL)
		}
	}
}

// TestNoInside: a webhook on our own network gets nothing, and nobody learns more
// from trying.
func TestNoInside(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer inside.Close()
	w := setup(t, engine.Post{})
	_, err := w.Gate().TellOffice(t.Context(), "club", &gate.Notice{To: inside.URL, Secret: key, Template: "proof-broken", Params: notice.Params})
	must(t, err)
	w.deliver()
	if asked.Load() != 0 {
		t.Error("it was reached")
	}
	if w.count(evidence.MessageSent) != 0 {
		t.Error("it counts as sent")
	}
}
