package notice

import (
	"time"

	"avow.dev/policy/syntax"
)

// people says rights, minors, incidents, changes, openness, statements,
// waivers and attestations.
func (b *builder) people() {
	b.chapter(Full, "rights")
	b.rights()
	b.chapter(Full, "minors")
	b.minors()
	b.chapter(Full, "incidents")
	b.incidents()
	b.chapter(Full, "changes")
	b.changes()
	b.chapter(Full, "openness")
	b.openness()
	b.chapter(Full, "inform")
	b.inform()
	b.chapter(Full, "waivers")
	b.waivers()
	b.chapter(Full, "attestations")
	b.attestations()
}

func (b *builder) rights() {
	columns := b.columns("right", "how", "within", "costs", "refusal")
	var rows []Sentence
	for i := range b.file.Rights {
		r := &b.file.Rights[i]
		b.on(&r.Head)
		var tags []string
		if len(r.Data) > 0 {
			tags = b.labels("data", r.Data)
		}
		rows = append(rows, b.row(columns, []Cell{
			{Text: b.say("right." + r.Right.Text), Tags: tags},
			{Text: upperFirst(b.picked("", "or", "right.how", r.How).words)},
			{Text: b.answered(r)},
			{Text: b.fee(r)},
			{Text: b.refusals(r)},
		}, &r.Head))
	}
	if len(rows) > 0 {
		b.paragraph("rights", b.tell(b.say("rights.intro"), keys(b, b.file.Rights, func(r *syntax.Right) *syntax.Head { return &r.Head })...))
	}
	b.table("rights", "", columns, rows)
}

// answered says the effective clock: the shortest of the policy's and those of
// its law packs.
func (b *builder) answered(r *syntax.Right) string {
	effect := ""
	switch {
	case r.Effect.Text == "on-review":
		effect = b.say("right.effect.on-review")
		if r.Approvals.N > 1 {
			effect = b.say("right.effect.approved", b.num("people", r.Approvals))
		}
	case r.Effect.Text == "at-once", syntax.Has([]syntax.Word{{Text: "withdraw"}, {Text: "object"}, {Text: "opt-out"}, {Text: "take-down"}}, r.Right.Text):
		effect = b.say("right.effect.at-once")
	}
	clock := b.by(b.replyClock(r))
	switch {
	case clock != "":
		return b.tongue.run(b.tongue.stopped(upperFirst(clock)), effect)
	case effect == "":
		return b.say("right.at-once")
	}
	return effect
}

func (b *builder) fee(r *syntax.Right) string {
	if r.Fee.Text == "free" {
		return b.say("right.free")
	}
	return b.say("right.fee-open")
}

func (b *builder) refusals(r *syntax.Right) string {
	if len(r.Refusals) == 0 {
		return b.tongue.run(b.say("right.never-refused"), b.when(r.Complain.On, "right.route"))
	}
	return b.tongue.run(
		b.tongue.stopped(upperFirst(b.picked("", "or", "refusal", r.Refusals).words)),
		b.when(r.Evidence.On, "right.evidence"),
		b.when(r.Complain.On, "right.route"),
	)
}

func (b *builder) minors() {
	var all []Sentence
	for i := range b.file.Minors {
		m := &b.file.Minors[i]
		b.on(&m.Head)
		all = append(all, b.own(b.tongue.run(
			b.say("minor."+m.Rule.Text, b.num("age", m.Age), b.picked("verbs", "or", "minor.verb", m.Verbs)),
			b.when(m.Keeps.Text != "", "minor.keeps."+m.Keeps.Text),
		), &m.Head))
	}
	b.list("minors", "", all...)
}

func (b *builder) incidents() {
	var all []Sentence
	for i := range b.file.Incidents {
		n := &b.file.Incidents[i]
		b.on(&n.Head)
		all = append(all, b.own(b.tongue.run(
			b.set("incident.tells", b.picks("what", "incident.tell", n.Tells)),
			b.set("incident.within", words("within", b.by(b.breachClock(n.Within)))),
			b.set("incident.channels", b.picked("channels", "or", "channel", n.Channels)),
			b.when(n.Announce.On, "incident.announce"),
			b.when(n.Regulators.On, "incident.regulators"),
		), &n.Head))
	}
	for _, s := range all {
		b.paragraph("incidents", s)
	}
}

