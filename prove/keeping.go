package prove

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// protectProbes play one promise about protection, measure by measure.
func (t text) protectProbes(e *syntax.Protect) []probe {
	var probes []probe
	add := func(name string, run func(*stage) error) { probes = append(probes, probe{e.ID.Text, name, run}) }
	for _, m := range e.Measure {
		switch m.Text {
		case "encrypt-at-rest", "encrypt-fields", "no-plaintext", "backup-encrypted":
			add("leaves nothing readable in any file", (*stage).nothingInClear)
		case "encrypt-in-transit":
			add("speaks TLS 1.2 or later, and nothing else", (*stage).encryptedInTransit)
		case "desensitise-at-collection":
			add("desensitises before the first durable write", func(s *stage) error { return s.desensitised(e) })
		case "unlinkable-tables":
			add("keeps no readable key that joins two tables", (*stage).nothingInClear)
		case "detect-change":
			add("notices a changed bit", (*stage).changeNoticed)
		case "restore-from-loss":
			add("comes back from a copy", (*stage).restored)
		case "deny-by-default", "role-restricted":
			add("denies who is not named", func(s *stage) error { return s.denied(e) })
		case "masked-display":
			add("shows masked", func(s *stage) error { return s.masked(e) })
		case "attack-resistance":
			add("refuses attacks at the door", (*stage).attacked)
		}
	}
	return probes
}

// formProbes play one transformation.
func (t text) formProbes(f *syntax.Form) []probe {
	if f.When.Text == "ingest" {
		return []probe{{f.ID.Text, "changes values before they are stored", func(s *stage) error { return s.formIn(f) }}}
	}
	return []probe{{f.ID.Text, "changes values on the way out", func(s *stage) error { return s.formOut(f) }}}
}

// formIn takes a value in and expects that what is held is not what was sent.
func (s *stage) formIn(f *syntax.Form) error {
	if f.Do.Text == "keep" {
		return nil
	}
	played := false
	var sent []string // what no file may hold
	for _, d := range f.Data {
		p := s.someone()
		if err := p.accept(); err != nil {
			return err
		}
		if !s.text.personal(d.Text) {
			ok, err := s.formInLoose(f, d.Text)
			if err != nil {
				return err
			}
			played = played || ok
			continue
		}
		ok, err := p.put(d.Text)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		played = true
		raw, err := p.sample(d.Text)
		if err != nil {
			return err
		}
		c, _, err := p.copy()
		if err != nil {
			return err
		}
		if v := valueOf(c, d.Text); v == raw || v != "" && strings.Contains(v, raw) {
			return &mismatch{d.Text + " held in the form of " + f.ID.Text, "held as it was sent"}
		}
		sent = append(sent, raw)
	}
	if len(sent) > 0 {
		where, _, err := scan(sent, s.setup.Data, s.setup.Keys)
		if err != nil {
			return err
		}
		if where != "" {
			return &mismatch{"values that were sent in no file", where}
		}
	}
	if !played {
		return s.vacuously("no rule that can be played takes in what " + f.ID.Text + " changes")
	}
	return nil
}

// formInLoose plays a form on data about nobody, which is read back by a rule of
// use that changes nothing more.
func (s *stage) formInLoose(f *syntax.Form, datum string) (bool, error) {
	for _, u := range s.text.using(datum, "", "") {
		if len(u.Form) > 0 || len(u.Needs.Choice) > 0 {
			continue
		}
		for _, r := range s.text.collecting(datum, "", "") {
			p := s.someone()
			if err := p.prepare(r); err != nil {
				return false, err
			}
			q, err := p.request(r, datum, r.Points[0].Text, r.For[0].Text)
			if err != nil {
				return false, err
			}
			if f.Do.Text == "scrub" && !strings.Contains(q.Items[0].Value, "@") {
				continue // a number holds nothing that could be scrubbed
			}
			if a, err := p.decide("collect", q); err != nil || !a.allowed {
				continue
			}
			a, err := p.decide("use", &ask{Data: []string{datum}, Purpose: u.For[0].Text, Role: u.By[0].Text, Feature: first(append(words(u.Feature), ""))})
			if err != nil {
				return false, err
			}
			if !a.allowed || len(a.items) == 0 {
				continue
			}
			asSent := slices.ContainsFunc(a.items, func(it item) bool { return it.Value == q.Items[0].Value })
			return true, expect(!asSent, datum+" held in the form of "+f.ID.Text, "held as it was sent")
		}
	}
	return false, nil
}

