package prove

import "slices"

// State is how far a clause is kept.
type State string

// The states of a clause. Attested is not proved, and says so.
const (
	Proved   State = "proved"   // played against a running engine, and it held
	Attested State = "attested" // an organisational promise with an owner, evidence and an expiry that has not passed
	Rendered State = "rendered" // text that only informs, shown in every language
	Unproved State = "unproved" // nothing plays it yet; Seen says why
	Broken   State = "broken"   // played, and it did not hold; Expected and Seen say what
)

// Report is the result of a proof. Its JSON form is stable.
type Report struct {
	Policies []PolicyReport `json:"policies"`
	Mutants  *Mutants       `json:"mutants,omitempty"`
}

// PolicyReport is the result for one policy.
type PolicyReport struct {
	Policy  string   `json:"policy"`
	Version string   `json:"version"`
	Hash    string   `json:"hash"`
	Probes  int      `json:"probes"`
	Clauses []Clause `json:"clauses"`
}

// Clause is one row.
type Clause struct {
	ID       string   `json:"id"`
	Promise  string   `json:"promise"`
	State    State    `json:"state"`
	Scenario string   `json:"scenario"`
	Rules    []string `json:"rules"`
	Expected string   `json:"expected"`
	Seen     string   `json:"seen"`
}

// Mutants says what the changed policies came to.
type Mutants struct {
	Killed   int        `json:"killed"`
	Survived []Survivor `json:"survived"`
}

// Survivor is a mutant that no probe of its rule noticed.
type Survivor struct {
	Policy string `json:"policy"`
	Rule   string `json:"rule"`
	Change string `json:"change"`
}

// Count counts the clauses in a state.
func (p *PolicyReport) Count(s State) int {
	n := 0
	for i := range p.Clauses {
		if p.Clauses[i].State == s {
			n++
		}
	}
	return n
}

// Kept reports whether nothing is broken and no mutant survived. Clauses that
// are unproved are not broken; whoever wants them proved counts them.
func (r *Report) Kept() bool {
	if r.Mutants != nil && len(r.Mutants.Survived) > 0 {
		return false
	}
	return !slices.ContainsFunc(r.Policies, func(p PolicyReport) bool { return p.Count(Broken) > 0 })
}
