package prove

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"avow.dev/policy"
	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// This file plays what a policy says about requests as such: that they are carried
// out at once unless the policy has them reviewed, cost nothing, are answered in
// time, and are refused for the closed list of reasons only.

// requestProbes play one right as a request.
func (t text) requestProbes(r *syntax.Right) []probe {
	id := r.ID.Text
	var out []probe
	if t.decided(r) {
		out = append(out, probe{id, "carries a request out at once, or has it reviewed, as it says", func(s *stage) error { return s.requested(r) }})
	}
	if r.Fee.Text == "free" && t.playableRight(r) {
		out = append(out, probe{id, "asks for no fee", func(s *stage) error { return s.free(r) }})
	}
	if reviewedCopy(r) {
		out = append(out, probe{id, "gives a copy only as so many people have agreed to it, as they saw it", func(s *stage) error { return s.copyReviewed(r) }})
	}
	if waits(r) {
		out = append(out, probe{id, "answers in time, and records it if not", func(s *stage) error { return s.inTime(r) }})
	}
	if len(r.Refusals) > 0 && t.playableRight(r) {
		out = append(out, probe{id, "refuses for its closed reasons only, with what it promises", func(s *stage) error { return s.refusals(r) }})
	}
	return out
}

// forPeople are rights that no rule can carry out.
var forPeople = []string{"ask", "complain", "human-review"}

func waits(r *syntax.Right) bool {
	return slices.Contains(forPeople, r.Right.Text) || r.Effect.Text == "on-review"
}

// playableRight reports whether a request under a right can be made by somebody of
// whom nothing is held.
func (t text) playableRight(r *syntax.Right) bool {
	return r.Right.Text != "correct"
}

// decided reports whether rules can carry the right out here: objecting needs
// something to object to.
func (t text) decided(r *syntax.Right) bool {
	switch r.Right.Text {
	case "object", "opt-out":
		return slices.ContainsFunc(t.Choices, func(c syntax.Choice) bool { return c.Kind.Text == "opt-out" })
	case "limit", "correct":
		return false
	}
	return !slices.Contains(forPeople, r.Right.Text)
}

// petition is a request as the door tells of it.
type petition struct {
	ID       string    `json:"id"`
	State    string    `json:"state"`
	Due      time.Time `json:"due"`
	Fee      string    `json:"fee"`
	Reason   string    `json:"reason"`
	Overdue  bool      `json:"overdue"`
	Complain []string  `json:"complain_to"`
}

// petition makes a request and returns what the door says of it.
func (p *person) petition(right string) (*petition, error) {
	a, err := p.send("requests", map[string]string{"subject": p.ref, "right": right, "text": p.mark + ": please."})
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, &mismatch{"a request under the right to " + right + " taken in", a.String()}
	}
	var out petition
	if err := json.Unmarshal(a.raw, &out); err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	return &out, nil
}

// own returns the person's requests.
func (p *person) own() ([]petition, error) {
	a, err := p.send("requests/list", ask{Subject: p.ref})
	if err != nil {
		return nil, err
	}
	var out struct{ Requests []petition }
	if err := json.Unmarshal(a.raw, &out); err != nil || a.status != http.StatusOK {
		return nil, orMismatch(err, "the person's own requests", "status %d", a.status)
	}
	return out.Requests, nil
}

// asks makes a request of a new person who accepted the policy.
func (s *stage) asks(right string) (*person, *petition, error) {
	p := s.someone()
	if err := p.accept(); err != nil {
		return nil, nil, err
	}
	out, err := p.petition(right)
	return p, out, err
}

func (s *stage) requested(r *syntax.Right) error {
	_, got, err := s.asks(r.Right.Text)
	if err != nil {
		return err
	}
	want := "fulfilled"
	if r.Effect.Text == "on-review" {
		want = "open"
	}
	return expect(got.State == want, "a request that is "+want, "one that is %s", got.State)
}

func (s *stage) free(r *syntax.Right) error {
	for range 2 { // also the second time
		_, got, err := s.asks(r.Right.Text)
		if err != nil {
			return err
		}
		if got.Fee != "free" {
			return &mismatch{"a request that is free", "nothing says so"}
		}
	}
	return nil
}

