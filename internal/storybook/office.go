package storybook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"avow.dev"
	"avow.dev/examples"
	"avow.dev/gate"
	"avow.dev/internal/chromium"
	"avow.dev/internal/engine"
	"avow.dev/internal/officer"
	"avow.dev/policy"
	"avow.dev/vault"
)

// Office is an engine with two policies: a busy one, on which something waits at every
// desk, and a quiet one on which nobody has done anything yet.
type Office struct {
	*engine.Engine
	now     atomic.Int64
	text    string // of the busy policy
	program *policy.Program
	keys    map[string]string // what an authenticator has, by login
	at      *strings.Replacer // the matters, by what stories call them
}

// busy and quiet are the policies, and password that of every officer.
const (
	busy     = "airtalk"
	quiet    = "generic"
	password = "a password for made-up people"
)

// desks are the officers, by the name with which they sign in.
var desks = map[string]officer.Role{"ada": officer.PrivacyOfficer, "bo": officer.Lawyer, "sue": officer.Support, "eli": officer.Engineer, "dan": officer.Auditor}

// OpenOffice opens the office in an empty folder.
func OpenOffice(ctx context.Context, dir string) (*Office, error) {
	o := &Office{keys: make(map[string]string)}
	o.now.Store(Began.UnixNano())
	var programs []*policy.Program
	for _, name := range []string{busy, quiet} {
		src, err := examples.Policy(name)
		if err != nil {
			return nil, err
		}
		p, err := policy.Read(name+".yaml", src)
		if err != nil {
			return nil, err
		}
		if programs = append(programs, p); name == busy {
			o.text, o.program = string(src), p
		}
	}
	path := filepath.Join(dir, "root.key")
	if err := vault.CreateRootFile(path); err != nil {
		return nil, err
	}
	root, err := vault.OpenRootFile(path)
	if err != nil {
		return nil, err
	}
	if o.Engine, err = engine.Open(ctx, engine.Config{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Root: root, Policies: programs,
		Create: true, Clock: o.clock, Listen: "127.0.0.1:0"}); err != nil {
		return nil, err
	}
	if err := errors.Join(o.employ(ctx), o.work(ctx)); err != nil {
		return nil, errors.Join(fmt.Errorf("make an office up: %w", err), o.Close(ctx))
	}
	return o, nil
}

func (o *Office) clock() time.Time     { return time.Unix(0, o.now.Load()).UTC() }
func (o *Office) pass(d time.Duration) { o.now.Add(int64(d)) }

// employ makes the accounts, as their owners would.
func (o *Office) employ(ctx context.Context) error {
	for login, role := range desks {
		invitation, _, err := o.Officers().Invite(ctx, officer.Invitation{Login: login, Person: login, Roles: []officer.Role{role}, Acts: []avow.Role{"service-desk"}})
		if err != nil {
			return err
		}
		e, err := o.Officers().Enrol(ctx, invitation, "Avow", "")
		if err != nil {
			return err
		}
		code, err := officer.Code(e.Secret, o.clock())
		if err != nil {
			return err
		}
		if err := o.Officers().Accept(ctx, invitation, password, e.Secret, code); err != nil {
			return err
		}
		o.keys[login] = e.Secret
	}
	o.pass(time.Minute)
	return nil
}

