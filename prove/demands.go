package prove

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"avow.dev/policy/syntax"
)

// papers are the instruments that the policy language knows.
var papers = []string{"statute", "subpoena", "court-order", "warrant", "investigation-letter", "agency-order", "permit", "emergency-record"}

// demandProbes play one ground on which authorities get data: its papers open it,
// nothing else does, two people are needed, and the person hears of it.
func (t text) demandProbes(e *syntax.Demand) []probe {
	id := e.ID.Text
	play := func(name string, run func(*drill) error) probe {
		return probe{id, name, func(s *stage) error {
			r := s.text.drilled(e)
			if r == nil {
				return &unplayable{"no rule lets data of people out on this ground"}
			}
			d, err := s.newDrill(e, r)
			if err != nil {
				return err
			}
			return run(d)
		}}
	}
	probes := []probe{
		play("opens by each of its papers, for what is asked and named", (*drill).opens),
		play("opens by no other paper", (*drill).otherPapers),
		play("opens for nobody abroad", (*drill).abroad),
		play("opens for no paper that has run out", (*drill).expired),
		play("needs two people besides the one who scoped it", (*drill).fourEyes),
		play("ends when it is withdrawn, refused or fought", (*drill).ended),
		play("gives the same again where it broke off, and nothing else", (*drill).repeated),
	}
	for _, w := range e.Requires {
		probes = append(probes, play("stays shut without "+w.Text, func(d *drill) error { return d.lacking(w.Text) }))
	}
	switch e.Notice.Text {
	case "after", "when-gag-ends":
		probes = append(probes, play("tells the person when it may", (*drill).tellsAfter))
	case "before":
		probes = append(probes, play("tells the person before", (*drill).tellsBefore))
	}
	if has(e.Instruments, "emergency-record") {
		probes = append(probes, play("misses a paper that does not follow", (*drill).paperFollows))
	}
	if e.Report.On {
		probes = append(probes, play("is counted in the transparency report as the log has it", (*drill).reported))
	}
	return probes
}

// opens plays each paper, and expects exactly the minimum of exactly the person.
func (d *drill) opens() error {
	for i, paper := range words(d.entry.Instruments) {
		d.again()
		d.say.Instrument, d.paper = paper, paper != "emergency-record"
		if all := d.scope.Asked; i%2 == 1 && len(all) > 1 {
			d.scope.Named = all[1:] // the rest is asked for and does not stand in the paper
		}
		a, h, err := d.through()
		if err != nil {
			return err
		}
		if !a.allowed || len(h.People) != 1 || h.People[0].Subject != d.who.ref {
			return &mismatch{"data of one person released on a " + paper, a.String()}
		}
		if !slices.Equal(d.demand.Minimum, d.scope.Named) {
			return &mismatch{fmt.Sprintf("a minimum of %v", d.scope.Named), fmt.Sprint(d.demand.Minimum)}
		}
		if err := d.handedAsHeld(h); err != nil {
			return err
		}
		l, err := d.evidence(a.index)
		if err != nil {
			return err
		}
		if l.Kind != "demand-released" || l.Count != given(h) || !slices.Equal(l.Rules, []string{d.entry.ID.Text}) || !slices.Equal(l.Clauses, words(d.entry.Clause)) {
			return &mismatch{"evidence of the release that cites " + d.entry.ID.Text, fmt.Sprintf("%+v", l)}
		}
	}
	return nil
}

// handedAsHeld compares what was released with what is held of the person.
func (d *drill) handedAsHeld(h *handedOver) error {
	c, _, err := d.who.copy()
	if err != nil {
		return err
	}
	got := make(map[string]bool)
	for _, it := range h.People[0].Items {
		got[it.Datum] = true
		if !slices.Contains(d.scope.Named, it.Datum) {
			return &mismatch{"nothing released but " + fmt.Sprint(d.scope.Named), it.Datum}
		}
	}
	for _, datum := range d.scope.Named {
		if c.has(datum) && !got[datum] {
			return &mismatch{datum + " released, which is held", "it is not there"}
		}
	}
	return nil
}

