package prove

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// stage is where probes play: a running engine, a clock, and the policy as the
// probes expect it to be kept. Under a mutant the engine runs another text than
// the stage expects.
type stage struct {
	ctx    context.Context
	text   text
	engine Engine
	setup  Setup
	start  Start
	clock  *clock
	client *http.Client
	hash   string // of the text in force, which people accept
	people *atomic.Int64
	log    *logBook
	child  Start // starts an engine in a process that can be killed; nil if there is none
	shelf  *shelf
	post   *postbox // where people read what they are told

	staff  staff
	onFile onFile
	crowds crowds

	synthetic bool     // people are made up on a server that serves real ones too
	made      []string // their references
	web       *site    // opened when it is first asked
	browsers  *browsers

	program *policy.Program // the policy under proof
	running *policy.Program // the mutant in force instead of it, if any
}

// openStage starts an engine for a policy in a folder of its own.
func openStage(ctx context.Context, o *Options, open *browsers, p *policy.Program, dir string) (*stage, error) {
	s := &stage{ctx: ctx, text: text{p.File()}, program: p, start: o.Start, child: o.Child, clock: &clock{}, people: new(atomic.Int64), log: &logBook{}, shelf: &shelf{}, browsers: open}
	s.clock.set(s.begin())
	var err error
	if s.post, err = openPostbox(); err != nil {
		return nil, err
	}
	s.setup = Setup{Post: s.post.setup(), Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Policies: []*policy.Program{p}, Clock: s.clock.now, Log: s.log}
	s.text.stands(&s.setup)
	if err := s.run(); err != nil {
		s.post.close()
		return nil, err
	}
	return s, nil
}

// close ends the engine and what stands around it.
func (s *stage) close() {
	s.closeShop()
	s.end()
	s.post.close()
}

func (s *stage) run() error {
	var err error
	if s.engine, err = s.start(s.ctx, s.setup); err != nil {
		return fmt.Errorf("start engine: %w", err)
	}
	s.client = newClient()
	if s.setup.TLS {
		s.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	}
	return s.refresh()
}

func (s *stage) end() error {
	s.client.CloseIdleConnections()
	return s.engine.Close(s.ctx)
}

// begin is where every proof begins: after the policy's effective date.
func (s *stage) begin() time.Time {
	e := s.text.Effective
	return time.Date(e.Year, time.Month(e.Month), e.Day, 12, 0, 0, 0, time.UTC).AddDate(0, 0, 1)
}

// refresh reads the hash of the text in force.
func (s *stage) refresh() error {
	a, err := s.do(http.MethodGet, "/v1/"+s.text.Policy.Text, nil)
	if err != nil {
		return err
	}
	var p struct {
		Hash string `json:"hash"`
	}
	if err := json.Unmarshal(a.raw, &p); err != nil || p.Hash == "" {
		return fmt.Errorf("read the policy in force: status %d", a.status)
	}
	s.hash = p.Hash
	return nil
}

// person is somebody made up.
type person struct {
	*stage
	ref  string
	n    int64
	mark string // stands in every value of this person that can hold it

	token   map[string]string // unspent token of each choice made for single events
	permits map[string]bool   // permissions of the device that the person agreed to
}

// someone makes up a person nobody has seen.
func (s *stage) someone() *person {
	n := s.people.Add(1)
	ref := fmt.Sprintf("person-%s-%d", s.text.Policy.Text, n)
	if s.synthetic {
		s.made = append(s.made, ref)
	}
	return &person{stage: s, ref: ref, n: n, mark: fmt.Sprintf("Canary%dZq", n), token: make(map[string]string), permits: make(map[string]bool)}
}

// gesture returns a gesture by which the policy can be accepted.
func (t text) gesture() string {
	for _, g := range t.Acceptance.Gesture {
		if g.Text != "use" && g.Text != "browse" {
			return g.Text
		}
	}
	return "accept-button"
}

// say sends an agreement.
func (p *person) say(a *agreement) (*answer, error) {
	a.Language, a.Made = p.text.Languages[0].Text, p.synthetic
	return p.send("agreements", struct {
		Subject string `json:"subject"`
		*agreement
	}{p.ref, a})
}

// accept accepts the policy as an adult, and agrees to where it stores its data.
func (p *person) accept() error {
	if err := p.acceptOnly(); err != nil {
		return err
	}
	return p.settle()
}

// acceptOnly accepts the policy as an adult, and says nothing else.
func (p *person) acceptOnly() error {
	a, err := p.say(&agreement{Policy: p.hash, Accept: true, Gesture: p.text.gesture(), Age: "adult"})
	if err != nil {
		return err
	}
	return expect(a.allowed, "the acceptance of the policy in force to be recorded", "%v", a)
}

// open accepts the further documents that open features.
func (p *person) open(features []syntax.Word) error {
	for i := range p.text.Acceptance.Documents {
		d := &p.text.Acceptance.Documents[i]
		opens := slices.ContainsFunc(d.Opens, func(w syntax.Word) bool { return has(features, w.Text) })
		if !opens {
			continue
		}
		a, err := p.say(&agreement{Policy: p.hash, Accept: true, Gesture: p.text.gesture(), Document: d.ID.Text})
		if err != nil {
			return err
		}
		if err := expect(a.allowed, "the acceptance of document "+d.ID.Text+" to be recorded", "%v", a); err != nil {
			return err
		}
	}
	return nil
}