func (b *builder) changes() {
	var all []Sentence
	for i := range b.file.Changes {
		c := &b.file.Changes[i]
		b.on(&c.Head)
		all = append(all, b.own(b.tongue.run(
			b.say("change."+c.Rule.Text, b.length("notice", c.Notice), b.picked("channels", "or", "change.channel", c.Channel), b.picks("reasons", "change.reason", c.Reasons)),
			b.when(c.Widens.Text != "", "change.widening."+c.Widens.Text),
		), &c.Head))
	}
	b.list("changes", "", all...)
}

func (b *builder) openness() {
	var all []Sentence
	for i := range b.file.Openness {
		o := &b.file.Openness[i]
		b.on(&o.Head)
		all = append(all, b.own(b.say("openness."+o.Rule.Text), &o.Head))
	}
	b.list("openness", "", all...)
}

func (b *builder) inform() {
	var all []Sentence
	for i := range b.file.Inform {
		n := &b.file.Inform[i]
		b.on(&n.Head)
		all = append(all, b.own(b.tongue.run(
			b.statement(n.Say),
			b.set("inform.for", slot{"things", b.tongue.list("and", b.mentions(n.For))}),
		), &n.Head))
	}
	b.list("inform", "", all...)
}

// mentions names the things that a statement is about.
func (b *builder) mentions(all []syntax.Word) []string {
	var out []string
	for _, w := range all {
		add(&out, b.mention(w.Text))
	}
	return out
}

func (b *builder) mention(id string) string {
	for _, section := range []string{"recipients", "features", "data", "purposes", "choices", "scope", "points", "roles"} {
		if b.thing(section, id) != nil {
			return b.label(section, id)
		}
	}
	switch t := b.thing("places", id).(type) {
	case *syntax.Place:
		return b.tongue.region(t.Region.Text)
	}
	switch t := b.thing("documents", id).(type) {
	case *syntax.Document:
		return b.quote(b.text(t.Name))
	}
	if b.thing(syntax.Rules, id) == nil {
		b.fail("nothing is called %q", id)
	}
	return ""
}

func (b *builder) waivers() {
	var all []Sentence
	for i := range b.file.Waivers {
		w := &b.file.Waivers[i]
		b.on(&w.Head)
		all = append(all, b.own(b.say("waiver", b.pick("what", "waiver.of", w.Of)), &w.Head))
	}
	b.list("waivers", "", all...)
}

func (b *builder) attestations() {
	columns := b.columns("attested", "answers", "evidence", "attested-on", "state")
	var rows []Sentence
	for i := range b.file.Attest {
		a := &b.file.Attest[i]
		b.on(&a.Head)
		rows = append(rows, b.row(columns, []Cell{
			{Text: b.say("attest." + a.Says.Text)},
			{Text: b.text(a.By)},
			{Text: b.say("attest.evidence", b.str("name", a.Evidence), b.str("sha256", a.SHA256))},
			{Text: b.date(a.Date)},
			{Text: b.attestState(a), Tags: b.attestTags(a)},
		}, &a.Head))
	}
	if len(rows) > 0 {
		b.paragraph("attestations", b.tell(b.say("attestations.intro"), keys(b, b.file.Attest, func(a *syntax.Attestation) *syntax.Head { return &a.Head })...))
	}
	b.table("attestations", "", columns, rows)
}

func (b *builder) attestState(a *syntax.Attestation) string {
	return b.say("attest.until", words("date", b.date(a.Expires)))
}

func (b *builder) attestTags(a *syntax.Attestation) []string {
	if b.expired(a.Expires) {
		return []string{b.say("attest.expired")}
	}
	return []string{b.say("attest.state")}
}

// expired reports whether the day after d has begun in UTC.
func (b *builder) expired(d syntax.Date) bool {
	if d.IsZero() {
		return true
	}
	return !b.now.Before(time.Date(d.Year, time.Month(d.Month), d.Day+1, 0, 0, 0, 0, time.UTC))
}