// given counts the people of whom something was released: nobody, where the policy
// takes nothing in.
func given(h *handedOver) (n int64) {
	for _, p := range h.People {
		if len(p.Items) > 0 {
			n++
		}
	}
	return n
}

func (d *drill) otherPapers() error {
	for _, paper := range append(slices.Clone(papers), "") {
		if slices.Contains(words(d.entry.Instruments), paper) || paper == "" && len(d.entry.Instruments) == 0 {
			continue
		}
		d.again()
		d.say.Instrument, d.paper = paper, true
		if err := d.refused("instrument-missing", "on a paper of kind "+or(paper, "none")); err != nil {
			return err
		}
	}
	return nil
}

// abroad plays an authority of another country, with every mechanism that the law
// packs know.
func (d *drill) abroad() error {
	if d.entry.Foreign.Text == "allowed" {
		return nil
	}
	for _, mechanisms := range [][]string{nil, {"approval", "agreement"}} {
		d.again()
		d.say.Region = "US"
		if d.text.Controller.Region.Text == "US" {
			d.say.Region = "CN"
		}
		a, err := d.upTo()
		for _, m := range mechanisms {
			if err == nil && a.allowed {
				a, err = d.step(clerk, "demands/amend", matter{ID: d.demand.ID, Mechanism: m, Reference: "2026-3"})
			}
		}
		if err != nil {
			return err
		}
		if a.allowed {
			a, err = d.approve(first1)
		}
		if err != nil {
			return err
		}
		if a.allowed || !a.because("region-not-allowed") {
			return &mismatch{"an authority abroad refused", a.String()}
		}
	}
	return nil
}

func (d *drill) expired() error {
	d.say.Expires = d.clock.now().Add(-time.Minute)
	if err := d.refused("instrument-missing", "on a paper that has run out"); err != nil {
		return err
	}
	d.again()
	d.scope.Named = []string{}
	return d.refused("nothing-held", "on a paper that does not name what is asked for")
}

// fourEyes plays those who would do it alone, and a release that is repeated.
func (d *drill) fourEyes() error {
	if a, err := d.upTo(); err != nil || !a.allowed {
		return orMismatch(err, "a demand that lacks nothing scoped", "%v", a)
	}
	stale := d.demand.Digest
	for _, try := range []struct {
		who   string
		same  bool // through another token of theirs
		opens bool
	}{{clerk, false, false}, {clerk, true, false}, {first1, false, true}, {first1, true, false}} {
		send := d.as
		if try.same {
			send = d.stage.again
		}
		a, err := send(try.who, "demands/approve", matter{ID: d.demand.ID, Digest: d.demand.Digest})
		if err != nil {
			return err
		}
		if a.allowed != try.opens {
			return &mismatch{fmt.Sprintf("an approval by the %s = %v", try.who, try.opens), a.String()}
		}
		a, h, err := d.release()
		if err != nil {
			return err
		}
		if a.allowed || len(h.People) > 0 || !a.because("approval-missing") {
			return &mismatch{"nothing released before two others approved", a.String()}
		}
	}
	if a, err := d.approve(second); err != nil || !a.allowed {
		return orMismatch(err, "the second approval taken", "%v", a)
	}
	d.scope.People = append(d.scope.People, d.other.ref) // more people than were approved
	if a, err := d.step(clerk, "demands/scope", d.scope); err != nil || !a.allowed {
		return orMismatch(err, "a wider scope recorded", "%v", a)
	}
	a, h, err := d.release()
	if err != nil {
		return err
	}
	if a.allowed || len(h.People) > 0 || !a.because("approval-missing") {
		return &mismatch{"approvals void after the scope changed", a.String()}
	}
	if a, err = d.as(second, "demands/approve", matter{ID: d.demand.ID, Digest: stale}); err != nil || a.allowed {
		return orMismatch(err, "an approval of what does not stand any more refused", "%v", a)
	}
	if d.told {
		if a, err := d.step(clerk, "demands/tell", matter{ID: d.demand.ID}); err != nil || !a.allowed {
			return orMismatch(err, "the people told again", "%v", a)
		}
	}
	for _, who := range []string{first1, second} {
		if a, err := d.approve(who); err != nil || !a.allowed {
			return orMismatch(err, "the wider scope approved", "%v", a)
		}
	}
	if a, h, err = d.release(); err != nil || !a.allowed || len(h.People) != 2 {
		return orMismatch(err, "the approved scope released", "%v", a)
	}
	if a, h, err = d.release(); err != nil {
		return err
	}
	return expect(!a.allowed && len(h.People) == 0, "a release that is repeated refused", "%v", a)
}

