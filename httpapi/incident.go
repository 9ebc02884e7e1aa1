package httpapi

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Happened is what is known of an incident.
type Happened struct {
	Occurred   time.Time       `json:"occurred,omitempty" doc:"When it began."`
	Discovered time.Time       `json:"discovered,omitempty" doc:"When somebody saw it."`
	Aware      time.Time       `json:"aware" doc:"When the controller became aware of it. The clocks of the law start here." example:"2026-11-21T08:00:00Z"`
	Over       time.Time       `json:"over,omitempty" doc:"When it was stopped."`
	Types      []string        `json:"types,omitempty" maxItems:"3" enum:"confidentiality,integrity,availability" nullable:"false" doc:"What was hurt."`
	Place      string          `json:"place,omitempty" maxLength:"4096" doc:"System or site."`
	Cause      string          `json:"cause,omitempty" maxLength:"4096" lines:"yes" doc:"As far as it is known."`
	Traces     string          `json:"traces,omitempty" maxLength:"4096" lines:"yes" doc:"What was done to keep them."`
	Help       string          `json:"help,omitempty" maxLength:"4096" lines:"yes" doc:"What was asked for."`
	HighRisk   bool            `json:"high_risk,omitempty" doc:"True if a high risk to people is likely."`
	Tiers      []string        `json:"tiers,omitempty" maxItems:"8" maxLength:"64" nullable:"false" doc:"Cases of the law packs beside the number of people, such as critical-infrastructure."`
	Delay      string          `json:"delay,omitempty" maxLength:"4096" lines:"yes" doc:"Why a report comes after its time."`
	Tell       []IncidentWords `json:"tell,omitempty" maxItems:"16" nullable:"false" doc:"What people are told, in each language of the policy. It may name nobody; the way to reach you belongs into contact."`
}

// IncidentWords is what people are told in one language.
type IncidentWords struct {
	Language string `json:"language" minLength:"2" maxLength:"35" example:"en"`
	What     string `json:"what_happened,omitempty" maxLength:"4096" lines:"yes"`
	Impact   string `json:"impact,omitempty" maxLength:"4096" lines:"yes"`
	Taken    string `json:"measures_taken,omitempty" maxLength:"4096" lines:"yes"`
	Planned  string `json:"measures_planned,omitempty" maxLength:"4096" lines:"yes"`
	Advice   string `json:"advice,omitempty" maxLength:"4096" lines:"yes"`
	Remedies string `json:"remedies,omitempty" maxLength:"4096" lines:"yes"`
	Contact  string `json:"contact,omitempty" maxLength:"4096" lines:"yes"`
}

func (h *Happened) gate() (*gate.Circumstances, map[string]gate.Words) {
	words := make(map[string]gate.Words, len(h.Tell))
	for _, t := range h.Tell {
		words[t.Language] = gate.Words{"what-happened": t.What, "impact": t.Impact, "measures-taken": t.Taken, "measures-planned": t.Planned,
			"advice": t.Advice, "remedies": t.Remedies, "contact": t.Contact}
	}
	return &gate.Circumstances{Occurred: h.Occurred, Discovered: h.Discovered, Aware: h.Aware, Over: h.Over, Types: h.Types, Place: h.Place, Cause: h.Cause,
		Traces: h.Traces, Help: h.Help, HighRisk: h.HighRisk, Tiers: h.Tiers, Delay: h.Delay}, words
}

func tellings(words map[string]gate.Words) []IncidentWords {
	out := []IncidentWords{}
	for language, w := range words {
		out = append(out, IncidentWords{language, w["what-happened"], w["impact"], w["measures-taken"], w["measures-planned"], w["advice"], w["remedies"], w["contact"]})
	}
	slices.SortFunc(out, func(a, b IncidentWords) int {
		if a.Language < b.Language {
			return -1
		}
		return 1
	})
	return out
}

// Describing is the body of incidents/describe.
type Describing struct {
	MatterID
	Happened
}

