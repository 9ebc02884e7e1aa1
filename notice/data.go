package notice

import (
	"slices"

	"avow.dev/policy/syntax"
	"avow.dev/policy/vocab"
)

// data says what is known about people and why: the table of data, purposes
// and choices.
func (b *builder) data() {
	b.chapter(Full, "data")
	b.dataTable()
	b.dataRemarks()
	b.chapter(Full, "purposes")
	b.purposes()
	b.chapter(Full, "choices")
	b.choices()
}

// flow is what the rest of the policy says about one kind of data.
type flow struct {
	why, basis, where, keep, who []string
	rules                        []string
}

func (fl *flow) note(key string) {
	if !slices.Contains(fl.rules, key) {
		fl.rules = append(fl.rules, key)
	}
}

func add(to *[]string, items ...string) {
	for _, s := range items {
		if s != "" && !slices.Contains(*to, s) {
			*to = append(*to, s)
		}
	}
}

func (b *builder) labels(sort string, ids []syntax.Word) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, b.label(sort, id.Text))
	}
	return out
}

func (b *builder) flow(datum string) flow {
	var fl flow
	for i := range b.file.Collect {
		c := &b.file.Collect[i]
		if !syntax.Has(c.Data, datum) {
			continue
		}
		fl.note(b.key(b.on(&c.Head)))
		add(&fl.why, b.labels("purposes", c.For)...)
		add(&fl.basis, b.basis(c.Basis))
		add(&fl.where, b.labels("points", c.Points)...)
	}
	for i := range b.file.Use {
		u := &b.file.Use[i]
		if syntax.Has(u.Data, datum) {
			fl.note(b.key(b.on(&u.Head)))
			add(&fl.why, b.labels("purposes", u.For)...)
			add(&fl.basis, b.basis(u.Basis))
		}
	}
	for i := range b.file.Retain {
		r := &b.file.Retain[i]
		if syntax.Has(r.Data, datum) {
			fl.note(b.key(b.on(&r.Head)))
			add(&fl.keep, b.keep(r.Keep))
		}
	}
	for i := range b.file.Permissions {
		p := &b.file.Permissions[i]
		if syntax.Has(p.Data, datum) {
			fl.note(b.key(b.on(&p.Head)))
			add(&fl.why, b.labels("purposes", p.For)...)
			add(&fl.where, b.say("data.permission"))
		}
	}
	for i := range b.file.Share {
		s := &b.file.Share[i]
		if syntax.Has(s.Data, datum) {
			fl.note(b.key(b.on(&s.Head)))
			add(&fl.who, b.receivers(s)...)
		}
	}
	return fl
}

// receivers names who gets data by a rule; bodies of the state are named once,
// together, because none of them gets data without a demand.
func (b *builder) receivers(s *syntax.Share) []string {
	out := make([]string, 0, len(s.To))
	for _, w := range s.To {
		p, ok := b.thing("recipients", w.Text).(*syntax.Party)
		if ok && s.Verb.Text == "disclose" && official(p.Kind.Text) {
			add(&out, b.say("data.authorities"))
			continue
		}
		add(&out, b.label("recipients", w.Text))
	}
	return out
}

// ends lists when data goes: several ends stand side by side.
func (b *builder) ends(keep []string) string {
	if len(keep) == 0 {
		return b.say("data.not-kept")
	}
	return upperFirst(b.tongue.strung("row.joint", keep))
}

func (b *builder) basis(w syntax.Word) string { return b.say("basis." + w.Text) }

func (b *builder) dataTable() {
	columns := b.columns("what", "why", "basis", "where", "keep", "recipients")
	var rows []Sentence
	for i := range b.file.Data {
		d := &b.file.Data[i]
		fl := b.flow(b.on(&d.Head).ID.Text)
		b.on(&d.Head)
		cells := []Cell{
			{Text: upperFirst(b.label("data", d.ID.Text)), Tags: b.tags(d)},
			{Text: b.cell(fl.why, "data.no-purpose")},
			{Text: b.cell(fl.basis, "data.no-basis")},
			{Text: b.cell(fl.where, "data.not-collected")},
			{Text: b.ends(fl.keep)},
			{Text: b.cell(fl.who, "data.nobody")},
		}
		row := b.row(columns, cells, &d.Head)
		b.cite(&row, fl.rules...)
		rows = append(rows, row)
	}
	if len(b.file.Collect) == 0 && len(rows) > 0 {
		b.paragraph("data", b.tell(b.say("data.none-collected"), b.nothingRules()...))
	}
	b.table("data", "", columns, rows)
}

// cell lists what the field of a table holds, or says that there is nothing.
func (b *builder) cell(items []string, none string) string {
	if len(items) == 0 {
		return b.say(none)
	}
	return upperFirst(b.tongue.series(items))
}

// tags are the marks beside a kind of data.
func (b *builder) tags(d *syntax.Datum) []string {
	var out []string
	for _, mark := range []struct {
		yes bool
		key string
	}{
		{b.sensitive(d), "tag.sensitive"},
		{d.Class.Text == "non-personal", "tag.non-personal"},
		{d.Class.Text == "statistics", "tag.statistics"},
		{d.About.Text == "non-user", "tag.non-user"},
		{d.About.Text == "device", "tag.device"},
	} {
		if mark.yes {
			out = append(out, b.say(mark.key))
		}
	}
	return out
}

