package policy

import (
	"time"

	"avow.dev"
	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// Read parses and compiles the text of a policy. Faults are the error, as
// [syntax.Faults]; name is used in them only.
func Read(name string, src []byte) (*Program, error) {
	f, faults := syntax.Parse(name, src)
	if len(faults) > 0 {
		return nil, faults
	}
	p, faults := Compile(f)
	return p, faults.Err()
}

// Compile checks the meaning of a policy and compiles it. It reports all faults
// at once, ordered by place; where there is one, there is no program.
//
// The program keeps f, which must not be changed afterwards.
func Compile(f *syntax.File) (*Program, syntax.Faults) {
	c := &compiler{file: f, sections: map[string]map[string]bool{}}
	c.register()
	c.loadLaw()
	c.check()
	if len(c.faults) > 0 {
		c.faults.Sort()
		return nil, c.faults
	}
	return c.lower(), nil
}

// compiler holds one compilation.
type compiler struct {
	file     *syntax.File
	faults   syntax.Faults
	sections map[string]map[string]bool // ids by section
	entries  []syntax.Entry             // in the order of the file
	p        *Program

	nevers       []never
	lists        map[cellKey][]entry
	alternatives map[alternative]uint32
	banLists     map[string]uint16
	owedLists    map[string]uint32
	strangers    set // data that may be collected without an account
	law          []law.Pack
}

type cellKey struct {
	verb           avow.Verb
	datum, purpose uint16
}

func (c *compiler) fault(pos syntax.Pos, id, what, why, try string) {
	c.faults = append(c.faults, c.file.Fault(pos, id, what, why, try))
}

// lower compiles a policy that has no faults.
func (c *compiler) lower() *Program {
	f := c.file
	hashed := make(chan avow.Hash) // as much work as all the rest: beside it
	go func() { hashed <- avow.Hash(f.Hash()) }()
	c.p = &Program{
		file:      f,
		effective: time.Date(f.Effective.Year, time.Month(f.Effective.Month), f.Effective.Day, 0, 0, 0, 0, time.UTC),
	}
	c.lowerWords()
	c.lowerRuleInfo()
	c.lowerInfo()
	c.lowerRetention()
	c.lowerContexts()
	c.lowerStanding()
	c.lowerNevers()
	c.lowerRules()
	c.layOut()
	c.p.hash = <-hashed
	c.p.accepted = []avow.Hash{c.p.hash}
	return c.p
}

// setOf returns the numbers of words in n.
func setOf(n *names, words []syntax.Word) set {
	var s set
	for _, w := range words {
		if id, ok := n.id(w.Text); ok {
			s.add(id)
		}
	}
	return s
}

// idsOf returns the distinct numbers of words in n, in their order.
func idsOf(n *names, words []syntax.Word) []uint16 {
	var s set
	out := make([]uint16, 0, len(words))
	for _, w := range words {
		if id, ok := n.id(w.Text); ok && !s.has(id) {
			s.add(id)
			out = append(out, id)
		}
	}
	return out
}
