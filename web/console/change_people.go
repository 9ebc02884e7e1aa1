package console

import (
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/policy"
	"avow.dev/web/html"
)

// concerns says whom a change concerns, and how far counting them anew has come.
func (v *visit) concerns(m *gate.PolicyChange) ([]bar, []html.Line, error) {
	var bars []bar
	c, under, err := v.gate().ChangeCountUnderWay(v.r.Context(), v.id, m.ID)
	if err != nil {
		return nil, nil, err
	}
	if under {
		bars = append(bars, v.counting(&c))
	}
	k := m.Body.Concerns
	if k == nil {
		return bars, []html.Line{{Name: v.t("change.people"), Text: v.t("change.not-counted")}}, nil
	}
	lines := []html.Line{{Name: v.t("change.people"), Text: v.tongue.Number(k.People)}, {Name: v.t("change.asked"), Text: v.tongue.Number(k.Asked)}}
	if !m.Body.Told.IsZero() {
		lines = append(lines, html.Line{Name: v.t("change.agreed"), Text: v.tongue.Number(k.Agreed)}, html.Line{Name: v.t("change.kept"), Text: v.tongue.Number(k.Kept)},
			html.Line{Name: v.t("change.unseen"), Text: v.tongue.Number(k.Unseen)})
	}
	return bars, append(lines, html.Line{Name: v.t("census.at"), Text: v.tongue.Moment(k.At)}), nil
}

// counting is the bar of a count that goes on by itself.
func (v *visit) counting(c *gate.Counting) bar {
	n, of := c.Looked()
	return bar{Label: v.t("census.counting"), Text: v.t("bar.of", "n", v.tongue.Number(n), "all", v.tongue.Number(of)), Value: n, Max: of, Link: &html.Link{Text: v.t("census.see"), Href: v.r.URL.Path}}
}

// differences lists what a change changes in meaning, and how many people each
// difference concerns.
func (v *visit) differences(m *gate.PolicyChange, changes []policy.Change) table {
	told := !m.Body.Told.IsZero()
	out := table{ID: "differences", Title: v.t("change.diff"), Head: []string{v.t("head.rule"), v.t("head.kind"), v.t("head.what"), v.t("change.hold"), v.t("change.asked")}, Empty: html.Empty{Title: v.t("change.no-diff")}}
	if told {
		out.Head = append(out.Head, v.t("change.agreed"), v.t("change.unseen"))
	}
	for i := range changes {
		c := &changes[i]
		row := []cell{{Text: strings.Join(slugsOf(c.Rules), ", ")}, {Text: v.word("class", string(c.Class)), Badge: badgeOf(c.Class)}, {Text: c.Says.In(avow.Language(v.tongue.Tag()))}}
		dash := cell{Text: "–"}
		by := concernOf(m.Body.Concerns, i, c)
		figures := []cell{dash, dash, dash, dash}
		if by != nil {
			figures = []cell{v.figure(by.People), v.figure(by.Asked), v.figure(by.Agreed), v.figure(by.Unseen)}
		}
		if !told {
			figures = figures[:2]
		}
		out.Rows = append(out.Rows, append(row, figures...))
	}
	return out
}

// concernOf is what was counted of one difference; nil if nobody counted.
func concernOf(k *gate.Concerned, i int, c *policy.Change) *gate.Concern {
	if k == nil || i >= len(k.By) {
		return nil
	}
	by := &k.By[i]
	if by.Class != c.Class || by.Section != c.Section || !slices.Equal(by.Rules, c.Rules) {
		return nil // counted by an Avow that told differences otherwise
	}
	return by
}

func badgeOf(c policy.ChangeClass) string {
	switch {
	case c.Widens():
		return "bad"
	case c == policy.Narrower:
		return "on"
	case c == policy.NeedsNotice:
		return "wait"
	}
	return "plain"
}

func slugsOf[S ~string](words []S) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return out
}
