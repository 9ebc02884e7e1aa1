package policy

import (
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// never is one prohibition before it is laid over the rules.
type never struct {
	verbs       [avow.Verbs]bool
	anyDatum    bool
	data        set
	anyPurpose  bool
	purposes    set
	except      []string
	prohibition ban
}

// trade lists the words for giving data away for gain. They are kinds of
// sharing, and no purpose makes them something else.
const trade = " sell rent license distribute "

func (c *compiler) lowerNevers() {
	c.banLists = map[string]uint16{"": 0}
	c.p.table.bans = [][]ban{nil}
	for i := range c.file.Never {
		e := &c.file.Never[i]
		direct := c.newNever(e)
		sold := direct
		sold.verbs, sold.anyPurpose = [avow.Verbs]bool{}, true
		for _, w := range e.Verbs {
			if verb, ok := avow.ParseVerb(w.Text); ok {
				direct.verbs[verb] = true
			} else if strings.Contains(trade, " "+w.Text+" ") {
				sold.verbs[avow.Share] = true
			}
		}
		c.nevers = append(c.nevers, direct, sold)
	}
}

func (c *compiler) newNever(e *syntax.Never) never {
	w := &c.p.words
	return never{
		anyDatum: len(e.Data) == 0, data: setOf(w.data, e.Data),
		anyPurpose: len(e.For) == 0, purposes: setOf(w.purposes, e.For),
		except: syntax.Texts(e.Except),
		prohibition: ban{
			rule:   c.p.byID[e.ID.Text],
			anyone: len(e.To) == 0, to: setOf(w.dims[dimRecipient], e.To),
			grounds: setOf(c.demandsOnly(), e.Except), sources: c.exceptedSources(e),
		},
	}
}

// exceptedSources numbers the declared sources among the exceptions: a rule may
// be called person or device too.
func (c *compiler) exceptedSources(e *syntax.Never) set {
	var s set
	for _, w := range e.Except {
		if id, ok := c.p.words.dims[dimSource].id(w.Text); ok && c.sections["sources"][w.Text] {
			s.add(id)
		}
	}
	return s
}

// demandsOnly numbers the demands by id alone, so that an exception is never
// mistaken for a ground of the same name.
func (c *compiler) demandsOnly() *names {
	return newNames(c.p.words.dims[dimGround].words)
}

func (n *never) applies(k cellKey, rule string) bool {
	if !n.verbs[k.verb] || rule != "" && slices.Contains(n.except, rule) {
		return false
	}
	if !n.anyDatum && (k.datum >= maxWords || !n.data.has(k.datum)) {
		return false
	}
	return n.anyPurpose || k.purpose < maxWords && n.purposes.has(k.purpose)
}

// banFor returns the list of prohibitions that lie over a rule ("" for none) in
// a cell.
func (c *compiler) banFor(k cellKey, rule string) uint16 {
	var key strings.Builder
	var list []ban
	for i := range c.nevers {
		if c.nevers[i].applies(k, rule) {
			key.WriteByte(byte(i))
			key.WriteByte(byte(i >> 8))
			list = append(list, c.nevers[i].prohibition)
		}
	}
	if id, ok := c.banLists[key.String()]; ok {
		return id
	}
	id := uint16(len(c.p.table.bans))
	c.banLists[key.String()] = id
	c.p.table.bans = append(c.p.table.bans, list)
	return id
}