// vacuously holds a promise about data that the policy never takes in: it is
// kept because nothing is there, and shown by trying.
func (s *stage) vacuously(why string) error {
	if len(s.text.File.Collect) == 0 {
		return s.unlisted()
	}
	return &unplayable{why}
}

func (s *stage) formOut(f *syntax.Form) error {
	if f.Do.Text == "keep" {
		return nil
	}
	for i := range s.text.Use {
		r := &s.text.Use[i]
		if !has(r.Form, f.ID.Text) {
			continue
		}
		for _, d := range r.Data {
			if !has(f.Data, d.Text) || len(f.For) > 0 && !slices.ContainsFunc(r.For, func(w syntax.Word) bool { return has(f.For, w.Text) }) {
				continue
			}
			if ok, err := s.formOutOne(f, r, d.Text); ok || err != nil {
				return err
			}
		}
	}
	for i := range s.text.Share {
		r := &s.text.Share[i]
		for _, d := range r.Data {
			if !has(r.Form, f.ID.Text) || !has(f.Data, d.Text) {
				continue
			}
			if ok, err := s.formLeaves(f, r, d.Text); ok || err != nil {
				return err
			}
		}
	}
	return &unplayable{"no rule that can be played hands out what " + f.ID.Text + " changes"}
}

func (s *stage) formOutOne(f *syntax.Form, r *syntax.Use, datum string) (bool, error) {
	p := s.someone()
	if err := p.prepareUse(r.Needs.Choice, r.Feature); err != nil {
		return false, err
	}
	ok, err := p.put(datum)
	if err != nil || !ok {
		return false, err
	}
	why := r.For[0].Text
	if len(f.For) > 0 {
		why = f.For[0].Text
	}
	q, err := p.useRequest(r, datum, why, r.By[0].Text)
	if err != nil {
		return false, err
	}
	a, err := p.decide("use", q)
	if err != nil {
		return false, err
	}
	c, _, err := p.copy()
	if err != nil {
		return false, err
	}
	raw := valueOf(c, datum) // as it is held, after any form at ingest
	if !a.allowed || !slices.Contains(a.rules, r.ID.Text) {
		return false, nil
	}
	v, seen := a.value(datum)
	if f.Do.Text == "drop" {
		return true, expect(!seen, datum+" left out by "+f.ID.Text, "it was shown")
	}
	return true, expect(seen && v != raw, datum+" shown in the form of "+f.ID.Text, "shown = %v, unchanged = %v", seen, v == raw)
}

func (s *stage) desensitised(e *syntax.Protect) error {
	played := false
	for i := range s.text.Data {
		d := s.text.Data[i].ID.Text
		if len(e.Data) > 0 && !has(e.Data, d) || !s.text.personal(d) || !s.text.kept(d) || len(s.text.collecting(d, "", "")) == 0 {
			continue
		}
		forms := s.ingestForms(d)
		if len(forms) == 0 {
			return &mismatch{"a transformation for every datum that is collected", d + " has none"}
		}
		for _, f := range forms {
			err := s.formIn(f)
			if _, cannot := errors.AsType[*unplayable](err); cannot {
				continue
			}
			if err != nil {
				return err
			}
			played = true
		}
	}
	if !played {
		return s.vacuously("no desensitised datum can be taken in by a rule that can be played")
	}
	return s.nothingInClear()
}