// Reaching is the body of incidents/scope.
type Reaching struct {
	MatterID
	Store    string    `json:"store,omitempty" maxLength:"64" doc:"What was reached." example:"live"`
	Data     []string  `json:"data,omitempty" maxItems:"256" minLength:"1" maxLength:"64" nullable:"false" doc:"Kinds of data of the policy; all if left out." example:"[\"email\"]"`
	From     time.Time `json:"from,omitempty" doc:"Collected from then on."`
	To       time.Time `json:"to,omitempty" doc:"Collected until then, as when a stolen backup was made."`
	FirstKey int64     `json:"first_key,omitempty" minimum:"1" doc:"The first number of a range of keys that were lost."`
	LastKey  int64     `json:"last_key,omitempty" minimum:"1"`
}

// Authority is the body of the reports to an authority.
type Authority struct {
	MatterID
	Law      string `json:"law" minLength:"1" maxLength:"16" doc:"A law pack of the policy." example:"eu"`
	Language string `json:"language,omitempty" maxLength:"35" doc:"The policy's first if left out."`
	Phased   bool   `json:"phased,omitempty" doc:"True to report with something missing that follows later."`
}

// IncidentClock is a time by which somebody has to be told.
type IncidentClock struct {
	Law    string    `json:"law" doc:"A law pack, or policy."`
	Of     string    `json:"of" doc:"Where it stands."`
	To     string    `json:"to" enum:"authority,people"`
	Tier   string    `json:"tier" doc:"The case it holds for."`
	Due    time.Time `json:"due"`
	AtOnce bool      `json:"at_once,omitempty" doc:"There is no figure: at once."`
	Met    time.Time `json:"met,omitzero"`
	Missed bool      `json:"missed,omitempty" doc:"Its time ran out; the log says so."`
}

// ReportFiled is a report that went to an authority.
type ReportFiled struct {
	Law     string    `json:"law"`
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
	Phased  bool      `json:"phased,omitempty"`
	Missing []string  `json:"missing,omitempty" nullable:"false"`
	By      string    `json:"by"`
}

// Incident is an incident as it stands. All figures in it are counted.
type Incident struct {
	MatterHead
	Happened
	Data        []string         `json:"data" nullable:"false" doc:"The kinds of data that it reached; all if empty."`
	Counted     bool             `json:"counted" doc:"False while those affected are still being counted."`
	People      int64            `json:"people"`
	Records     int64            `json:"records"`
	ByDatum     map[string]int64 `json:"by_datum"`
	Told        int64            `json:"told"`
	Waiting     int64            `json:"waiting"`
	Unreachable int64            `json:"unreachable"`
	Gone        int64            `json:"gone" doc:"Erased since they were found."`
	ByChannel   map[string]int64 `json:"by_channel"`
	Public      time.Time        `json:"announced,omitzero" doc:"When everybody was told in public, because too many could not be reached."`
	Clocks      []IncidentClock  `json:"clocks" nullable:"false"`
	Reports     []ReportFiled    `json:"reports" nullable:"false"`
}

// IncidentDone is the answer of the operations on one incident.
type IncidentDone struct {
	Receipt  Receipt  `json:"receipt"`
	Incident Incident `json:"incident"`
}

// IncidentPage is a list of incidents.
type IncidentPage struct {
	Incidents []Incident `json:"incidents" nullable:"false"`
}

// AuthorityReport is an incident as an authority wants to read it.
type AuthorityReport struct {
	Law     string        `json:"law"`
	Version int64         `json:"version"`
	Fields  []ReportField `json:"fields" nullable:"false"`
	Missing []string      `json:"missing" nullable:"false" doc:"Fields that the law demands and that are empty."`
}

// ReportField is one line of a report.
type ReportField struct {
	Name    string `json:"name"`
	Value   string `json:"value,omitempty"`
	Missing bool   `json:"missing,omitempty"`
	Must    bool   `json:"must,omitempty" doc:"The law demands it."`
}

// PublicIncident is an incident as everybody may read it.
type PublicIncident struct {
	At       time.Time       `json:"at"`
	Occurred time.Time       `json:"occurred,omitzero"`
	Data     []string        `json:"data" nullable:"false"`
	Tell     []IncidentWords `json:"tell" nullable:"false"`
}

