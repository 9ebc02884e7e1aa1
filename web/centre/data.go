package centre

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/policy/syntax"
	"avow.dev/policy/vocab"
)

// thing is one kind of data that is held, as its owner sees it.
type thing struct {
	Datum   avow.Datum
	Name    string
	Values  []string // masked, or in clear if it was revealed
	More    int      // values that are held and not listed
	Clear   bool
	Secret  bool // it can be shown to nobody
	Hidden  bool // deleted and waiting to be erased
	Files   int
	Source  string
	Why     []string
	Basis   string
	Seen    []string
	Keep    string
	Until   time.Time
	Public  []string
	Correct string // address; empty if it cannot be corrected here
	Delete  string
	Object  string
}

type dataGroup struct {
	Name   string
	Things []thing
}

type dataBody struct {
	Groups []dataGroup
	Show   string // where a value is asked for in clear
	Copy   string
	Fresh  bool
	Nobody bool
}

// data lists what is held, masked.
func (v *visit) data() error { return v.listData("") }

// show lists the same with one kind of data in clear, to somebody who signed in a
// moment ago. The value travels in an answer to a form: never in an address.
func (v *visit) show() error { return v.listData(avow.Datum(v.r.PostFormValue("datum"))) }

func (v *visit) listData(clear avow.Datum) error {
	c, err := v.gate().Access(v.r.Context(), v.id, v.ref())
	if err != nil {
		return err
	}
	defer wipe(c.Held)
	if clear != "" && !slices.ContainsFunc(c.Held, func(h gate.Held) bool { return h.Datum == clear && !h.Secret }) {
		return &avow.Error{Code: avow.Unknown, Message: "nothing of this kind is held that could be shown", Try: "choose something from the list"}
	}
	seen, err := v.seenBy()
	if err != nil {
		return err
	}
	groups := make(map[string][]thing)
	for _, t := range v.things(c.Held, clear) {
		t.Seen = seen[t.Datum]
		groups[group(t.Datum)] = append(groups[group(t.Datum)], t)
	}
	body := dataBody{Show: v.at("/data/show"), Copy: v.at("/copy"), Fresh: v.isFresh(Fresh)}
	for _, g := range groupOrder {
		if len(groups[g]) > 0 {
			body.Groups = append(body.Groups, dataGroup{v.t("data.group." + g), groups[g]})
		}
	}
	p := v.page("data")
	p.Lead = v.t("data.lead")
	return v.render(http.StatusOK, p, body)
}

// mostValues is how many values of one kind are listed; all of them are in a copy.
const mostValues = 5

// things gathers what is held by kind, in the policy's order.
func (v *visit) things(held []gate.Held, clear avow.Datum) []thing {
	var out []thing
	for _, info := range v.program.Data() {
		t := thing{Datum: info.Slug, Name: v.text.names.Title("data", string(info.Slug)), Clear: info.Slug == clear}
		n := 0
		for i := range held {
			h := &held[i]
			if h.Datum != info.Slug {
				continue
			}
			n++
			v.fill(&t, h)
			switch {
			case h.File != nil:
				t.Files++
			case h.Secret || h.Hidden:
			case len(t.Values) == mostValues:
				t.More++
			case t.Clear:
				t.Values = append(t.Values, string(h.Value.Expose()))
			default:
				t.Values = append(t.Values, masked(&info, h.Value))
			}
		}
		if n == 0 {
			continue
		}
		if !t.Secret && !t.Hidden && t.Files == 0 && !info.Many {
			t.Correct = v.at("/data/correct/" + string(info.Slug))
		}
		if !t.Hidden {
			t.Delete = v.at("/data/delete/" + string(info.Slug))
			t.Object = v.at("/requests/new?right=object&about=" + string(info.Slug))
		}
		out = append(out, t)
	}
	return out
}

