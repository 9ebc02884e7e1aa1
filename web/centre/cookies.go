package centre

import (
	"net/http"
	"slices"
	"strings"

	"avow.dev/policy/syntax"
)

// cookieChoice finds the switch of a cookie.
func (v *visit) cookieChoice(id string, all []choice) (choice, bool) {
	i := slices.IndexFunc(all, func(c choice) bool { return c.ID == id })
	if i < 0 {
		return choice{}, false
	}
	return all[i], true
}

type cookieLine struct {
	Name, Owner, Why, Life, Kind, State string
	Category                            string
}

type cookiesBody struct {
	Groups     []cookieGroup
	Choices    string
	Remembered string // how long somebody without an account is not asked again
}

type cookieGroup struct {
	Name  string
	Text  string
	Lines []cookieLine
}

// cookies lists every cookie that the policy declares, by category.
func (v *visit) cookies() error {
	var all []choice
	if v.known {
		st, err := v.standing()
		if err != nil {
			return err
		}
		all = v.switches(&st)
	}
	f := v.program.File()
	body := cookiesBody{Choices: v.at("/choices")}
	for _, category := range []string{"necessary", "functional", "performance", "marketing"} {
		g := cookieGroup{Name: v.t("cookies." + category), Text: v.t("cookies.about-" + category)}
		for i := range f.Cookies {
			c := &f.Cookies[i]
			if c.Category.Text != category {
				continue
			}
			line := cookieLine{Name: c.Name.Text, Why: strings.Join(v.titles("purposes", c.For), "; "), Kind: v.t("cookies.kind-" + orWord(c.Kind.Text, "cookie")), Life: v.t("cookies.session"), Owner: v.text.names.Product()}
			if c.Lifetime.N > 0 {
				line.Life = v.period(c.Lifetime)
			}
			if len(c.By) > 0 {
				line.Owner = v.text.names.Of("recipients", c.By[0].Text)
			}
			line.State = "law"
			if len(c.Choice) > 0 {
				line.State = "ask"
				if one, ok := v.cookieChoice(c.Choice[0].Text, all); ok {
					line.State = one.State
				}
			}
			g.Lines = append(g.Lines, line)
		}
		if len(g.Lines) > 0 {
			body.Groups = append(body.Groups, g)
		}
	}
	if len(body.Groups) == 0 {
		return errNowhere
	}
	if life, ok := v.program.Remembers(); ok && life.N > 0 {
		body.Remembered = v.t("cookies.remembered", "period", v.period(life))
	}
	p := v.page("cookies")
	p.Lead = v.t("cookies.lead")
	return v.render(http.StatusOK, p, body)
}

func (v *visit) period(p syntax.Period) string {
	return v.t("period."+string(p.Unit), "n", p.N)
}

func orWord(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
