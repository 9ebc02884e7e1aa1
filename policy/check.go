package policy

import (
	"fmt"
	"iter"
	"regexp"
	"slices"

	"avow.dev"
	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// check runs all checks of meaning. What the parser has checked already
// (closed lists, shapes, ids given twice) is not checked again.
func (c *compiler) check() {
	c.head()
	c.limits()
	c.references()
	c.vocabulary()
	c.carried()
	c.data()
	c.complete()
	c.bases()
	c.forms()
	c.demands()
	c.trackers()
	c.rights()
}

// reserved are words of addresses of pages, beside which the pages of each policy lie
// under its id: a policy of that id could not be reached.
var reserved = []string{"accept", "again", "invitation", "leave", "passkey", "passkeys", "provider", "return"}

// Reserved reports whether no policy can have an id.
func Reserved(id avow.PolicyID) bool { return slices.Contains(reserved, string(id)) }

func (c *compiler) head() {
	f := c.file
	if id := f.Policy; Reserved(avow.PolicyID(id.Text)) {
		c.fault(id.Pos, "reserved-id", fmt.Sprintf("%q is a word of the console's own addresses", id.Text), "the console's pages of this policy could not be reached", "give the policy another id, such as "+id.Text+"-app")
	}
	if f.Effective.IsZero() {
		c.fault(f.At, "no-effective-date", "the policy has no effective date", "nothing is allowed before a policy takes effect", "write effective: with a date such as 2026-12-31")
	}
	if len(f.Controller.Contacts) == 0 {
		c.fault(f.Controller.At, "no-contact", "the controller has no contact", "people must be able to reach somebody", "list at least one live channel under contacts")
	}
	if n := len(f.Acceptance.Documents); n > 64 {
		c.fault(f.Acceptance.Documents[64].At, "over-limit", fmt.Sprintf("%d documents, at most 64", n), "decisions are made on sets of fixed size", "join documents that open the same features")
	}
}

// limits keeps every kind of word within the size of a set.
func (c *compiler) limits() {
	f := c.file
	regions := map[string]bool{}
	for i := range f.Places {
		e := &f.Places[i]
		regions[e.Region.Text] = true
		asked := map[string]bool{}
		for _, at := range placesOf(f, e.Region.Text) {
			for _, w := range at.Choice {
				asked[w.Text] = true
			}
		}
		if len(asked) > maxNeeded {
			c.fault(e.Region.Pos, "over-limit", fmt.Sprintf("data that goes to %s needs %d choices, at most %d", e.Region.Text, len(asked), maxNeeded),
				"nobody can follow a move that hangs on more", "let one choice speak of several places")
		}
	}
	for _, l := range []struct {
		section string
		n, most int
	}{
		{"data", len(f.Data), maxWords},
		{"purposes", len(f.Purposes), maxWords},
		{"choices", len(f.Choices), maxWords},
		{"points", len(f.Points), maxWords},
		{"features", len(f.Features), maxWords},
		{"sources", len(f.Sources), maxWords - 2}, // person and device are two more
		{"recipients", len(f.Parties), maxWords},
		{"roles", len(f.Roles), maxWords},
		{"demands", len(f.Demands), maxWords},
		{"never", len(f.Never), 1 << 14},
		{"regions of places", len(regions), maxWords},
	} {
		if l.n > l.most {
			c.fault(f.At, "over-limit", fmt.Sprintf("%d %s, at most %d", l.n, l.section, l.most),
				"decisions are made on sets of fixed size", "join entries that are treated alike, or split the policy")
		}
	}
}

// carried checks that each registered clause is carried by an entry. Entries
// that cite an unregistered clause are dangling references.
func (c *compiler) carried() {
	cited := map[string]bool{}
	for _, e := range c.entries {
		for _, w := range e.Head.Clause {
			cited[w.Text] = true
		}
	}
	for i := range c.file.Clauses {
		if id := c.file.Clauses[i].ID; !cited[id.Text] {
			c.fault(id.Pos, "clause-not-carried", fmt.Sprintf("no entry carries clause %s", id.Text),
				"a promise of the original text would be dropped in silence", "add clause: ["+id.Text+"] to the entry that keeps it")
		}
	}
}

// grammar checks a regular expression that values are held to.
func (c *compiler) grammar(g syntax.Str) {
	if g.Text == "" {
		return
	}
	if _, err := regexp.Compile(g.Text); err != nil {
		c.fault(g.Pos, "bad-grammar", "the grammar is no RE2 regular expression: "+err.Error(), "values could not be checked", "correct the expression")
	}
}

func (c *compiler) data() {
	for i := range c.file.Cookies {
		c.grammar(c.file.Cookies[i].Grammar)
	}
	for i := range c.file.Data {
		e := &c.file.Data[i]
		c.grammar(e.Grammar)
		if e.Type.Text == "password" && inVault(e) && !c.hashed(e.ID.Text) {
			c.fault(e.ID.Pos, "password-not-hashed", fmt.Sprintf("password %q has no form hash-password at ingest", e.ID.Text),
				"a password that can be read back can be stolen", "add a form with do: hash-password, when: ingest")
		}
	}
	for i := range c.file.Access {
		if e := &c.file.Access[i]; e.Kind.Text == "password" {
			c.passwordFloor(e)
		}
	}
}

// passwordFloor holds Argon2id to the OWASP floor: 19 MiB and two passes.
func (c *compiler) passwordFloor(e *syntax.Access) {
	const memory, passes = 19456, 2
	if e.Memory.Set && e.Memory.N < memory {
		c.fault(e.Memory.Pos, "password-hash-floor", fmt.Sprintf("Argon2id with %d KiB", e.Memory.N), "stolen hashes could be guessed too cheaply", "use at least 19456 with two passes")
	}
	if e.Passes.Set && e.Passes.N < passes {
		c.fault(e.Passes.Pos, "password-hash-floor", fmt.Sprintf("Argon2id with %d passes", e.Passes.N), "stolen hashes could be guessed too cheaply", "use at least 2")
	}
}

func inVault(e *syntax.Datum) bool { return e.Held.Text == "" || e.Held.Text == "vault" }

func personal(e *syntax.Datum) bool { return e.Class.Text == "" || e.Class.Text == "personal" }

func (c *compiler) hashed(datum string) bool {
	return slices.ContainsFunc(c.file.Forms, func(f syntax.Form) bool {
		return f.Do.Text == "hash-password" && f.When.Text == "ingest" && len(f.For) == 0 && syntax.Has(f.Data, datum)
	})
}

// datum returns the declaration of a datum, or nil.
func (c *compiler) datum(id string) *syntax.Datum {
	i := slices.IndexFunc(c.file.Data, func(e syntax.Datum) bool { return e.ID.Text == id })
	if i < 0 {
		return nil
	}
	return &c.file.Data[i]
}

// needs yields the conditions of all rules.
func (c *compiler) needs() iter.Seq[*syntax.Needs] {
	return func(yield func(*syntax.Needs) bool) {
		for r := range c.basedRules() {
			if !yield(r.needs) {
				return
			}
		}
	}
}

// based is a rule that rests on a legal basis.
type based struct {
	head           *syntax.Head
	data, to       []syntax.Word
	purposes, form []syntax.Word
	basis          syntax.Word
	needs          *syntax.Needs
}

func (c *compiler) basedRules() iter.Seq[based] {
	return func(yield func(based) bool) {
		for i := range c.file.Collect {
			e := &c.file.Collect[i]
			if !yield(based{&e.Head, e.Data, nil, e.For, nil, e.Basis, &e.Needs}) {
				return
			}
		}
		for i := range c.file.Use {
			e := &c.file.Use[i]
			if !yield(based{&e.Head, e.Data, nil, e.For, e.Form, e.Basis, &e.Needs}) {
				return
			}
		}
		for i := range c.file.Share {
			e := &c.file.Share[i]
			if !yield(based{&e.Head, e.Data, e.To, e.For, e.Form, e.Basis, &e.Needs}) {
				return
			}
		}
	}
}

// loadLaw loads the law packs that the policy names.
func (c *compiler) loadLaw() {
	for _, w := range c.file.Law {
		p, err := law.Load(w.Text)
		if err != nil {
			c.fault(w.Pos, "unknown-law-pack", err.Error(), "numbers that depend on the law come from its pack", "name one of the packs that exist")
			continue
		}
		c.law = append(c.law, p)
	}
}