// repeated releases a demand whose file broke off, and asks for it once more: for the
// same, for something else, and after the authority took it back.
func (d *drill) repeated() error {
	a, first, err := d.through()
	if err != nil || !a.allowed {
		return orMismatch(err, "the approved scope released", "%v", a)
	}
	again := matter{ID: d.demand.ID, Digest: d.demand.Package, Reason: &occasion{"demand", "The line broke."}}
	other := again
	other.Digest = strings.Repeat("0c", 32)
	if a, h, err := d.hands("demands/repeat", other); err != nil || a.allowed || len(h.People) != 0 {
		return orMismatch(err, "what was not released not to be handed out", "%v", a)
	}
	a, second, err := d.hands("demands/repeat", again)
	if err != nil || !a.allowed || !reflect.DeepEqual(first.People, second.People) {
		return orMismatch(err, "the very same handed out again", "%v", a)
	}
	l, err := d.evidence(a.index)
	if err != nil {
		return err
	}
	if l.Kind != "demand-repeated" || !slices.Equal(l.Rules, []string{d.entry.ID.Text}) {
		return &mismatch{"evidence of its own that cites " + d.entry.ID.Text, fmt.Sprintf("%+v", l)}
	}
	if a, err := d.step(clerk, "demands/recall", matter{ID: again.ID, Text: "settled"}); err != nil || !a.allowed {
		return orMismatch(err, "the demand taken back", "%v", a)
	}
	a, h, err := d.hands("demands/repeat", again)
	if err != nil {
		return err
	}
	return expect(!a.allowed && len(h.People) == 0, "nothing handed out after it was taken back", "%v", a)
}

// ended ends demands that were approved, in each way, and tries their release.
func (d *drill) ended() error {
	for _, op := range []string{"withdraw", "refuse", "challenge"} {
		d.again()
		a, err := d.upTo()
		for _, who := range []string{first1, second} {
			if err == nil && a.allowed {
				a, err = d.approve(who)
			}
		}
		if err == nil && a.allowed {
			a, err = d.step(clerk, "demands/"+op, matter{ID: d.demand.ID, Text: "why"})
		}
		if err != nil || !a.allowed {
			return orMismatch(err, "an approved demand ended by "+op, "%v", a)
		}
		a, h, err := d.release()
		if err != nil {
			return err
		}
		if a.allowed || len(h.People) > 0 {
			return &mismatch{"nothing released after " + op, a.String()}
		}
	}
	return nil
}

// lacking leaves out one thing that the policy requires.
func (d *drill) lacking(what string) error {
	reason := map[string]string{"instrument": "instrument-missing", "citation": "citation-missing", "finding": "finding-missing", "urgency": "urgency-missing", "scope": "instrument-missing"}[what]
	if what == "instrument" {
		d.say.Instrument = "" // no document either
	}
	d.without = what
	return d.refused(reason, "without "+what)
}

