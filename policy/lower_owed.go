package policy

import (
	"strings"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// owed returns the number of the list of obligations that a rule leaves in a
// cell.
func (c *compiler) owed(r *proto, k cellKey) uint32 {
	var list []avow.Obligation
	if r.verb == avow.Collect {
		list = c.ingestForms(k)
		for _, rule := range c.p.retentionOf(k.datum, k.purpose) {
			list = append(list, avow.Obligation{Kind: avow.Expire, Arg: string(rule.ID)})
		}
	} else {
		list = c.outputForms(r, k)
	}
	n := c.listNumber(list)
	if r.verb.Outbound() {
		c.extend(n, list, k)
	}
	return n
}

func (c *compiler) listNumber(list []avow.Obligation) uint32 {
	var key strings.Builder
	for _, o := range list {
		key.WriteByte(byte(o.Kind))
		key.WriteString(o.Arg)
		key.WriteByte(0)
	}
	if n, ok := c.owedLists[key.String()]; ok {
		return n
	}
	n := uint32(len(c.p.table.obligations))
	c.owedLists[key.String()] = n
	c.p.table.obligations = append(c.p.table.obligations, list)
	return n
}

// ingestForms lists the transformations before the first durable write.
func (c *compiler) ingestForms(k cellKey) []avow.Obligation {
	var list []avow.Obligation
	for i := range c.file.Forms {
		if e := &c.file.Forms[i]; e.When.Text == "ingest" && c.shapes(e, k) {
			list = append(list, avow.Obligation{Kind: avow.Transform, Arg: e.ID.Text})
		}
	}
	return list
}

// outputForms lists the transformations that a rule names for a datum on its
// way out.
func (c *compiler) outputForms(r *proto, k cellKey) []avow.Obligation {
	var list []avow.Obligation
	for i := range c.file.Forms {
		if e := &c.file.Forms[i]; syntax.Has(r.forms, e.ID.Text) && c.shapes(e, k) {
			list = append(list, avow.Obligation{Kind: avow.Transform, Arg: e.ID.Text})
		}
	}
	return list
}

// shapes reports whether a form applies to the datum and purpose of a cell.
func (c *compiler) shapes(e *syntax.Form, k cellKey) bool {
	w := &c.p.words
	return syntax.Has(e.Data, w.data.word(int(k.datum))) && (len(e.For) == 0 || syntax.Has(e.For, w.purposes.word(int(k.purpose))))
}

// extend prepares what a recipient or ground may add to a list, so that a
// decision allocates nothing. The purpose tag and the notice come last.
func (c *compiler) extend(n uint32, list []avow.Obligation, k cellKey) {
	tag := avow.Obligation{Kind: avow.Tag, Arg: c.p.words.purposes.word(int(k.purpose))}
	key := extension{list: n, purpose: k.purpose}
	for _, told := range c.notices() {
		key.notify = told.number
		tail := list[:len(list):len(list)]
		if told.number != 0 {
			tail = append(tail, avow.Obligation{Kind: avow.NotifyAfter, Arg: told.demand})
		}
		key.tagged = false
		c.p.table.extended[key] = tail
		key.tagged = true
		c.p.table.extended[key] = append(list[:len(list):len(list)], append([]avow.Obligation{tag}, tail[len(list):]...)...)
	}
}

type toldAfter struct {
	number uint8
	demand string
}

// notices lists the demands that people are told of afterwards, by the numbers
// of lowerGrounds; number 0 is no demand.
func (c *compiler) notices() []toldAfter {
	list := []toldAfter{{}}
	for i := range c.file.Demands {
		if e := &c.file.Demands[i]; e.Notice.Text == "after" || e.Notice.Text == "when-gag-ends" {
			list = append(list, toldAfter{number: uint8(len(list)), demand: e.ID.Text})
		}
	}
	return list
}
