package browser

import (
	"fmt"
	"strings"

	"avow.dev"
	"avow.dev/cookies"
	"avow.dev/notice"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// words are what the banner shows in one language.
type words struct {
	Title   string                `json:"title"`
	Intro   string                `json:"intro"`
	Accept  string                `json:"accept"`
	Reject  string                `json:"reject"`
	Choose  string                `json:"choose"`
	Save    string                `json:"save"`
	Close   string                `json:"close"`
	Setting string                `json:"settings"`
	Rules   string                `json:"rules"`
	Needed  string                `json:"needed"`
	Signal  string                `json:"signal"`
	Policy  string                `json:"policy"`
	Href    string                `json:"href"`
	Columns []string              `json:"columns"`
	Names   map[string]string     `json:"names"`
	Rows    map[string][][]string `json:"rows"`

	// On is said after Intro and names what the policy has on until somebody objects.
	// It is written into Intro.
	On string `json:"-"`
	// Between stands between names.
	Between string `json:"-"`
}

// own are the words that are the banner's and no promise of the policy.
var own = map[avow.Language]words{
	"en": {Title: "Your choice about cookies", Accept: "Accept all", Reject: "Reject all", Choose: "Choose", Save: "Save my choice", Close: "Close without a change",
		Setting: "Cookies and the like", Needed: "Necessary", Policy: "Privacy policy",
		Intro: "Some cookies and the like are not needed for this site to work. They stay off unless you switch them on, and you can change your mind at any time.",
		On:    "These are on until you switch them off: %s.", Between: ", ",
		Signal: "Your browser sends the Global Privacy Control signal: what it speaks of is off until you switch it on here."},
	"zh": {Title: "您对 Cookie 的选择", Accept: "全部接受", Reject: "全部拒绝", Choose: "自行选择", Save: "保存我的选择", Close: "关闭且不作更改",
		Setting: "Cookie 及类似技术", Needed: "必要", Policy: "隐私政策",
		Intro: "部分 Cookie 及类似技术并非本网站运行所必需。除非您开启，否则均处于关闭状态；您可以随时更改。",
		On:    "以下项目在您关闭之前处于开启状态：%s。", Between: "、",
		Signal: "您的浏览器发出全球隐私控制（GPC）信号：该信号所涉事项保持关闭，直至您在此开启。"},
}

// shown returns what the banner shows: the sentences and the table are those of the
// published text, so that the banner cannot promise anything else.
func shown(p *policy.Program, r *cookies.Register, doc *notice.Document, href string) words {
	lang := avow.Language(doc.Language)
	w := own[lang]
	if w.Title == "" {
		w = own["en"]
	}
	w.Href, w.Names, w.Rows = href, make(map[string]string), make(map[string][][]string)
	var on []string
	for _, c := range r.Choices() {
		name := nameOf(p.File(), c.ID, string(lang))
		w.Names[string(c.ID)] = name
		if c.OptOut {
			on = append(on, name)
		}
	}
	if len(on) > 0 {
		w.Intro += map[avow.Language]string{"en": " "}[lang] + fmt.Sprintf(w.On, strings.Join(on, w.Between))
	}
	var rules []string
	for i := range doc.Chapters {
		for k := range doc.Chapters[i].Blocks {
			b := &doc.Chapters[i].Blocks[k]
			switch {
			case b.Section == "tracking":
				for n := range b.Sentences {
					rules = append(rules, b.Sentences[n].Text)
				}
			case b.Section == "cookies" && b.Kind == notice.Table:
				w.Columns = b.Columns
				w.table(r, b)
			}
		}
	}
	joint := " "
	if lang == "zh" {
		joint = ""
	}
	w.Rules = strings.Join(rules, joint)
	return w
}

// table puts each row of the published table under the choice that it hangs on.
func (w *words) table(r *cookies.Register, b *notice.Block) {
	for i := range b.Sentences {
		s := &b.Sentences[i]
		t, ok := trackerOf(r, s.Anchors)
		if !ok || t.Mail {
			continue
		}
		row := make([]string, len(s.Cells))
		for k := range s.Cells {
			row[k] = s.Cells[k].Text
		}
		at := []string{""}
		if len(t.Choices) > 0 {
			at = at[:0]
			for _, c := range t.Choices {
				at = append(at, string(c))
			}
		}
		for _, c := range at {
			w.Rows[c] = append(w.Rows[c], row)
		}
	}
}

func trackerOf(r *cookies.Register, anchors []string) (cookies.Tracker, bool) {
	for _, t := range r.Trackers() {
		for _, a := range anchors {
			if a == string(t.Rule) {
				return t, true
			}
		}
	}
	return cookies.Tracker{}, false
}

func nameOf(f *syntax.File, id avow.Choice, lang string) string {
	for i := range f.Choices {
		if f.Choices[i].ID.Text == string(id) {
			return f.Choices[i].Name.In(lang)
		}
	}
	return string(id)
}
