package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"avow.dev/internal/chromium"
	"github.com/rogpeppe/go-internal/testscript"
)

// leave PROOF KEY follows the link of the file reply in a real Chromium, deletes
// everything there, and keeps the proof and the log's key that the certificate leads to.
func leave(ts *testscript.TestScript, _ bool, args []string) {
	var link struct{ URL string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("reply")), &link))
	browser, err := chromium.Start(context.Background(), chromium.Options{})
	ts.Check(err)
	defer func() { ts.Check(browser.Close()) }()
	page, err := browser.Open()
	ts.Check(err)
	defer page.Close()
	ts.Check(page.Goto(link.URL))
	ts.Check(page.Follow("main form button"))
	base, _, _ := strings.Cut(link.URL, "/enter/")
	ts.Check(page.Goto(base + "/leave"))
	ts.Check(page.Click("#sure-erase"))
	ts.Check(page.Follow("form:has(input[value=erase]) button"))
	for until := time.Now().Add(patience); ; { // the entry is in the public log a moment later
		there, err := chromium.Eval[bool](page, `!!document.querySelector("main a[download]")`)
		ts.Check(err)
		if there || time.Now().After(until) {
			break
		}
		ts.Check(page.Reload())
	}
	for i, selector := range []string{"main a[download]", "main a[href$=vkey]"} {
		text, err := chromium.Eval[string](page, `fetch(document.querySelector("`+selector+`").href).then(r => r.text())`)
		ts.Check(err)
		ts.Check(os.WriteFile(filepath.Join(ts.Getenv("WORK"), args[i]), []byte(text), 0o600))
	}
	said, err := page.Text("main pre code")
	ts.Check(err)
	if said != "avow verify FILE.tlog-proof --vkey KEY" {
		ts.Fatalf("the page says to run %q", said)
	}
}
