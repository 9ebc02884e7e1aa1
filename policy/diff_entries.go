package policy

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// promises compares what people can demand and how they are erased.
func (d *differ) promises() {
	for i := range d.old.file.Rights {
		word := d.old.file.Rights[i].Right.Text
		before, _ := d.old.Right(word)
		after, ok := d.new.Right(word)
		switch {
		case !ok:
			d.add(Wider, "rights", before.ID, "The right to "+word+" is gone.", "取消了 "+word+" 权利。")
		case !within(before.How, after.How) || !within(after.RefuseOnlyFor, before.RefuseOnlyFor) || before.Free && !after.Free || before.Evidence && !after.Evidence || after.Approvals < before.Approvals:
			d.add(Wider, "rights", after.ID, "The right to "+word+" is harder to use or easier to refuse.", word+" 权利更难行使或更易被拒绝。")
		}
	}
	for i := range d.new.file.Rights {
		word := d.new.file.Rights[i].Right.Text
		if _, ok := d.old.Right(word); !ok {
			d.add(Narrower, "rights", avow.RuleID(d.new.file.Rights[i].ID.Text), "A new right: "+word+".", "新增权利："+word+"。")
		}
	}
}

// quiet are sections whose entries promise nothing to people by themselves:
// what they mean shows in the rules that name them.
var quiet = []string{"data", "purposes", "roles", "features", "points", "scope", "structure", "definitions", "inform", "clauses"}

// entries tells of the rest: entries that came, went, or say something else
// without changing what was compared before.
func (d *differ) entries() {
	before := map[string]syntax.Entry{}
	for e := range d.old.file.Entries() {
		before[e.Section+"/"+e.Head.ID.Text] = e
	}
	for e := range d.new.file.Entries() {
		key := e.Section + "/" + e.Head.ID.Text
		was, ok := before[key]
		delete(before, key)
		if ok && beyondCells(was.Value) != beyondCells(e.Value) {
			d.add(NeedsNotice, e.Section, avow.RuleID(e.Head.ID.Text), fmt.Sprintf("%s rests on something else: %s.", e.Head.ID.Text, beyondCells(e.Value)),
				fmt.Sprintf("%s 的依据或性质改为：%s。", e.Head.ID.Text, beyondCells(e.Value)))
		}
		if d.reported[key] {
			continue
		}
		if !ok {
			d.came(e, "is new", "为新增")
		} else if !same(was.Value, e.Value, true) {
			d.changed(was, e)
		}
	}
	for e := range d.old.file.Entries() {
		if key := e.Section + "/" + e.Head.ID.Text; !d.reported[key] && before[key].Head != nil {
			d.came(e, "is gone", "已删除")
		}
	}
	d.head()
}

func (d *differ) came(e syntax.Entry, en, zh string) {
	class := NeedsNotice
	if slices.Contains(quiet, e.Section) || d.mute(e) {
		class = Editorial
	}
	id := e.Head.ID.Text
	d.add(class, e.Section, avow.RuleID(id), fmt.Sprintf("%s in %s %s.", id, e.Section, en), fmt.Sprintf("%s（%s）%s。", id, e.Section, zh))
}

func (d *differ) changed(was, e syntax.Entry) {
	class := NeedsNotice
	if slices.Contains(quiet, e.Section) || d.mute(e) || same(was.Value, e.Value, false) {
		class = Editorial
	}
	id := e.Head.ID.Text
	d.add(class, e.Section, avow.RuleID(id), fmt.Sprintf("%s in %s is put differently.", id, e.Section), fmt.Sprintf("%s（%s）的表述有变。", id, e.Section))
}

// mute reports whether an entry is a rule whose whole meaning lies in the cells
// and clocks that were compared.
func (d *differ) mute(e syntax.Entry) bool {
	switch e.Value.(type) {
	case *syntax.Collect, *syntax.Use, *syntax.Share, *syntax.Never, *syntax.Retain, *syntax.Source:
		return true
	}
	return false
}

// beyondCells returns what a rule tells people beside what it allows.
func beyondCells(entry any) string {
	switch e := entry.(type) {
	case *syntax.Collect:
		return e.Basis.Text + ", " + or(e.Necessity.Text, "required")
	case *syntax.Use:
		return e.Basis.Text
	case *syntax.Share:
		return strings.TrimSuffix(e.Basis.Text+", "+e.Until.Text, ", ")
	case *syntax.Source:
		return e.Kind.Text
	}
	return ""
}

// head tells of changes outside all entries.
func (d *differ) head() {
	a, b := d.old.file, d.new.file
	if a.Mode.Text != b.Mode.Text {
		class := Narrower
		if b.Mode.Text == "observe" {
			class = Wider
		}
		d.add(class, "mode", "", "The mode is now "+b.Mode.Text+".", "模式改为 "+b.Mode.Text+"。")
	}
	if !slices.Equal(d.old.Law(), d.new.Law()) {
		d.add(NeedsNotice, "law", "", "Other law packs apply: "+list(d.new.Law())+".", "适用的法律包改为："+list(d.new.Law())+"。")
	}
	if len(d.changes) == 0 && d.old.Hash() != d.new.Hash() {
		d.add(Editorial, "policy", "", "The head of the policy is put differently.", "政策首部的表述有变。")
	}
}

// same compares two entries of one type without their places. Labels, notes and
// clause numbers count only if texts is true.
func same(a, b any, texts bool) bool {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	return va.Type() == vb.Type() && sameValue(va.Elem(), vb.Elem(), texts)
}

func sameValue(a, b reflect.Value, texts bool) bool {
	switch a.Interface().(type) {
	case syntax.Pos:
		return true
	case syntax.Head, syntax.Text:
		if !texts {
			return true
		}
	}
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if !sameValue(a.Field(i), b.Field(i), texts) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !sameValue(a.Index(i), b.Index(i), texts) {
				return false
			}
		}
		return true
	case reflect.Map:
		return sameMap(a, b, texts)
	}
	return a.Interface() == b.Interface()
}

func sameMap(a, b reflect.Value, texts bool) bool {
	if a.Len() != b.Len() {
		return false
	}
	for it := a.MapRange(); it.Next(); {
		v := b.MapIndex(it.Key())
		if !v.IsValid() || !sameValue(it.Value(), v, texts) {
			return false
		}
	}
	return true
}