// inTime answers one request just before its time is over, and leaves another.
func (s *stage) inTime(r *syntax.Right) error {
	defer s.clock.set(s.clock.now())
	began := s.clock.now()
	quick, first, err := s.asks(r.Right.Text)
	if err != nil {
		return err
	}
	slow, second, err := s.asks(r.Right.Text)
	if err != nil {
		return err
	}
	if latest := longest(began, r.Within); !latest.IsZero() && second.Due.After(latest.Add(time.Minute)) {
		return &mismatch{"an answer by " + latest.Format(time.DateOnly), "one by " + second.Due.Format(time.DateOnly)}
	}
	s.clock.set(first.Due.Add(-time.Millisecond))
	if a, err := s.answers(r, first.ID); err != nil || a.status != http.StatusOK {
		return orMismatch(err, "a request answered in time", "status %d", a.status)
	}
	s.clock.set(second.Due.Add(time.Millisecond))
	if err := s.engine.Sweep(s.ctx); err != nil {
		return err
	}
	for p, late := range map[*person]bool{quick: false, slow: true} {
		list, err := p.own()
		if err != nil {
			return err
		}
		if len(list) != 1 || list[0].Overdue != late || (list[0].State == "fulfilled") == late {
			return &mismatch{fmt.Sprintf("one request, overdue: %t", late), fmt.Sprintf("%+v", list)}
		}
	}
	return nil
}

// longest returns the latest end that a period can have, or zero for none. Working
// days are counted with every second day off, and a fortnight of holidays.
func longest(from time.Time, p syntax.Period) time.Time {
	n := int(p.N)
	switch {
	case !p.Set:
		return time.Time{}
	case p.Unit == syntax.Hour:
		return from.Add(time.Duration(n) * time.Hour)
	case p.Unit == syntax.Week:
		return from.AddDate(0, 0, 7*n)
	case p.Unit == syntax.Month:
		return from.AddDate(0, n, 0)
	case p.Unit == syntax.Year:
		return from.AddDate(n, 0, 0)
	case p.Unit == syntax.WorkingDay:
		return from.AddDate(0, 0, 2*n+14)
	}
	return from.AddDate(0, 0, n)
}

// replies answers a request for the controller, or refuses it.
func (s *stage) replies(request, refuse, proof string) (*answer, error) {
	return s.send("requests/answer", map[string]string{"request": request, "text": "this is the answer", "refuse": refuse, "evidence": proof})
}

// everyReason are the reasons that the policy language knows.
var everyReason = []string{"repetitive", "excessive", "third-party-rights", "impossible", "legal-hold", "not-required-by-law", "identity-unverified"}

// anytime are the reasons that hold by somebody's judgement, and need no fact that
// the engine could know.
var anytime = []string{"excessive", "third-party-rights", "impossible", "not-required-by-law"}

// refusals plays the right as it is where people review it: refusals then meet the
// policy's list, whatever whoever refuses would like.
func (s *stage) refusals(r *syntax.Right) error {
	restore, err := s.review(r.ID.Text)
	if err != nil {
		return err
	}
	if err := s.refused(r); err != nil {
		return cmp.Or(restore(), err)
	}
	return restore()
}

func (s *stage) refused(r *syntax.Right) error {
	p, asked, err := s.asks(r.Right.Text)
	if err != nil {
		return err
	}
	for _, reason := range append(slices.Clone(everyReason), "because") {
		if has(r.Refusals, reason) && slices.Contains(anytime, reason) {
			continue // the others hold only where something shows it
		}
		a, err := s.replies(asked.ID, reason, "what shows it")
		if err != nil || a.status < 400 {
			return orMismatch(err, "no refusal as "+reason, "status %d", a.status)
		}
	}
	if !r.Evidence.On && !r.Complain.On {
		return nil
	}
	reason, ok, err := s.ground(r, asked.ID)
	if err != nil || !ok {
		return err
	}
	if r.Evidence.On {
		if a, err := s.replies(asked.ID, reason, ""); err != nil || a.status < 400 {
			return orMismatch(err, "no refusal without evidence", "status %d", a.status)
		}
	}
	if a, err := s.replies(asked.ID, reason, "what shows it"); err != nil || a.status != http.StatusOK {
		return orMismatch(err, "a refusal as "+reason, "status %d", a.status)
	}
	list, err := p.own()
	if err != nil {
		return err
	}
	if len(list) != 1 || list[0].State != "denied" || list[0].Reason != reason {
		return &mismatch{"a request denied as " + reason, fmt.Sprintf("%+v", list)}
	}
	if r.Complain.On && len(list[0].Complain) == 0 {
		return &mismatch{"where to complain about the refusal", "nothing"}
	}
	return s.repeated(r, p)
}

