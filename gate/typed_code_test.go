package gate_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"avow.dev/gate"
)

// TestACodeToATypedAddress: where an address is held in a reduced form only, a code goes to
// it as it was typed, through the outbox like any other: it outlives a restart, and the
// address lies sealed there no longer than the code lives.
func TestACodeToATypedAddress(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/mail.yaml")
	must(t, err)
	text := strings.Replace(string(src), "  - {id: only-length,", "  - {id: mask-mail, do: mask, data: [email], when: ingest, keep: 2}\n  - {id: only-length,", 1)
	w := setupConfig(t, compileText(t, []byte(text)), gate.Config{Courier: &letterbox{}})
	w.gives("li", "sign-up", "notices", item("email", "li@mail.example"))
	code := func() {
		must(t, w.TellCode(t.Context(), &gate.Code{Policy: "club", To: item("email", "li@mail.example"), Code: gate.NewValue([]byte("123456")), Language: "en", Until: w.clock().Add(gate.CodeLife), Known: true}))
	}
	code()
	w.stop()
	w.start()
	for _, name := range []string{"avow.db", "avow.db-wal"} {
		if raw, err := os.ReadFile(filepath.Join(w.dir, name)); err == nil && (bytes.Contains(raw, []byte("li@mail")) || bytes.Contains(raw, []byte("123456"))) {
			t.Errorf("%s holds the address or the code in clear", name)
		}
	}
	d := w.next()
	if d == nil || string(d.To.Expose()) != "li@mail.example" || !strings.Contains(d.Text.Body, "123456") {
		t.Fatalf("the message: %+v", d)
	}
	w.settle(d, gate.Sent)
	if d := w.next(); d != nil {
		t.Errorf("and another: %+v", d)
	}

	code()
	w.pass(gate.CodeLife)
	if d := w.next(); d != nil {
		t.Errorf("a code that is over is sent: %+v", d)
	}
	if recs, err := w.store.Scan(t.Context(), 1, "post", nil, 10); err != nil || len(recs) > 0 {
		t.Errorf("%d messages are left: %v", len(recs), err)
	}
	must(t, w.TellCode(t.Context(), &gate.Code{Policy: "club", To: item("email", "stranger@mail.example"), Code: gate.NewValue([]byte("123456")), Until: w.clock().Add(gate.CodeLife), Known: true}))
	if d := w.next(); d != nil {
		t.Errorf("somebody unknown is written to: %+v", d)
	}
}