// sensitive reports whether the policy or one of its law packs calls the datum
// sensitive personal information.
func (b *builder) sensitive(d *syntax.Datum) bool {
	if d.Level.Text != "" {
		return d.Level.Text == "sensitive"
	}
	slug := d.ID.Text
	if d.Term.Text != "" {
		slug = d.Term.Text
	}
	t, ok := vocab.Datum(slug)
	return ok && slices.ContainsFunc(b.file.Law, func(w syntax.Word) bool { return t.SensitiveUnder(w.Text) })
}

// dataRemarks says in sentences what the table can only mark.
func (b *builder) dataRemarks() {
	for _, r := range []struct {
		key  string
		want func(*syntax.Datum) bool
	}{
		{"data.sensitive", b.sensitive},
		{"data.non-personal", func(d *syntax.Datum) bool { return d.Class.Text == "non-personal" }},
		{"data.statistics", func(d *syntax.Datum) bool { return d.Class.Text == "statistics" }},
		{"data.non-user", func(d *syntax.Datum) bool { return d.About.Text == "non-user" }},
		{"data.held-app", func(d *syntax.Datum) bool { return d.Held.Text == "app" }},
		{"data.held-nowhere", func(d *syntax.Datum) bool { return d.Held.Text == "nowhere" }},
	} {
		var names, rules []string
		for i := range b.file.Data {
			if d := &b.file.Data[i]; r.want(d) {
				names = append(names, b.label("data", d.ID.Text))
				rules = append(rules, b.key(&d.Head))
			}
		}
		if len(names) > 0 {
			b.paragraph("data", b.tell(b.say(r.key, slot{"data", b.tongue.list("and", names)}), rules...))
		}
	}
}

func (b *builder) purposes() {
	var items []Sentence
	var idle []string
	var idleHeads []*syntax.Head
	for i := range b.file.Purposes {
		p := &b.file.Purposes[i]
		b.on(&p.Head)
		data, rules := b.dataFor(p.ID.Text)
		if len(data) == 0 {
			idle = append(idle, b.label("purposes", p.ID.Text))
			idleHeads = append(idleHeads, &p.Head)
			continue
		}
		s := b.own(b.say("purpose.uses", slot{"data", b.tongue.list("and", data)}), &p.Head)
		s.Lead = upperFirst(b.label("purposes", p.ID.Text))
		b.cite(&s, rules...)
		items = append(items, s)
	}
	if len(items) > 0 {
		b.paragraph("purposes", b.tell(b.say("purposes.intro"), keys(b, b.file.Purposes, func(p *syntax.Purpose) *syntax.Head { return &p.Head })...))
	}
	b.list("purposes", "", items...)
	if len(idle) > 0 {
		b.paragraph("purposes", b.own(b.say("purposes.idle", slot{"purposes", b.tongue.list("and", idle)}), idleHeads...))
	}
}

// dataFor names the data that serve a purpose.
func (b *builder) dataFor(purpose string) (data, rules []string) {
	for i := range b.file.Collect {
		if c := &b.file.Collect[i]; syntax.Has(c.For, purpose) {
			rules = append(rules, b.key(b.on(&c.Head)))
			add(&data, b.labels("data", c.Data)...)
		}
	}
	for i := range b.file.Use {
		if u := &b.file.Use[i]; syntax.Has(u.For, purpose) {
			rules = append(rules, b.key(b.on(&u.Head)))
			add(&data, b.labels("data", u.Data)...)
		}
	}
	for i := range b.file.Share {
		if s := &b.file.Share[i]; syntax.Has(s.For, purpose) {
			rules = append(rules, b.key(b.on(&s.Head)))
			add(&data, b.labels("data", s.Data)...)
		}
	}
	for i := range b.file.Releases {
		if r := &b.file.Releases[i]; syntax.Has(r.For, purpose) {
			rules = append(rules, b.key(b.on(&r.Head)))
			add(&data, b.labels("data", r.Data)...)
		}
	}
	return data, rules
}

func (b *builder) choices() {
	var items []Sentence
	for i := range b.file.Choices {
		c := &b.file.Choices[i]
		b.on(&c.Head)
		s := b.own(b.tongue.run(
			b.say("choice.kind."+c.Kind.Text),
			b.say("choice.for", b.refs("for", "purposes", c.For)),
			b.set("choice.data", b.refs("data", "data", c.Data)),
			b.set("choice.to", b.refs("to", "recipients", c.To)),
			b.when(syntax.Has(c.Signal, "gpc"), "choice.gpc"),
			b.set("choice.withdraw", b.picked("where", "or", "withdraw", c.Withdraw)),
			b.when(c.HeldToo.On, "choice.held-too"),
			b.set("choice.stops", b.refs("features", "features", c.Stops)),
			b.set("choice.expires", b.length("d", c.Expires)),
			b.set("choice.re-ask", b.length("d", c.ReAsk)),
			b.when(c.Programme.On, "choice.programme"),
		), &c.Head)
		s.Lead = b.label("choices", c.ID.Text)
		items = append(items, s)
	}
	b.list("choices", "", items...)
}