// tellsAfter plays a gag: silence until its end, and word of it within the
// policy's time.
func (d *drill) tellsAfter() error {
	start := d.clock.now()
	defer d.clock.set(start)
	gag := start.AddDate(0, 0, 20)
	d.say.Gag = gag
	a, _, err := d.through()
	if err != nil {
		return err
	}
	if !a.allowed {
		return &mismatch{"a demand with a gag released", a.String()}
	}
	if due := addPeriod(gag, d.entry.NoticeWithin); !d.demand.ToldDue.Equal(due) {
		return &mismatch{fmt.Sprintf("the person told by %v", due), d.demand.ToldDue.String()}
	}
	for _, look := range []struct {
		at   time.Time
		told int
	}{{start.Add(time.Minute), 0}, {gag.Add(-time.Minute), 0}, {gag.Add(time.Minute), 1}, {gag.Add(2 * time.Hour), 1}} {
		d.clock.set(look.at)
		if err := d.engine.Sweep(d.ctx); err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
		n, err := d.who.notices()
		if err != nil {
			return err
		}
		if n != look.told {
			return &mismatch{fmt.Sprintf("%d notices %v after a release with a gag of 20 days", look.told, look.at.Sub(start)), fmt.Sprint(n)}
		}
	}
	n, err := d.other.notices()
	if err != nil {
		return err
	}
	return expect(n == 0, "nobody else told", "%d notices", n)
}

func (d *drill) tellsBefore() error {
	d.told = false
	if err := d.refused("notice-missing", "before the person was told"); err != nil {
		return err
	}
	if a, err := d.step(clerk, "demands/tell", matter{ID: d.demand.ID}); err != nil || !a.allowed {
		return orMismatch(err, "the person told", "%v", a)
	}
	n, err := d.who.notices()
	if err != nil || n != 1 {
		return orMismatch(err, "one notice before the release", "%d", n)
	}
	for _, who := range []string{first1, second} {
		if a, err := d.approve(who); err != nil || !a.allowed {
			return orMismatch(err, "an approval after the person was told", "%v", a)
		}
	}
	a, _, err := d.release()
	if err != nil {
		return err
	}
	return expect(a.allowed, "a release after the person was told", "%v", a)
}

// paperFollows plays an emergency whose paper comes in time, and one whose paper
// does not come.
func (d *drill) paperFollows() error {
	start := d.clock.now()
	defer d.clock.set(start)
	for _, late := range []bool{false, true} {
		d.clock.set(start)
		d.again()
		d.say.Instrument, d.paper = "emergency-record", false
		a, _, err := d.through()
		if err != nil || !a.allowed {
			return orMismatch(err, "an emergency released on its record", "%v", a)
		}
		if !late {
			if a, err = d.step(clerk, "demands/documents", matter{ID: d.demand.ID, Type: "application/pdf", Base64: "JVBERi0xLjc="}); err != nil || !a.allowed {
				return orMismatch(err, "the paper taken afterwards", "%v", a)
			}
		}
		d.clock.set(start.Add(73 * time.Hour))
		if err := d.engine.Sweep(d.ctx); err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
		if a, err = d.as(clerk, "demands/read", matter{ID: d.demand.ID}); err != nil {
			return err
		}
		var now demand
		if err := json.Unmarshal(a.raw, &now); err != nil {
			return fmt.Errorf("read demand: %w", err)
		}
		if slices.Contains(now.Missed, "paper") != late {
			return &mismatch{fmt.Sprintf("a missing paper shown = %v after three days", late), fmt.Sprint(now.Missed)}
		}
	}
	return nil
}

// demandMutants weaken a demand's terms, one at a time.
func demandMutants(v *syntax.Demand, turn func(string, func(any))) {
	of := func(x any) *syntax.Demand { return x.(*syntax.Demand) }
	if len(v.Instruments) < len(papers) {
		turn("opened by every paper", func(x any) { of(x).Instruments = others(papers, nil) })
	}
	for _, w := range v.Requires {
		turn("without "+w.Text, func(x any) {
			of(x).Requires = without(of(x).Requires, w.Text)
			if w.Text == "instrument" {
				of(x).Instruments = nil // each asks for a paper without the other
			}
		})
	}
	if v.Notice.Text != "none" && v.Notice.Text != "" {
		turn("told to nobody", func(x any) { of(x).Notice.Text, of(x).NoticeWithin = "none", syntax.Period{} })
	}
	if v.NoticeWithin.Set {
		turn("told later", func(x any) { lengthen(&of(x).NoticeWithin) })
	}
	if v.Report.On {
		turn("not counted", func(x any) { of(x).Report.On = false })
	}
	if v.Foreign.Text == "blocked" {
		turn("opened to the world", func(x any) { of(x).Foreign.Text = "allowed" })
	}
}
