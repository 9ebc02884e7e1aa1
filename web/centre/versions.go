package centre

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/web/html"
)

// versionLine is one version of the policy in the list.
type versionLine struct {
	Name     string
	State    string // announced, effective, superseded or withdrawn
	Badge    html.Badge
	Since    time.Time
	Told     time.Time
	Why      string
	Widens   bool
	Mine     bool // the reader accepted this one
	Compared string
	Href     string
}

type versionsBody struct {
	Known    bool
	Versions []versionLine
	Only     bool // there has been one version, and nothing to compare
	Compare  []html.Field
	Act      string
	SignIn   string
}

// tail is a hash as it stands in an address.
func tail(h avow.Hash) string { return strings.TrimPrefix(string(h), "sha256:") }

// hashOf reads a hash from an address.
func hashOf(s string) avow.Hash { return avow.Hash("sha256:" + s) }

// versions lists the texts of the policy: announced, in force, and before.
func (v *visit) versions() error {
	list, err := v.gate().Versions(v.r.Context(), v.id)
	if err != nil {
		return err
	}
	if to, from := v.r.URL.Query().Get("to"), v.r.URL.Query().Get("from"); to != "" { // the form that compares two
		http.Redirect(v.w, v.r, v.at("/versions/"+tail(hashOf(word(to))))+"?from="+word(from), http.StatusSeeOther)
		return nil
	}
	body := versionsBody{Known: v.known, Only: len(list) == 1, Act: v.at("/versions"), SignIn: v.at("/sign-in") + "?then=" + v.at("/versions")}
	var mine avow.Hash
	if v.known {
		st, err := v.standing()
		if err != nil {
			return err
		}
		if st.Acceptance.State == avow.AcceptedPolicy {
			mine = st.Acceptance.Policy
		}
	}
	var options []html.Option
	for i := range list {
		ver := &list[i]
		line := versionLine{Name: v.t("versions.name", "version", ver.Version), State: ver.State, Badge: v.versionBadge(ver), Since: ver.Since, Told: ver.Told, Widens: ver.Widens,
			Mine: ver.Hash == mine, Why: v.reasonOf(ver.Why)}
		if from := before(list, i); from != nil {
			line.Compared, line.Href = v.t("versions.against", "version", from.Version), v.at("/versions/"+tail(ver.Hash))
		}
		body.Versions = append(body.Versions, line)
		options = append(options, html.Option{Value: tail(ver.Hash), Label: line.Name + " · " + v.t("versions.state-"+ver.State)})
	}
	if len(list) > 2 {
		older, newer := slices.Clone(options), slices.Clone(options)
		older[len(older)-1].Checked, newer[0].Checked = true, true
		body.Compare = []html.Field{{Name: "from", Label: v.t("versions.from"), Options: older, Required: true}, {Name: "to", Label: v.t("versions.to"), Options: newer, Required: true}}
	}
	p := v.page("versions")
	p.Lead = v.t("versions.lead")
	return v.render(http.StatusOK, p, body)
}

// word keeps of a form's value what a hash consists of.
func word(s string) string {
	if len(s) > 64 || strings.Trim(s, "0123456789abcdef") != "" {
		return ""
	}
	return s
}

// before returns the version that one followed: the one that it was announced to
// replace, or the next older one that was in force.
func before(list []gate.Version, i int) *gate.Version {
	if k := slices.IndexFunc(list, func(v gate.Version) bool { return v.Hash == list[i].From }); k >= 0 {
		return &list[k]
	}
	for k := i + 1; k < len(list); k++ {
		if list[k].State == "superseded" || list[k].State == "effective" {
			return &list[k]
		}
	}
	return nil
}

func (v *visit) versionBadge(ver *gate.Version) html.Badge {
	kind := map[string]string{"announced": "wait", "effective": "on", "superseded": "off", "withdrawn": "off"}[ver.State]
	return html.Badge{Kind: kind, Text: v.t("versions.state-" + ver.State)}
}

// reasonOf is the word for a reason in the reader's language, or the policy's own.
func (v *visit) reasonOf(why string) string {
	if key := "versions.why-" + why; v.tongue.Has(key) {
		return v.t(key)
	}
	return why
}

// ahead tells, on the first page, of versions that wait for the reader.
func (v *visit) ahead() ([]html.Notice, error) {
	list, err := v.gate().Unanswered(v.r.Context(), v.id, v.ref())
	if err != nil {
		return nil, err
	}
	var out []html.Notice
	for i := range list {
		s := &list[i]
		n := html.Notice{Kind: "info", Title: v.t("ahead.announced", "version", s.Version.Version, "date", v.tongue.Date(s.Version.Since)), Text: v.t("ahead.announced-text")}
		if s.Asks {
			n = html.Notice{Kind: "warn", Title: v.t("ahead.asks", "version", s.Version.Version), Text: v.t("ahead.asks-text")}
		}
		n.Link = &html.Link{Text: v.t("ahead.see"), Href: v.at("/versions/" + tail(s.Hash))}
		out = append(out, n)
	}
	return out, nil
}
