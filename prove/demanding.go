package prove

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"avow.dev/policy/syntax"
)

// demand is a demand as the desk shows it.
type demand struct {
	ID       string    `json:"id"`
	State    string    `json:"state"`
	Digest   string    `json:"digest"`
	Package  string    `json:"package"`
	Minimum  []string  `json:"minimum"`
	Released time.Time `json:"released"`
	Told     time.Time `json:"told"`
	ToldDue  time.Time `json:"told_due"`
	PaperDue time.Time `json:"paper_due"`
	Missed   []string  `json:"missed"`
}

// received is what the desk is told of a demand.
type received struct {
	Ground     string    `json:"ground"`
	Authority  string    `json:"authority"`
	Instrument string    `json:"instrument,omitempty"`
	Statute    string    `json:"statute,omitempty"`
	Number     string    `json:"number,omitempty"`
	Region     string    `json:"region,omitempty"`
	Issued     time.Time `json:"issued,omitzero"`
	Expires    time.Time `json:"expires,omitzero"`
	Gag        time.Time `json:"gag,omitzero"`
}

type scoped struct {
	ID     string    `json:"id"`
	People []string  `json:"people"`
	Asked  []string  `json:"asked"`
	Named  []string  `json:"named"`
	From   time.Time `json:"from,omitzero"`
	To     time.Time `json:"to,omitzero"`
}

// occasion is why an officer opens what is a person's.
type occasion struct {
	Why  string `json:"why"`
	Text string `json:"text"`
}

type matter struct {
	Reason    *occasion `json:"reason,omitempty"`
	ID        string    `json:"id"`
	Digest    string    `json:"digest,omitempty"`
	Text      string    `json:"text,omitempty"`
	Finding   string    `json:"finding,omitempty"`
	Urgency   string    `json:"urgency,omitempty"`
	Statute   string    `json:"statute,omitempty"`
	Mechanism string    `json:"mechanism,omitempty"`
	Reference string    `json:"reference,omitempty"`
	Type      string    `json:"content_type,omitempty"`
	Base64    string    `json:"base64,omitempty"`
}

// drill is one demand played from its beginning to where somebody stops it. What
// its fields take away is what the desk is not given.
type drill struct {
	*stage
	entry *syntax.Demand
	rule  *syntax.Share // by which data leaves on the ground
	who   *person
	other *person // whom nobody asks about

	say     received
	scope   scoped
	without string // a thing that the policy requires, left out
	paper   bool
	told    bool // the people are told before
	demand  demand
	bodies  []*answer // every answer, in order
}

// people who work at the desk.
const (
	clerk  = "clerk"
	first1 = "counsel one"
	second = "counsel two"
)

// newDrill makes a demand that lacks nothing, about a person of whom everything
// is held that the rule lets out and some rule takes in.
func (s *stage) newDrill(e *syntax.Demand, r *syntax.Share) (*drill, error) {
	d := &drill{stage: s, entry: e, rule: r, paper: true}
	for _, p := range []**person{&d.who, &d.other} {
		*p = s.someone()
		if err := (*p).accept(); err != nil {
			return nil, err
		}
		for _, w := range s.text.disclosable(r) {
			if _, err := (*p).put(w); err != nil {
				return nil, err
			}
		}
	}
	d.again()
	return d, nil
}

// again readies the same demand about the same people anew.
func (d *drill) again() {
	now := d.clock.now()
	e := d.entry
	d.say = received{Ground: e.ID.Text, Authority: d.rule.To[0].Text, Statute: "Criminal Procedure Law, article 54", Number: "(2026) 17", Region: d.text.Controller.Region.Text,
		Issued: now.Add(-time.Hour), Expires: now.AddDate(1, 0, 0)}
	if len(e.Instruments) > 0 {
		d.say.Instrument = e.Instruments[0].Text
	}
	data := d.text.disclosable(d.rule)
	d.scope = scoped{People: []string{d.who.ref}, Asked: data, Named: data, From: now.AddDate(-1, 0, 0), To: now.Add(time.Hour)}
	d.without, d.paper, d.told, d.demand, d.bodies = "", d.say.Instrument != "emergency-record", e.Notice.Text == "before", demand{}, nil
}

// disclosable returns the kinds of data of people that a rule lets out and the
// desk can hand out.
func (t text) disclosable(r *syntax.Share) []string {
	return slices.DeleteFunc(words(r.Data), func(id string) bool {
		d := t.datum(id)
		return d == nil || !t.personal(id) || d.Type.Text == "file" || d.Type.Text == "password"
	})
}

// step sends one step of somebody at the desk.
func (d *drill) step(who, op string, body any) (*answer, error) {
	a, err := d.as(who, op, body)
	if err != nil {
		return nil, err
	}
	d.bodies = append(d.bodies, a)
	var out struct {
		Demand demand `json:"demand"`
	}
	if a.allowed && json.Unmarshal(a.raw, &out) == nil {
		d.demand = out.Demand
	}
	return a, nil
}