// fill says of a kind what one of its values adds.
func (v *visit) fill(t *thing, h *gate.Held) {
	t.Secret, t.Hidden = t.Secret || h.Secret, t.Hidden || h.Hidden
	t.Source = v.source(h.Source)
	for _, p := range h.Purposes {
		if n := v.text.names.Title("purposes", string(p)); !slices.Contains(t.Why, n) {
			t.Why = append(t.Why, n)
		}
	}
	t.Basis = v.text.names.Basis(v.basisOf(h.Rule))
	if keep := v.text.names.Keep(string(h.UntilBy)); keep != "" {
		t.Keep = keep
	}
	if t.Until.Before(h.Until) {
		t.Until = h.Until
	}
	for _, to := range h.Audience {
		if n := v.text.names.Of("recipients", string(to)); !slices.Contains(t.Public, n) {
			t.Public = append(t.Public, n)
		}
	}
}

func (v *visit) basisOf(rule avow.RuleID) string {
	if info, ok := v.program.Rule(rule); ok {
		if c, ok := info.Entry.(*syntax.Collect); ok {
			return c.Basis.Text
		}
	}
	return ""
}

// source says where a value came from.
func (v *visit) source(s avow.Source) string {
	for i := range v.program.File().Sources {
		if e := &v.program.File().Sources[i]; e.ID.Text == string(s) {
			if key := "source." + e.Kind.Text; v.tongue.Has(key) {
				return v.t(key)
			}
		}
	}
	if key := "source." + string(s); v.tongue.Has(key) {
		return v.t(key)
	}
	return v.t("source.person")
}

// seenBy says who used or received each kind of data, from the log.
func (v *visit) seenBy() (map[avow.Datum][]string, error) {
	traced, _, err := v.gate().Traced(v.r.Context(), v.id, v.ref(), 0, 500)
	if err != nil {
		return nil, err
	}
	out := make(map[avow.Datum][]string)
	for i := range traced {
		l := &traced[i].Leaf
		if l.Verdict != avow.Allow {
			continue
		}
		name := ""
		switch l.Kind {
		case evidence.Used:
			name = v.text.names.Of("roles", string(l.Role))
		case evidence.Shared, evidence.Entrusted, evidence.Moved, evidence.Disclosed, evidence.Published:
			name = v.text.names.Of("recipients", string(l.Recipient))
		}
		if name == "" {
			continue
		}
		for _, d := range l.Data {
			if !slices.Contains(out[d], name) {
				out[d] = append(out[d], name)
			}
		}
	}
	return out, nil
}

// groupOrder is the order in which kinds of data stand on a page.
var groupOrder = []string{"identity", "contact", "money", "place", "content", "activity", "device", "other"}

// group says under which heading a kind of data stands, by the term of the
// vocabulary that it is.
func group(d avow.Datum) string {
	term, ok := vocab.Datum(string(d))
	if !ok {
		return "other"
	}
	for _, g := range term.Apple.List() {
		switch g {
		case "Name", "UserID", "SensitiveInfo", "Health", "Fitness":
			return "identity"
		case "EmailAddress", "PhoneNumber", "PhysicalAddress", "OtherUserContactInfo", "Contacts":
			return "contact"
		case "PaymentInfo", "CreditInfo", "OtherFinancialInfo", "PurchaseHistory":
			return "money"
		case "PreciseLocation", "CoarseLocation":
			return "place"
		case "PhotosorVideos", "AudioData", "EmailsOrTextMessages", "OtherUserContent", "GameplayContent", "CustomerSupport":
			return "content"
		case "BrowsingHistory", "SearchHistory", "ProductInteraction", "AdvertisingData", "OtherUsageData":
			return "activity"
		case "DeviceID", "CrashData", "PerformanceData", "OtherDiagnosticData":
			return "device"
		}
	}
	if strings.Contains(string(d), "password") {
		return "identity"
	}
	return "other"
}

func wipe(held []gate.Held) {
	for i := range held {
		held[i].Value.Wipe()
	}
}
