package policy

import (
	"fmt"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// prohibitions compares the rules of never. A prohibition that no other of the
// new text covers is a promise given up, even if no rule used the freedom yet.
func (d *differ) prohibitions() {
	gone := func(from, to []syntax.Never) []syntax.Never {
		return slices.DeleteFunc(slices.Clone(from), func(n syntax.Never) bool {
			return slices.ContainsFunc(to, func(m syntax.Never) bool { return forbidsAll(m, n) })
		})
	}
	for _, n := range gone(d.old.file.Never, d.new.file.Never) {
		d.add(Wider, "never", avow.RuleID(n.ID.Text), fmt.Sprintf("The promise never to %s is given up or has more exceptions.", list(syntax.Texts(n.Verbs))),
			fmt.Sprintf("放弃了绝不 %s 的承诺，或增加了例外。", list(syntax.Texts(n.Verbs))))
	}
	for _, n := range gone(d.new.file.Never, d.old.file.Never) {
		d.add(Narrower, "never", avow.RuleID(n.ID.Text), fmt.Sprintf("A promise never to %s is given or has fewer exceptions.", list(syntax.Texts(n.Verbs))),
			fmt.Sprintf("新增绝不 %s 的承诺，或减少了例外。", list(syntax.Texts(n.Verbs))))
	}
}

// forbidsAll reports whether m forbids everything that n does.
func forbidsAll(m, n syntax.Never) bool {
	all := func(m, n []syntax.Word) bool {
		return len(m) == 0 || len(n) > 0 && within(syntax.Texts(n), syntax.Texts(m))
	}
	return within(syntax.Texts(n.Verbs), syntax.Texts(m.Verbs)) && all(m.Data, n.Data) && all(m.For, n.For) && all(m.To, n.To) &&
		within(syntax.Texts(m.Except), syntax.Texts(n.Except))
}

// contexts compares what sources, recipients, demands, places, documents and
// permissions ask for.
func (d *differ) contexts() {
	before, after := d.old.asks(), d.new.asks()
	for key, need := range after {
		had, ok := before[key]
		if !ok {
			continue
		}
		if had&^need != 0 {
			d.add(Wider, key[0], avow.RuleID(key[1]), fmt.Sprintf("%s asks for less: no longer %s.", key[1], list(avow.Reasons(had&^need).Codes())),
				fmt.Sprintf("%s 的要求减少：不再要求 %s。", key[1], list(avow.Reasons(had&^need).Codes())))
		}
		if need&^had != 0 {
			d.add(Narrower, key[0], avow.RuleID(key[1]), fmt.Sprintf("%s asks for more: %s.", key[1], list(avow.Reasons(need&^had).Codes())),
				fmt.Sprintf("%s 的要求增加：%s。", key[1], list(avow.Reasons(need&^had).Codes())))
		}
	}
	d.regions()
}

// asks lists the needs that single words bring with them, by section and word.
func (p *Program) asks() map[[2]string]uint64 {
	m := map[[2]string]uint64{}
	put := func(section string, dim, i int, need uint64) { m[[2]string{section, p.words.dims[dim].word(i)}] = need }
	for i := range p.context.sources {
		put("sources", dimSource, i, p.context.sources[i].need)
	}
	for i := range p.context.recipients {
		put("recipients", dimRecipient, i, p.context.recipients[i].need)
	}
	for i := range p.context.grounds {
		put("demands", dimGround, i, p.context.grounds[i].need)
	}
	for i := range p.context.documents {
		if p.context.documents[i] != 0 {
			put("acceptance", dimFeature, i, bit(avow.NotAccepted))
		} else {
			put("acceptance", dimFeature, i, 0)
		}
	}
	for i := range p.context.regions {
		put("places", dimRegion, i, p.context.regions[i].need|p.context.regions[i].chooses&bit(avow.ConsentMissing))
	}
	return m
}

// regions compares where data lies and may go.
func (d *differ) regions() {
	for _, r := range d.new.words.dims[dimRegion].words {
		if _, ok := d.old.words.dims[dimRegion].id(r); !ok {
			d.add(NeedsNotice, "places", d.new.placeIn(r), fmt.Sprintf("Data may now lie in or go to %s.", r), fmt.Sprintf("数据现可存储于或传输至 %s。", r))
		}
	}
	for _, r := range d.old.words.dims[dimRegion].words {
		if _, ok := d.new.words.dims[dimRegion].id(r); !ok {
			d.add(Narrower, "places", d.old.placeIn(r), fmt.Sprintf("Data no longer lies in or goes to %s.", r), fmt.Sprintf("数据不再存储于或传输至 %s。", r))
		}
	}
}

func (p *Program) placeIn(region string) avow.RuleID {
	i := slices.IndexFunc(p.file.Places, func(e syntax.Place) bool { return e.Region.Text == region })
	return avow.RuleID(p.file.Places[i].ID.Text)
}

// retention compares how long each datum is kept for each purpose. Durations
// are compared on one day; those that start from other events cannot be.
func (d *differ) retention() {
	type key struct {
		class ChangeClass
		rule  avow.RuleID
	}
	data := map[key][]string{}
	var order []key
	note := func(datum string, class ChangeClass, rule avow.RuleID) {
		k := key{class, rule}
		if data[k] == nil {
			order = append(order, k)
		}
		data[k] = addOnce(data[k], datum)
	}
	for _, datum := range union(d.old.words.data, d.new.words.data) {
		for _, purpose := range union(d.old.words.purposes, d.new.words.purposes) {
			before := d.old.Retention(avow.Datum(datum), avow.Purpose(purpose))
			if len(before) == 0 {
				continue
			}
			for _, r := range d.new.Retention(avow.Datum(datum), avow.Purpose(purpose)) {
				if class := kept(r, before); class != "" {
					note(datum, class, r.ID)
				}
			}
		}
	}
	for _, k := range order {
		word := map[ChangeClass]Sentence{Wider: {"longer", "延长"}, Narrower: {"shorter", "缩短"}, NeedsNotice: {"by another clock", "改用其他起算点"}}[k.class]
		d.addAbout(data[k], k.class, "retain", k.rule, Sentence{fmt.Sprintf("%s is kept %s.", list(data[k]), word.En), fmt.Sprintf("%s 的保存期限%s。", list(data[k]), word.Zh)})
	}
}

// kept compares a rule with those that governed the same data before.
func kept(r RetainRule, before []RetainRule) ChangeClass {
	day := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	i := slices.IndexFunc(before, func(b RetainRule) bool { return b.After == r.After })
	if i < 0 {
		return NeedsNotice
	}
	ends := strength(r.Then) - strength(before[i].Then)
	switch by := r.SweptBy(day).Compare(before[i].SweptBy(day)); {
	case by > 0 || ends < 0:
		return Wider
	case by < 0 || ends > 0:
		return Narrower
	}
	return ""
}

// strength orders what happens at the end: less may be left of what is erased.
func strength(then string) int { return slices.Index([]string{"anonymise", "delete", "erase"}, then) }

// choices compares what people decide. Cells show where a choice is needed; here
// it matters what a yes means.
func (d *differ) choices() {
	for _, c := range d.new.words.choices.words {
		id := avow.Choice(c)
		after, _ := d.new.Choice(id)
		before, ok := d.old.Choice(id)
		switch {
		case !ok:
			d.add(NeedsNotice, "choices", avow.RuleID(c), "A new choice: "+c+".", "新增选择："+c+"。")
		case after.OptOut() && !before.OptOut():
			d.add(Wider, "choices", avow.RuleID(c), c+" is on until objected to, and was off until agreed to.", c+" 由事先同意改为事后退出。")
		case !after.OptOut() && means(before, after):
			d.add(NeedsFreshConsent, "choices", avow.RuleID(c), "A yes to "+c+" means more than it did.", "对 "+c+" 的同意范围扩大。")
		case after.Kind != before.Kind || means(after, before):
			d.add(Narrower, "choices", avow.RuleID(c), "A yes to "+c+" means less than it did, or is asked for more explicitly.", "对 "+c+" 的同意范围缩小，或需更明确地征求。")
		case before.GPC && !after.GPC:
			d.add(Wider, "choices", avow.RuleID(c), "A browser signal no longer switches "+c+" off.", "浏览器信号不再关闭 "+c+"。")
		}
	}
	for _, c := range d.old.words.choices.words {
		if _, ok := d.new.Choice(avow.Choice(c)); !ok {
			d.add(NeedsNotice, "choices", avow.RuleID(c), "The choice "+c+" is gone.", "选择 "+c+" 已取消。")
		}
	}
}

// means reports whether a yes to b covers something that a yes to a did not.
func means(a, b ChoiceInfo) bool {
	return !within(b.For, a.For) || more(a.To, b.To) || more(a.Data, b.Data)
}

// more reports whether b covers more than a, where nothing listed covers all.
func more[T comparable](a, b []T) bool {
	return len(a) > 0 && (len(b) == 0 || !within(b, a))
}