// work puts something on every desk.
func (o *Office) work(ctx context.Context) error {
	ann, g := gate.Officer{Person: "ann", Via: "storybook"}, o.Gate()
	for i, name := range []string{"li", "wu", "chen"} {
		if err := o.join(ctx, avow.SubjectRef(name), fmt.Sprintf("%s@mail.example", name), i == 0); err != nil {
			return err
		}
		o.pass(time.Hour)
	}
	request, _, err := g.Ask(ctx, busy, "li", &gate.Asking{Right: "ask", Text: gate.NewValue([]byte("Please call me at 13800138000 about my old posts. Li Wei"))})
	if err != nil {
		return err
	}
	held, err := g.Check(ctx, &gate.Content{Policy: busy, Subject: "li", Where: "peer-message", Text: gate.NewValue([]byte("@wu has 13800138000"))})
	if err != nil {
		return err
	}
	demand, err := o.demand(ctx, ann)
	if err != nil {
		return err
	}
	incident, _, err := g.OpenIncident(ctx, busy, ann, &gate.Circumstances{Aware: o.clock().Add(-5 * time.Hour), Types: []string{"confidentiality"}, Place: "mail server"}, nil)
	if err != nil {
		return err
	}
	if _, _, err = g.ScopeIncident(ctx, busy, incident.ID, ann, &gate.Reach{Store: "live", Data: []avow.Datum{"email"}}); err != nil {
		return err
	}
	change, err := o.draft(ctx, ann)
	if err != nil {
		return err
	}
	hold, _, err := g.ProposeHold(ctx, busy, ann, "wu", &gate.Holding{Rule: "hold-orders", Case: "M-17", Statute: "E-Commerce Law, article 31", Until: o.clock().AddDate(0, 6, 0)})
	if err != nil {
		return err
	}
	paper := sha256.Sum256([]byte("due diligence"))
	_, _, err = g.ProposeQualification(ctx, busy, ann, &gate.Qualifying{Recipient: "lantern-ads", Kind: "terms", Document: hex.EncodeToString(paper[:]), By: "Lantern Advertising Ltd",
		Date: o.clock().AddDate(0, 0, -10), Expires: o.clock().AddDate(1, 0, 0), Policy: o.program.Hash()})
	if err != nil {
		return err
	}
	done, err := o.erased(ctx)
	if err != nil {
		return err
	}
	if err := o.changedPolicy(ctx); err != nil {
		return err
	}
	o.at = strings.NewReplacer("{request}", request.ID, "{content}", held.Held, "{demand}", demand, "{incident}", incident.ID, "{change}", change, "{hold}", hold.ID, "{fulfilment}", done)
	if err := g.BeginCensus(ctx, busy, ann); err != nil {
		return err
	}
	_, err = g.Count(ctx)
	return err
}

// changedPolicy has a recipient that is reached by webhook change its own policy.
func (o *Office) changedPolicy(ctx context.Context) error {
	read, now := sha256.Sum256([]byte("what was read")), sha256.Sum256([]byte("what is there now"))
	const link = "https://sunrise-contests.example/privacy"
	m, _, err := o.Gate().ProposeQualification(ctx, busy, gate.Officer{Person: "ann", Via: "storybook"}, &gate.Qualifying{Recipient: "contest-partner", Kind: "policy-link", Document: hex.EncodeToString(read[:]), Link: link,
		By: "Ann", Date: o.clock().AddDate(0, 0, -10), Expires: o.clock().AddDate(1, 0, 0), Hook: "https://sunrise-contests.example/hand-overs"})
	if err != nil {
		return err
	}
	if _, _, err := o.Gate().ApproveQualification(ctx, busy, m.ID, gate.Officer{Person: "bo", Via: "storybook"}, m.Proposal.What); err != nil {
		return err
	}
	_, err = o.Gate().SawPolicyLink(ctx, &gate.PolicyLink{Policy: busy, Paper: m.ID, Link: link}, gate.LinkFound{Read: true, Document: now, Words: now})
	return err
}

// join signs somebody up who gives an address, by the first rule that takes one.
func (o *Office) join(ctx context.Context, ref avow.SubjectRef, address string, chooses bool) error {
	yes := &gate.Agreement{Policy: o.program.Hash(), Accept: true, Gesture: o.program.File().Acceptance.Gesture[0].Text, Language: "en", Age: avow.KnownAdult}
	if _, err := o.Gate().Agree(ctx, busy, ref, yes); err != nil {
		return err
	}
	if chooses {
		c := &gate.Agreement{Policy: o.program.Hash(), Language: "en", Gesture: "centre-button", Choices: []gate.ChoiceEvent{{Choice: avow.Choice(o.program.File().Choices[0].ID.Text), State: avow.Given}}}
		if _, err := o.Gate().Agree(ctx, busy, ref, c); err != nil {
			return err
		}
	}
	f := o.program.File()
	for i := range f.Collect {
		r := &f.Collect[i]
		for _, d := range r.Data {
			if d.Text != "email" || len(r.Points) == 0 {
				continue
			}
			req := avow.Request{Policy: busy, Subject: ref, Purpose: avow.Purpose(r.For[0].Text), Point: avow.Point(r.Points[0].Text), Source: "person"}
			if len(r.Features) > 0 {
				req.Feature = avow.Feature(r.Features[0].Text)
			}
			_, err := o.Gate().Collect(ctx, &gate.Collecting{Request: req, Items: items("email", address)})
			return err
		}
	}
	return errors.New("no rule takes an address")
}