// unlessGiven returns a thing unless it is left out.
func (d *drill) unless(what, v string) string {
	if d.without == what {
		return ""
	}
	return v
}

// upTo plays a demand until it is ready to be approved, or is stopped.
func (d *drill) upTo() (*answer, error) {
	if d.without == "citation" {
		d.say.Statute = ""
	}
	if d.without == "scope" {
		d.scope.From, d.scope.To = time.Time{}, time.Time{}
	}
	a, err := d.step(clerk, "demands", d.say)
	if err != nil || !a.allowed {
		return a, err
	}
	id := d.demand.ID
	if d.paper && d.without != "instrument" {
		if a, err = d.step(clerk, "demands/documents", matter{ID: id, Type: "application/pdf", Base64: base64.StdEncoding.EncodeToString([]byte("%PDF of the order"))}); err != nil || !a.allowed {
			return a, err
		}
	}
	if a, err = d.step(clerk, "demands/authenticate", matter{ID: id, Text: "called back by the number in the register"}); err != nil || !a.allowed {
		return a, err
	}
	if finding, urgency := d.unless("finding", "the account is the one named"), d.unless("urgency", "lost in the mountains, does not answer"); finding+urgency != "" {
		if a, err = d.step(clerk, "demands/amend", matter{ID: id, Finding: finding, Urgency: urgency}); err != nil || !a.allowed {
			return a, err
		}
	}
	d.scope.ID = id
	if a, err = d.step(clerk, "demands/scope", d.scope); err != nil || !a.allowed || !d.told {
		return a, err
	}
	return d.step(clerk, "demands/tell", matter{ID: id})
}

// approve has somebody approve what stands.
func (d *drill) approve(who string) (*answer, error) {
	return d.step(who, "demands/approve", matter{ID: d.demand.ID, Digest: d.demand.Digest})
}

// handedOver is what was released.
type handedOver struct {
	People []struct {
		Subject string `json:"subject"`
		Items   []item `json:"items"`
	} `json:"people"`
}

func (d *drill) release() (*answer, *handedOver, error) {
	return d.hands("demands/release", matter{ID: d.demand.ID, Reason: &occasion{"demand", "The desk hands it over."}})
}

// hands takes a step that hands data out.
func (d *drill) hands(op string, m matter) (*answer, *handedOver, error) {
	a, err := d.step(clerk, op, m)
	if err != nil {
		return nil, nil, err
	}
	var h handedOver
	if a.allowed {
		if err := json.Unmarshal(a.raw, &h); err != nil {
			return a, nil, fmt.Errorf("read what was released: %w", err)
		}
	}
	return a, &h, nil
}

// through plays a demand to its end.
func (d *drill) through() (*answer, *handedOver, error) {
	a, err := d.upTo()
	if err != nil || !a.allowed {
		return a, nil, err
	}
	for _, who := range []string{first1, second} {
		if a, err = d.approve(who); err != nil || !a.allowed {
			return a, nil, err
		}
	}
	return d.release()
}

// refused plays a demand that must be stopped for a reason, with evidence, and
// tries its release all the same.
func (d *drill) refused(reason, when string) error {
	a, h, err := d.through()
	if err != nil {
		return err
	}
	if a.allowed || h != nil && len(h.People) > 0 || !a.because(reason) {
		return &mismatch{"refused for " + reason + " " + when, a.String()}
	}
	l, err := d.evidence(a.index)
	if err != nil {
		return err
	}
	if l.Verdict != "refuse" {
		return &mismatch{"evidence of the refusal " + when, "evidence that says " + l.Verdict}
	}
	if d.demand.ID == "" {
		return nil
	}
	if a, h, err = d.release(); err != nil {
		return err
	}
	return expect(!a.allowed && (h == nil || len(h.People) == 0), "nothing released "+when, "%v", a)
}

// drilled returns the first rule that lets data of people out on a demand.
func (t text) drilled(e *syntax.Demand) *syntax.Share {
	for i := range t.Share {
		if r := &t.Share[i]; has(r.Ground, e.ID.Text) && len(t.disclosable(r)) > 0 {
			return r
		}
	}
	return nil
}

// notices returns what a person was told of demands.
func (p *person) notices() (n int, err error) {
	a, err := p.send("demands/notices", ask{Subject: p.ref})
	if err != nil {
		return 0, err
	}
	var out struct {
		Notices []struct{} `json:"notices"`
	}
	if a.status != http.StatusOK || json.Unmarshal(a.raw, &out) != nil {
		return 0, &mismatch{"an answer to the person about demands", a.String()}
	}
	return len(out.Notices), nil
}