func incidentOf(m *gate.Incident) Incident {
	b := &m.Body
	out := Incident{MatterHead: headOfMatter(m, 0), Happened: Happened{Occurred: b.Occurred, Discovered: b.Discovered, Aware: b.Aware, Over: b.Over, Types: b.Types, Place: b.Place,
		Cause: b.Cause, Traces: b.Traces, Help: b.Help, HighRisk: b.HighRisk, Tiers: b.Tiers, Delay: b.Delay, Tell: tellings(b.Words)},
		Data: strOf(b.Scope.Data), Counted: b.Affected.Done, People: b.Affected.People, Records: b.Affected.Records, ByDatum: make(map[string]int64),
		Told: b.Progress.Told, Waiting: b.Progress.Waiting, Unreachable: b.Progress.Unreachable, Gone: b.Progress.Gone, ByChannel: b.Progress.ByChannel, Public: b.Public,
		Clocks: []IncidentClock{}, Reports: []ReportFiled{}}
	for d, n := range b.Affected.ByDatum {
		out.ByDatum[string(d)] = n
	}
	if out.ByChannel == nil {
		out.ByChannel = make(map[string]int64)
	}
	for _, c := range b.Clocks {
		out.Clocks = append(out.Clocks, IncidentClock(c))
	}
	for _, r := range b.Reports {
		out.Reports = append(out.Reports, ReportFiled{r.Law, int64(r.Version), r.At, r.Phased, r.Missing, r.By.Person})
	}
	return out
}