// erased erases somebody, of whom the application says that it has to keep something.
func (o *Office) erased(ctx context.Context) (string, error) {
	g := o.Gate()
	if err := o.join(ctx, "zhao", "zhao@mail.example", false); err != nil {
		return "", err
	}
	if _, err := g.Erase(ctx, busy, "zhao"); err != nil {
		return "", err
	}
	waits, err := g.AppSteps(ctx, busy, "", 1)
	if err != nil || len(waits) != 1 {
		return "", errors.Join(err, errors.New("the application has nothing to do after an erasure"))
	}
	_, err = g.AnswerAppStep(ctx, busy, waits[0].ID, gate.AppKeeps, "storybook")
	return waits[0].ID, err
}

// demand takes a demand in, and scopes it, so that it waits for approvals.
func (o *Office) demand(ctx context.Context, by gate.Officer) (string, error) {
	g, now := o.Gate(), o.clock()
	m, _, err := g.ReceiveDemand(ctx, busy, by, &gate.Receiving{Ground: "legal-proceedings", Instrument: "court-order", Number: "(2026) 17", Statute: "Civil Procedure Law, article 67", Authority: "courts",
		Agency: "District court", Issued: now.AddDate(0, 0, -2), Expires: now.AddDate(0, 1, 0)})
	if err != nil {
		return "", err
	}
	if m, _, err = g.AddPaper(ctx, busy, m.ID, by, "application/pdf", strings.NewReader("%PDF-1.7 made up")); err != nil {
		return "", err
	}
	if m, _, err = g.AuthenticateDemand(ctx, busy, m.ID, by, "called back through the register"); err != nil {
		return "", err
	}
	if m, _, err = g.AmendDemand(ctx, busy, m.ID, by, &gate.Amendment{Finding: "The order names the account and the period."}); err != nil {
		return "", err
	}
	m, _, err = g.ScopeDemand(ctx, busy, m.ID, by, &gate.Scoping{People: []avow.SubjectRef{"li"}, Asked: []avow.Datum{"email", "name", "password"}, Named: []avow.Datum{"email", "name"}, From: now.AddDate(0, -1, 0), To: now})
	return m.ID, err
}

// draft puts a change forward that is narrower here and wider there, and checks it.
func (o *Office) draft(ctx context.Context, by gate.Officer) (string, error) {
	text := strings.NewReplacer("version: \"1.0\"", "version: \"1.1\"", "keep: 180d after collected", "keep: 1y after collected",
		"data: [name, username, email, phone, postal-address, language]", "data: [name, username, email, phone, language]").Replace(o.text)
	m, _, err := o.Gate().ProposeChange(ctx, busy, by, []byte(text), "business")
	if err != nil {
		return "", err
	}
	m, _, err = o.Gate().CheckChange(ctx, busy, m.ID, by)
	return m.ID, err
}

// Desk is one state of one page of the console, or of a page that everybody sees.
type Desk struct {
	Name string
	As   string // who is signed in; empty: nobody
	Path string
	Then []string // what is clicked there, by CSS selector, each leading to a page
	// Public says that the page is not of the console: Path is whole.
	Public bool
	// Told says that the page answers with an error, which the browser's console notes.
	Told bool
}