// choose says a word on a choice: given, refused or withdrawn. A yes to a move is
// said after the notices of its places.
func (p *person) choose(choice, state string) error {
	for i := range p.text.Places {
		if e := &p.text.Places[i]; state == "given" && e.Notice.On && has(e.Choice, choice) {
			if err := p.mustShow(e.ID.Text); err != nil {
				return err
			}
		}
	}
	a, err := p.say(&agreement{Choices: []choiceSaid{{choice, state}}})
	if err != nil {
		return err
	}
	return expect(a.allowed, "the word on choice "+choice+" to be recorded", "%v", a)
}

// grant gives every choice that needs name, and returns the token of the one
// that is made for each single event.
func (p *person) grant(choices []syntax.Word) (token string, err error) {
	for _, w := range choices {
		c := p.text.choice(w.Text)
		if c == nil {
			continue
		}
		if c.Kind.Text != "per-event" {
			if err := p.choose(w.Text, "given"); err != nil {
				return "", err
			}
			continue
		}
		if token, err = p.eventToken(w.Text); err != nil {
			return "", err
		}
	}
	return token, nil
}

// eventToken returns a token that the person has not spent, or asks for one.
func (p *person) eventToken(choice string) (string, error) {
	if t := p.token[choice]; t != "" {
		return t, nil
	}
	a, err := p.send("event-tokens", ask{Subject: p.ref, Choice: choice})
	if err != nil {
		return "", err
	}
	p.token[choice] = a.token
	return a.token, expect(a.token != "", "a token for one event of "+choice, "%v", a)
}

// sample makes up a value that fits a datum. It holds the person's mark where
// the datum's shape has room for it.
func (p *person) sample(datum string) (string, error) {
	d := p.text.datum(datum)
	v := p.shaped(d)
	if d == nil || d.Grammar.Text == "" || fitsGrammar(d.Grammar.Text, v) {
		return v, nil
	}
	for _, other := range []string{fmt.Sprint(p.n), "upload", "a", "A", "zh", "zh-CN", "710065", "029", "Asia/Shanghai", "engineer", "46000", "1.0", "wifi", "event", "browse"} {
		if fitsGrammar(d.Grammar.Text, other) {
			return other, nil
		}
	}
	return "", &unplayable{"no made-up value fits the grammar of " + datum}
}

func (p *person) shaped(d *syntax.Datum) string {
	kind := ""
	if d != nil {
		kind = d.Type.Text
		if p.text.scrubbed(d.ID.Text) && kind == "" && d.Class.Text == "non-personal" {
			return "a page opened by li@mail.example"
		}
		if p.text.scrubbed(d.ID.Text) && kind == "json" && d.Class.Text == "non-personal" {
			return `{"page":"about","by":"li@mail.example"}`
		}
		if d.Class.Text == "non-personal" || d.Class.Text == "statistics" {
			return plainSample(kind, p.n) // a mark would identify, and be refused for that
		}
		if p.text.scrubbed(d.ID.Text) {
			return p.mark + " wrote to li@mail.example with token=abcdef0123456789"
		}
	}
	switch kind {
	case "email":
		return strings.ToLower(p.mark) + "@mail.example"
	case "phone":
		return fmt.Sprintf("+86138%08d", p.n)
	case "number":
		return fmt.Sprint(p.n)
	case "date":
		return "1990-02-28"
	case "location":
		return fmt.Sprintf("34.26%04d,108.95%04d", p.n%10000, (p.n*7)%10000)
	case "ip":
		return fmt.Sprintf("203.0.%d.%d", p.n/250%256, p.n%250+1)
	case "json":
		return `{"note":"` + p.mark + `"}`
	case "file":
		return picture(p.mark)
	}
	return p.mark + "-and-some-more-words-behind-it"
}

// sent is an item of a request. What is no text travels in base64.
func sent(datum, v string) item {
	if strings.HasPrefix(v, "\x89PNG") {
		return item{Datum: datum, Base64: base64.StdEncoding.EncodeToString([]byte(v))}
	}
	return item{Datum: datum, Value: v}
}

// picture is the smallest PNG with a text chunk, which is metadata.
func picture(mark string) string {
	var b bytes.Buffer
	// A bytes.Buffer takes every write.
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1)))
	raw := b.Bytes()
	chunk := append([]byte("tEXt"), "Comment\x00"+mark...)
	out := append([]byte{}, raw[:33]...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(chunk)-4))
	out = append(out, chunk...)
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
	return string(append(out, raw[33:]...))
}

// plainSample is a value about nobody.
func plainSample(kind string, n int64) string {
	switch kind {
	case "json":
		return `{"page":"about"}`
	case "number":
		return "7"
	case "date":
		return "2026-01-02"
	}
	return fmt.Sprintf("7100 somewhere north of %d", n)
}

// scrubbed reports whether identifiers are taken out of a datum at ingest.
func (t text) scrubbed(datum string) bool {
	for i := range t.Forms {
		if f := &t.Forms[i]; f.Do.Text == "scrub" && f.When.Text == "ingest" && has(f.Data, datum) {
			return true
		}
	}
	return false
}
