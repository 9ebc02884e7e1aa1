package centre

import (
	"net/http"

	"avow.dev"
)

type childrenBody struct {
	Rules    []string
	Lang     string
	Known    bool
	Band     string
	Guardian bool
	Ask      string
	Age      int64
}

// children says in short words what holds for young people, and to a parent what
// they can do.
func (v *visit) children() error {
	f := v.program.File()
	if len(f.Minors) == 0 {
		return errNowhere
	}
	body := childrenBody{Lang: v.text.lang, Known: v.known, Ask: v.at("/requests/new")}
	for i := range f.Minors {
		body.Rules = append(body.Rules, v.t("children.rule-"+f.Minors[i].Rule.Text))
		body.Age = max(body.Age, f.Minors[i].Age.N)
	}
	if v.known {
		st, err := v.standing()
		if err != nil {
			return err
		}
		body.Band, body.Guardian = st.Age.String(), st.Guardian
		if st.Age == avow.AgeNotKnown {
			body.Band = ""
		}
	}
	p := v.page("children")
	p.Lead = v.t("children.lead")
	return v.render(http.StatusOK, p, body)
}
