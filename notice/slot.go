package notice

import (
	"strconv"

	"avow.dev/policy/syntax"
)

// The functions here turn fields of a rule into slots of a message. Each takes
// the slot's name first. An empty field becomes an empty slot.

func words(name, s string) slot {
	n := 0
	if s != "" {
		n = 1
	}
	return slot{name, value{s, n}}
}

func number(name string, n int64) slot {
	return slot{name, value{strconv.FormatInt(n, 10), int(n)}}
}

func (b *builder) num(name string, n syntax.Num) slot {
	if !n.Set {
		return slot{name: name}
	}
	return number(name, n.N)
}

func (b *builder) str(name string, s syntax.Str) slot { return words(name, clean(s.Text)) }

func (b *builder) strs(name string, all []syntax.Str) slot {
	items := make([]string, 0, len(all))
	for _, s := range all {
		items = append(items, clean(s.Text))
	}
	return slot{name, b.tongue.list("and", items)}
}

func (b *builder) txt(name string, t syntax.Text) slot { return words(name, b.text(t)) }

// refs lists the names of entries.
func (b *builder) refs(name, sort string, ids []syntax.Word) slot {
	return b.joined(name, "and", sort, ids)
}

func (b *builder) joined(name, kind, sort string, ids []syntax.Word) slot {
	items := make([]string, 0, len(ids))
	for _, id := range ids {
		items = append(items, b.label(sort, id.Text))
	}
	return slot{name, b.tongue.list(kind, items)}
}

// quoted lists names of choices and documents in the quotes of the language.
func (b *builder) quoted(name, sort string, ids []syntax.Word) slot {
	items := make([]string, 0, len(ids))
	for _, id := range ids {
		items = append(items, b.quote(b.label(sort, id.Text)))
	}
	return slot{name, b.tongue.list("and", items)}
}

func (b *builder) quote(s string) string { return b.say("quote", words("s", s)) }

// pick is the words that the language has for a word of a closed list.
func (b *builder) pick(name, table string, w syntax.Word) slot {
	if w.Text == "" {
		return slot{name: name}
	}
	return words(name, b.say(table+"."+w.Text))
}

// picks joins the words for several words of a closed list with "and".
func (b *builder) picks(name, table string, all []syntax.Word) slot {
	return b.picked(name, "and", table, all)
}

func (b *builder) picked(name, kind, table string, all []syntax.Word) slot {
	items := make([]string, 0, len(all))
	for _, w := range all {
		items = append(items, b.say(table+"."+w.Text))
	}
	return slot{name, b.tongue.list(kind, items)}
}

// length is a duration: "90 days", "at once".
func (b *builder) length(name string, p syntax.Period) slot {
	if !p.Set {
		return slot{name: name}
	}
	return words(name, b.duration(p))
}

// every is a duration as an interval: "every 7 days", "every day".
func (b *builder) every(p syntax.Period) slot {
	switch {
	case !p.Set:
		return slot{name: "every"}
	case p.N == 1:
		return words("every", b.say("every."+string(p.Unit)))
	}
	return words("every", b.say("every", words("d", b.duration(p))))
}

// within is a duration as a deadline: "within 90 days", "at once".
func (b *builder) within(name string, p syntax.Period) slot {
	if !p.Set {
		return slot{name: name}
	}
	if p.N == 0 {
		return words(name, b.duration(p))
	}
	return words(name, b.say("within", words("d", b.duration(p))))
}

func (b *builder) duration(p syntax.Period) string {
	if p.N == 0 {
		return b.say("at-once")
	}
	return b.say("unit."+string(p.Unit), number("n", p.N))
}

// keep is a retention expression: "90 days after your account is closed".
func (b *builder) keep(k syntax.Keep) string {
	event := b.say("event." + k.After.Text)
	if k.Period.N == 0 {
		return b.say("keep.at-once", words("event", event))
	}
	return b.say("keep", words("d", b.duration(k.Period)), words("event", event))
}

func (b *builder) date(d syntax.Date) string {
	if d.IsZero() {
		return ""
	}
	return b.say("date", number("y", int64(d.Year)), words("m", b.say("month."+strconv.Itoa(d.Month))), number("d", int64(d.Day)))
}

func (b *builder) region(name string, w syntax.Word) slot {
	if w.Text == "" {
		return slot{name: name}
	}
	return words(name, b.tongue.region(w.Text))
}