func (s *stage) ingestForms(datum string) []*syntax.Form {
	var out []*syntax.Form
	for i := range s.text.Forms {
		if f := &s.text.Forms[i]; f.When.Text == "ingest" && has(f.Data, datum) {
			out = append(out, f)
		}
	}
	return out
}

func (s *stage) denied(e *syntax.Protect) error {
	for i := range s.text.Use {
		r := &s.text.Use[i]
		if len(e.Data) > 0 && !slices.ContainsFunc(r.Data, func(w syntax.Word) bool { return has(e.Data, w.Text) }) {
			continue
		}
		err := s.useOtherwise(r)
		if _, cannot := errors.AsType[*unplayable](err); cannot {
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) masked(e *syntax.Protect) error {
	for i := range s.text.Forms {
		f := &s.text.Forms[i]
		if f.Do.Text != "mask" || len(e.Data) > 0 && !slices.ContainsFunc(f.Data, func(w syntax.Word) bool { return has(e.Data, w.Text) }) {
			continue
		}
		for _, p := range s.text.formProbes(f) {
			if err := p.run(s); err != nil {
				return err
			}
		}
		return nil
	}
	return &mismatch{"a form that masks what is shown", "there is none"}
}

// attacked tries what a stranger at the door would try.
func (s *stage) attacked() error {
	path := s.engine.URL() + "/v1/" + s.text.Policy.Text + "/access"
	for name, token := range map[string]string{"no token": "", "a made-up token": "Bearer made-up-token", "another scheme": "Basic YTpi"} {
		req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, path, strings.NewReader(`{"subject":"x"}`))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		if token != "" {
			req.Header.Set("Authorization", token)
		}
		resp, err := s.client.Do(req)
		if err != nil {
			return fmt.Errorf("ask the door: %w", err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			return &mismatch{"401 for " + name, fmt.Sprint(resp.StatusCode)}
		}
	}
	for _, hostile := range []string{`{"subject":"` + strings.Repeat("a", 3<<20) + `"}`, `{"subject":"x","subject":"y"}`, `{"subject":"x","unknown":1}`, `{"subject":"x"} {}`, `[`, ``,
		`{"subject":"' OR 1=1 --"}`, `{"subject":"../../etc/passwd"}`, `{"subject":"` + "\\u0000" + `"}`} {
		a, err := s.do(http.MethodPost, "/v1/"+s.text.Policy.Text+"/access", []byte(hostile))
		if err != nil {
			return err
		}
		if a.status < 400 {
			return &mismatch{"a hostile request refused", fmt.Sprintf("status %d", a.status)}
		}
	}
	a, err := s.do(http.MethodGet, "/policy/../../avow.db", nil)
	if err != nil {
		return err
	}
	return expect(a.status >= 300, "no file outside the public pages", "status %d", a.status)
}

// aside starts a second engine in folders of its own, for what would disturb
// the first.
func (s *stage) aside(dir string, tls bool) (*stage, error) {
	out := s.elsewhere(dir)
	out.setup.TLS = tls
	return out, out.run()
}

// elsewhere is a second stage that is not running yet.
func (s *stage) elsewhere(dir string) *stage {
	out := *s
	out.setup = Setup{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Clock: s.clock.now, Log: s.log, Region: s.setup.Region, Backups: s.setup.Backups}
	p := s.program
	if s.running != nil {
		p = s.running
	}
	out.setup.Policies = []*policy.Program{p}
	return &out
}

func (s *stage) encryptedInTransit() error {
	dir, err := folder()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	a, err := s.aside(dir, true)
	if err != nil {
		return err
	}
	defer a.end()
	if !strings.HasPrefix(a.engine.URL(), "https://") {
		return &mismatch{"a door that speaks TLS", a.engine.URL()}
	}
	plain := "http://" + strings.TrimPrefix(a.engine.URL(), "https://")
	resp, err := http.Get(plain + "/healthz")
	if err == nil {
		resp.Body.Close()
		if resp.StatusCode < 400 {
			return &mismatch{"no answer to a request in clear", fmt.Sprintf("status %d", resp.StatusCode)}
		}
	}
	for version, ok := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(a.engine.URL(), "https://"), &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		if err == nil {
			conn.Close()
		}
		if (err == nil) != ok {
			return &mismatch{fmt.Sprintf("%s accepted = %v", tls.VersionName(version), ok), fmt.Sprint(err)}
		}
	}
	return nil
}

// changeNoticed flips bits in a person's sealed row and expects the value never
// to be shown as something else.
func (s *stage) changeNoticed() error {
	return s.damaged(func(a *stage, p *person, want map[string]string) error {
		path := filepath.Join(a.setup.Data, "avow.db")
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if len(want) == 0 {
			return s.vacuously("nothing is taken in that could be changed")
		}
		noticed := 0
		for _, at := range sealedBytes(raw, want) {
			flipped := slices.Clone(raw)
			flipped[at] ^= 0x10
			if err := os.WriteFile(path, flipped, 0o600); err != nil {
				return err
			}
			lied, err := a.lies(p, want)
			if err != nil {
				return err
			}
			if lied != "" {
				return &mismatch{"a changed bit noticed", lied}
			}
			noticed++
		}
		return expect(noticed > 0, "sealed bytes to change", "none found")
	})
}

// damaged runs a small engine with one person, ends it, and hands its folders
// over.
func (s *stage) damaged(do func(a *stage, p *person, want map[string]string) error) error {
	dir, err := folder()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	a, err := s.aside(dir, false)
	if err != nil {
		return err
	}
	p := a.someone()
	if _, err := p.fill(); err != nil {
		return errors.Join(err, a.end())
	}
	c, _, err := p.copy()
	if err := errors.Join(err, a.end()); err != nil {
		return err
	}
	want := make(map[string]string)
	for i := range c.Held {
		want[c.Held[i].Datum] = c.Held[i].content()
	}
	return do(a, p, want)
}

// sealedBytes returns some offsets that lie behind the name of a datum in the
// file, where the sealed value stands.
func sealedBytes(raw []byte, want map[string]string) []int {
	var out []int
	for d := range want {
		at := strings.LastIndex(string(raw), d)
		if at < 0 || at+len(d)+120 >= len(raw) {
			continue
		}
		for _, off := range []int{90, 105, 118} {
			out = append(out, at+len(d)+off)
		}
		if len(out) >= 9 {
			break
		}
	}
	return out
}

// lies starts the engine over changed bytes and says what it shows that is
// neither right nor an error.
func (a *stage) lies(p *person, want map[string]string) (string, error) {
	again := *a
	if err := again.run(); err != nil {
		return "", nil // it refuses to start: the change was noticed
	}
	defer again.end()
	q := *p
	q.stage = &again
	c, status, err := q.copy()
	if err != nil || status != http.StatusOK {
		return "", nil // it refuses to answer: the change was noticed
	}
	for i := range c.Held {
		if w, ok := want[c.Held[i].Datum]; ok && c.Held[i].content() != w && !c.Held[i].Secret {
			return c.Held[i].Datum + " shown with another value", nil
		}
	}
	return "", nil
}

// restored loses the data folder and brings it back from a copy.
func (s *stage) restored() error {
	return s.damaged(func(a *stage, p *person, want map[string]string) error {
		saved := a.setup.Data + ".copy"
		if err := os.CopyFS(saved, os.DirFS(a.setup.Data)); err != nil {
			return err
		}
		if err := os.RemoveAll(a.setup.Data); err != nil {
			return err
		}
		if err := os.CopyFS(a.setup.Data, os.DirFS(saved)); err != nil {
			return err
		}
		again := *a
		if err := again.run(); err != nil {
			return err
		}
		defer again.end()
		q := *p
		q.stage = &again
		c, status, err := q.copy()
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return &mismatch{"the person back after a loss", fmt.Sprintf("status %d", status)}
		}
		for d, v := range want {
			if valueOf(c, d) != v {
				return &mismatch{"everything back after a loss", d + " is not"}
			}
		}
		return nil
	})
}