// Desks are all states that are shown, officer by officer.
func Desks() []Desk {
	const b, q = "/" + busy, "/" + quiet
	return []Desk{
		{Name: "front", Path: "/", Public: true},
		{Name: "proof", Path: "/proof/" + busy, Public: true},
		{Name: "transparency", Path: "/transparency-report/" + busy, Public: true},
		{Name: "transparency-none", Path: "/transparency-report/" + quiet, Public: true},
		{Name: "transparency-nowhere", Path: "/transparency-report/nothing-here", Public: true, Told: true},
		{Name: "console-sign-in"},
		{Name: "console-invitation", Path: "/invitation"},
		{Name: "console-policies", As: "ada"},
		{Name: "console", As: "ada", Path: b},
		{Name: "console-today-empty", As: "ada", Path: q},
		{Name: "console-requests", As: "ada", Path: b + "/requests"},
		{Name: "console-request", As: "ada", Path: b + "/requests/{request}"},
		{Name: "console-fulfilments", As: "ada", Path: b + "/fulfilments"},
		{Name: "console-fulfilment", As: "ada", Path: b + "/fulfilments/{fulfilment}"},
		{Name: "console-certificate", As: "ada", Path: b + "/fulfilments/{fulfilment}/certificate"},
		{Name: "console-fulfilments-empty", As: "ada", Path: q + "/fulfilments"},
		{Name: "console-requests-empty", As: "ada", Path: q + "/requests"},
		{Name: "console-content", As: "ada", Path: b + "/content"},
		{Name: "console-content-held", As: "ada", Path: b + "/content/{content}"},
		{Name: "console-consent", As: "ada", Path: b + "/consent"},
		{Name: "console-disclosure", As: "ada", Path: b + "/disclosure"},
		{Name: "console-disclosure-empty", As: "ada", Path: q + "/disclosure"},
		{Name: "console-demand", As: "ada", Path: b + "/demands/{demand}"},
		{Name: "console-recipient", As: "ada", Path: b + "/recipients/lantern-ads"},
		{Name: "console-recipient-changed", As: "ada", Path: b + "/recipients/contest-partner"},
		{Name: "console-passkeys", As: "ada", Path: "/passkeys"},
		{Name: "console-list-nothing-found", As: "ada", Path: b + "/disclosure?find=zzz"},
		{Name: "console-statistics", As: "ada", Path: b + "/statistics"},
		{Name: "console-statistics-rule", As: "ada", Path: b + "/statistics/gather-usage"},
		{Name: "console-incidents", As: "ada", Path: b + "/incidents"},
		{Name: "console-incident", As: "ada", Path: b + "/incidents/{incident}"},
		{Name: "console-incident-new", As: "ada", Path: b + "/incidents/new"},
		{Name: "console-successions", As: "ada", Path: b + "/successions"},
		{Name: "console-holds", As: "ada", Path: b + "/holds"},
		{Name: "console-hold", As: "ada", Path: b + "/holds/{hold}"},
		{Name: "console-places", As: "ada", Path: b + "/places"},
		{Name: "console-policy", As: "ada", Path: b + "/policy"},
		{Name: "console-change", As: "ada", Path: b + "/changes/{change}"},
		{Name: "console-data", As: "ada", Path: b + "/data"},
		{Name: "console-data-of", As: "ada", Path: b + "/data?datum=email"},
		{Name: "console-data-empty", As: "ada", Path: q + "/data"},
		{Name: "console-proof", As: "ada", Path: b + "/proof"},
		{Name: "console-attestations", As: "ada", Path: b + "/attestations"},
		{Name: "console-openings", As: "ada", Path: b + "/openings"},
		{Name: "console-again", As: "ada", Path: "/again"},
		{Name: "console-error", As: "ada", Path: b + "/nothing-here", Told: true},
		{Name: "console-reads", As: "dan", Path: b},
		{Name: "console-denied", As: "eli", Path: b + "/openings", Told: true},
		{Name: "console-masked", As: "sue", Path: b + "/requests/{request}"},
	}
}

// Tell brings a page of the browser to the state of a desk, in a language. A page in
// which the officer has signed in already stays signed in.
func (o *Office) Tell(page *chromium.Page, d *Desk, lang string) error {
	if err := page.Header("Accept-Language", lang); err != nil {
		return err
	}
	if d.As != "" {
		if err := o.signIn(page, d.As); err != nil {
			return fmt.Errorf("desk %s: %w", d.Name, err)
		}
	}
	base := o.URL()
	if !d.Public {
		base += "/console"
	}
	if err := page.Goto(base + o.at.Replace(d.Path)); err != nil {
		return err
	}
	for _, click := range d.Then {
		if err := page.Follow(click); err != nil {
			return fmt.Errorf("desk %s: %w", d.Name, err)
		}
	}
	return nil
}

// signIn signs an officer in, in a page in which nobody else has.
func (o *Office) signIn(page *chromium.Page, login string) error {
	jar, err := page.Cookies()
	if err != nil {
		return err
	}
	for _, c := range jar {
		if c.Name == "__Host-avow-console" && c.Value != "" {
			return nil
		}
	}
	o.pass(30 * time.Second) // a code works once
	code, err := officer.Code(o.keys[login], o.clock())
	if err != nil {
		return err
	}
	if err := page.Goto(o.URL() + "/console"); err != nil {
		return err
	}
	for name, text := range map[string]string{"login": login, "password": password, "code": code} {
		if err := page.Fill("input[name="+name+"]", text); err != nil {
			return err
		}
	}
	return page.Follow("main form button:not([type=button])")
}