func strOf[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

func incidentDone(m gate.Incident, r avow.Receipt, err error) (IncidentDone, error) {
	if err != nil {
		return IncidentDone{}, err
	}
	return IncidentDone{receiptOf(r), incidentOf(&m)}, nil
}

const incidentTag = "Incidents"

func (d *Door) addIncidents() error {
	for _, add := range []func() error{d.addIncidentOpen, d.addIncidentSteps, d.addIncidentReports, d.addIncidentReads, d.addIncidentLetters} {
		if err := add(); err != nil {
			return err
		}
	}
	d.open(operation{id: "announcements", path: "/announcements/{policy}", tag: incidentTag, media: "application/json",
		summary: "Security incidents that were announced to everybody, the newest first",
		doc:     "Where too many of those affected could not be reached one by one.",
	}, func(w http.ResponseWriter, r *http.Request) error {
		id, err := d.served(r)
		if err != nil {
			return err
		}
		list, err := d.cfg.Gate.Announcements(r.Context(), id)
		if err != nil {
			return err
		}
		out := []PublicIncident{}
		for _, a := range list {
			out = append(out, PublicIncident{a.At, a.Occurred, strOf(a.Data), tellings(a.Words)})
		}
		return d.publicJSON(w, r, struct {
			Announcements []PublicIncident `json:"announcements"`
		}{out})
	})
	return nil
}

const someIncident = `"id":"000000000000000000000000000000ff"`

func (d *Door) addIncidentOpen() error {
	return errors.Join(post(d, operation{id: "open-incident", path: "/v1/{policy}/incidents", tag: incidentTag, scopes: auth.Officer,
		summary: "Open a security incident",
		doc:     "From the moment at which the controller was aware of it, the clocks of the policy and of its law packs run. What is not known yet may follow.",
		example: `{"aware":"2026-11-21T08:00:00Z","types":["confidentiality"],"tell":[{"language":"en","what_happened":"A backup was copied."}]}`,
	}, func(c *call, in *Happened) (IncidentDone, error) {
		what, words := in.gate()
		return incidentDone(c.gate.OpenIncident(c, c.policy, c.officer(""), what, words))
	}), post(d, operation{id: "describe-incident", path: "/v1/{policy}/incidents/describe", tag: incidentTag, scopes: auth.Officer,
		summary: "Replace what is known of an incident",
		example: `{` + someIncident + `,"aware":"2026-11-21T08:00:00Z"}`,
	}, func(c *call, in *Describing) (IncidentDone, error) {
		what, words := in.gate()
		return incidentDone(c.gate.DescribeIncident(c, c.policy, in.ID, c.officer(""), what, words))
	}))
}

func (d *Door) addIncidentSteps() error {
	err := post(d, operation{id: "scope-incident", path: "/v1/{policy}/incidents/scope", tag: incidentTag, scopes: auth.Officer,
		summary: "Say which data an incident reached, and have those affected counted",
		doc:     "They are counted from what is held, in steps: read the incident until counted is true.",
		example: `{` + someIncident + `,"data":["email"]}`,
	}, func(c *call, in *Reaching) (IncidentDone, error) {
		r := gate.Reach{Store: in.Store, From: in.From, To: in.To, FirstKey: uint64(in.FirstKey), LastKey: uint64(in.LastKey)}
		for _, s := range in.Data {
			r.Data = append(r.Data, avow.Datum(s))
		}
		return incidentDone(c.gate.ScopeIncident(c, c.policy, in.ID, c.officer(""), &r))
	})
	if err != nil {
		return err
	}
	for _, op := range []struct {
		id, path, summary, doc string
		act                    func(*call, string) (gate.Incident, avow.Receipt, error)
	}{
		{"tell-incident", "tell", "Tell everybody who is affected", "In their language, with the kinds of data of theirs that are concerned, by the first of the policy's channels that reaches them. Refused while anything that the policy promises to tell is missing.",
			func(c *call, id string) (gate.Incident, avow.Receipt, error) {
				return c.gate.TellIncident(c, c.policy, id, c.officer(""))
			}},
		{"close-incident", "close", "Close an incident that was handled", "The summary that a law asks for afterwards has its clock from here.",
			func(c *call, id string) (gate.Incident, avow.Receipt, error) {
				return c.gate.CloseIncident(c, c.policy, id, c.officer(""))
			}},
	} {
		err := post(d, operation{id: op.id, path: "/v1/{policy}/incidents/" + op.path, tag: incidentTag, scopes: auth.Officer, summary: op.summary, doc: op.doc, example: `{` + someIncident + `}`},
			func(c *call, in *MatterID) (IncidentDone, error) { return incidentDone(op.act(c, in.ID)) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Door) addIncidentReports() error {
	return errors.Join(post(d, operation{id: "incident-report", path: "/v1/{policy}/incidents/report", tag: incidentTag, scopes: auth.Officer | auth.Auditor,
		summary: "Write the report to the authority of a law, as things stand",
		doc:     "Every field is there: filled, or marked missing.",
		example: `{` + someIncident + `,"law":"eu"}`,
	}, func(c *call, in *Authority) (AuthorityReport, error) {
		r, err := c.gate.IncidentReport(c, c.policy, in.ID, in.Law, in.Language)
		if err != nil {
			return AuthorityReport{}, err
		}
		out := AuthorityReport{Law: r.Law, Version: int64(r.Version), Fields: []ReportField{}, Missing: append([]string{}, r.Missing...)}
		for _, f := range r.Fields {
			out.Fields = append(out.Fields, ReportField(f))
		}
		return out, nil
	}), post(d, operation{id: "report-incident", path: "/v1/{policy}/incidents/file", tag: incidentTag, scopes: auth.Officer,
		summary: "Record that the report went to the authority",
		doc:     "Refused while a field is empty that the law demands, unless the report is one of several.",
		example: `{` + someIncident + `,"law":"eu","phased":true}`,
	}, func(c *call, in *Authority) (IncidentDone, error) {
		return incidentDone(c.gate.ReportIncident(c, c.policy, in.ID, in.Law, c.officer(""), in.Phased))
	}))
}

func (d *Door) addIncidentReads() error {
	return errors.Join(post(d, operation{id: "read-incident", path: "/v1/{policy}/incidents/read", tag: incidentTag, scopes: auth.Officer | auth.Auditor,
		summary: "Read one incident as it stands", example: `{` + someIncident + `}`,
	}, func(c *call, in *MatterID) (Incident, error) {
		m, err := c.gate.ReadIncident(c, c.policy, in.ID)
		if err != nil {
			return Incident{}, err
		}
		return incidentOf(&m), nil
	}), list(d, operation{id: "incidents", path: "/v1/{policy}/incidents/list", tag: incidentTag, scopes: auth.Officer | auth.Auditor,
		summary: "List incidents in the order in which they were opened",
	}, (*gate.Gate).Incidents, plainly(incidentOf), func(l []Incident) IncidentPage { return IncidentPage{l} }))
}