// ground returns a reason of the list that can be brought about here.
func (s *stage) ground(r *syntax.Right, request string) (string, bool, error) {
	for _, w := range r.Refusals {
		switch w.Text {
		case "repetitive", "legal-hold":
		case "identity-unverified":
			a, err := s.send("requests/pause", map[string]string{"request": request, "for": "identity", "text": "who are you?"})
			if err != nil || a.status != http.StatusOK {
				return "", false, orMismatch(err, "the person asked to show who they are", "status %d", a.status)
			}
			return w.Text, true, nil
		default:
			return w.Text, true, nil
		}
	}
	return "", false, nil
}

// repeated asks the same a second time, which may now be called repetitive.
func (s *stage) repeated(r *syntax.Right, p *person) error {
	if !has(r.Refusals, "repetitive") {
		return nil
	}
	again, err := p.petition(r.Right.Text)
	if err != nil {
		return err
	}
	a, err := s.replies(again.ID, "repetitive", "the answer to the first")
	if err != nil || a.status != http.StatusOK {
		return orMismatch(err, "the second request for the same refused as repetitive", "status %d", a.status)
	}
	return nil
}

// review puts the text in force in which people review a right, and returns what
// puts the one before back.
func (s *stage) review(right string) (restore func() error, err error) {
	base := s.running
	if base == nil {
		base = s.program
	}
	f := base.File().Clone()
	at, ok := f.Lookup("rights", right)
	if !ok {
		return nil, &mismatch{"the right " + right, "the policy in force has none of this name"}
	}
	at.Value.(*syntax.Right).Effect.Text = "on-review"
	reviewed, faults := policy.Compile(f)
	if len(faults) > 0 {
		return nil, faults
	}
	put := func(p *policy.Program) error {
		if err := s.engine.Replace(s.ctx, p); err != nil {
			return err
		}
		return s.refresh()
	}
	return func() error { return put(base) }, put(reviewed)
}

// rightMutants are the changes to a right that its probes must notice.
func (p *plan) rightMutants(v *syntax.Right, turn func(string, func(any))) {
	change := func(name string, apply func(*syntax.Right)) {
		turn(name, func(x any) {
			if r, ok := x.(*syntax.Right); ok {
				apply(r)
			}
		})
	}
	playable := p.text.playableRight(v)
	if v.Fee.Text == "free" && playable {
		change("no longer free", func(r *syntax.Right) { r.Fee.Text = "" })
	}
	if p.text.decided(v) {
		change("the other way of taking effect", func(r *syntax.Right) {
			r.Effect.Text = map[bool]string{true: "at-once", false: "on-review"}[r.Effect.Text == "on-review"]
			r.Approvals = syntax.Num{} // of what is reviewed only
		})
	}
	if waits(v) && v.Within.Set && !p.text.lawful(v.Right.Text) {
		change("answered a year later", func(r *syntax.Right) { lengthen(&r.Within) })
	}
	if reviewedCopy(v) {
		if v.Approvals.N > 1 {
			change("agreed to by one person", func(r *syntax.Right) { r.Approvals.N = 1 })
			change("agreed to by nobody in particular", func(r *syntax.Right) { r.Approvals = syntax.Num{} })
		}
		change("agreed to by one person more", func(r *syntax.Right) {
			r.Approvals = syntax.Num{N: max(r.Approvals.N, 1) + 1, Set: true}
		})
	}
	if len(v.Refusals) == 0 || !playable {
		return
	}
	if slices.ContainsFunc(anytime, func(reason string) bool { return !has(v.Refusals, reason) }) {
		change("refused for any reason", func(r *syntax.Right) {
			for _, reason := range anytime {
				if !has(r.Refusals, reason) {
					r.Refusals = append(r.Refusals, syntax.Word{Text: reason})
				}
			}
		})
	}
	if !slices.ContainsFunc(v.Refusals, func(w syntax.Word) bool { return w.Text == "identity-unverified" || slices.Contains(anytime, w.Text) }) {
		return // nothing that its probe can bring about
	}
	if v.Evidence.On {
		change("refused without evidence", func(r *syntax.Right) { r.Evidence.On = false })
	}
	if v.Complain.On {
		change("refused without a way to complain", func(r *syntax.Right) { r.Complain.On = false })
	}
}

// lawful reports whether a law pack sets a clock for a right, which then holds
// whatever the policy says.
func (t text) lawful(right string) bool {
	for _, w := range t.Law {
		pack, err := law.Load(w.Text)
		if err != nil {
			continue
		}
		if _, ok := pack.ReplyWithin(law.Right(right)); ok {
			return true
		}
	}
	return false
}
