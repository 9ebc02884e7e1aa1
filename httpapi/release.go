package httpapi

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Table is the body that proposes a release of statistics.
type Table struct {
	Rule      string      `json:"rule" minLength:"1" maxLength:"64" doc:"A rule of the policy's statistics." example:"count-mails"`
	Recipient string      `json:"recipient,omitempty" maxLength:"64" doc:"Who receives it; left out where the rule keeps it inside." example:"map-maker"`
	Purpose   string      `json:"purpose" minLength:"1" maxLength:"64" doc:"Why, a purpose of the rule." example:"support"`
	Datum     string      `json:"datum" minLength:"1" maxLength:"64" doc:"What is counted: people who have it, or events about nobody." example:"email"`
	By        []Dimension `json:"by,omitempty" maxItems:"3" nullable:"false" doc:"What it is broken down by."`
	Epsilon   string      `json:"epsilon,omitempty" maxLength:"8" doc:"The part of the period's privacy budget that this table may cost; all of it if left out." example:"0.5"`
	Most      int64       `json:"most,omitempty" minimum:"1" maximum:"16" doc:"How many cells one person may be counted in; 1 if left out. More of them need more noise." example:"1"`
	Totals    bool        `json:"totals,omitempty" doc:"Show totals too; with up to two dimensions."`
}

// Dimension is one way in which a table is broken down. Its categories are named
// beforehand: read off the data, they would tell who is there.
type Dimension struct {
	Datum  string   `json:"datum,omitempty" maxLength:"64" doc:"By which datum; the counted one if left out."`
	Field  string   `json:"field,omitempty" maxLength:"64" doc:"A field at the top of a JSON value."`
	Values []string `json:"values,omitempty" maxItems:"1024" minLength:"1" maxLength:"128" nullable:"false" doc:"The categories. What is in none of them counts as other."`
	Prefix bool     `json:"prefix,omitempty" doc:"The categories are beginnings of values."`
	Bands  []int64  `json:"bands,omitempty" maxItems:"1024" nullable:"false" doc:"Lower edges of bands of numbers, ascending; instead of values."`
}

// Release is a release of statistics as it stands.
type Release struct {
	MatterHead
	Table     Table     `json:"table"`
	Threshold int64     `json:"threshold" doc:"The smallest group that is shown."`
	Epsilon   string    `json:"epsilon" doc:"What it costs." example:"0.5"`
	Rows      []Figure  `json:"rows,omitempty" nullable:"false" doc:"The table, once it is released."`
	Shown     string    `json:"shown,omitempty" doc:"SHA-256 of the table, as it stands in the evidence."`
	Until     time.Time `json:"until,omitzero" doc:"Until then the same question has the same answer."`
}

// Figure is one figure of a table.
type Figure struct {
	Of     []string `json:"of" nullable:"false" doc:"A category of each dimension, or total." example:"[\"north\"]"`
	Count  int64    `json:"count,omitempty" doc:"With noise. Left out where it is hidden."`
	Hidden bool     `json:"hidden,omitempty" doc:"The group is too small, or would tell of one that is."`
}

// Released is the answer of the operations on one release.
type Released struct {
	Receipt Receipt `json:"receipt" doc:"Of what was done now; index -1 if nothing was."`
	Release Release `json:"release"`
}

// Releases is a list of releases without their tables.
type Releases struct {
	Releases []Release `json:"releases" nullable:"false"`
}

func (t *Table) question() *gate.Question {
	q := &gate.Question{Rule: avow.RuleID(t.Rule), Recipient: avow.Recipient(t.Recipient), Purpose: avow.Purpose(t.Purpose), Data: avow.Datum(t.Datum),
		Epsilon: t.Epsilon, Most: int(t.Most), Totals: t.Totals}
	for _, b := range t.By {
		q.By = append(q.By, gate.By{Datum: avow.Datum(b.Datum), Field: b.Field, Values: b.Values, Prefix: b.Prefix, Bands: b.Bands})
	}
	return q
}

func tableOf(q *gate.Question) Table {
	t := Table{Rule: string(q.Rule), Recipient: string(q.Recipient), Purpose: string(q.Purpose), Datum: string(q.Data), Epsilon: q.Epsilon, Most: int64(q.Most), Totals: q.Totals}
	for _, b := range q.By {
		t.By = append(t.By, Dimension{string(b.Datum), b.Field, b.Values, b.Prefix, b.Bands})
	}
	return t
}

func releaseOf(m *gate.Release, rows bool) Release {
	out := Release{MatterHead: headOfMatter(m, m.Body.Approvals), Table: tableOf(&m.Body.Question), Threshold: int64(m.Body.Crowd), Epsilon: m.Body.Epsilon, Until: m.Body.Until}
	if m.State == "released" {
		out.Shown = hex.EncodeToString(m.Body.Shown[:])
	}
	for _, r := range m.Body.Rows {
		if rows {
			out.Rows = append(out.Rows, Figure{r.Of, r.Count, r.Hidden})
		}
	}
	return out
}

func released(c *call, m gate.Release, r avow.Receipt, err error) (Released, error) {
	if err != nil {
		return Released{}, named(c, err, []avow.Datum(nil))
	}
	return Released{receiptOf(r), releaseOf(&m, true)}, nil
}

func (d *Door) addReleases() error {
	const tag = "Statistics"
	err := post(d, operation{id: "propose-release", path: "/v1/{policy}/releases", tag: tag, scopes: auth.Officer,
		summary: "Propose a table of statistics for release",
		doc: "Refused if the policy's statistics do not name the data, the purpose and the recipient. Others have to approve it where the policy says so. " +
			"A question that was answered in the period that runs is not asked again: the release that answered it is returned.",
		example: `{"rule":"count-mails","recipient":"map-maker","purpose":"support","datum":"email"}`,
	}, func(c *call, in *Table) (Released, error) {
		m, r, err := c.gate.ProposeRelease(c, c.policy, c.officer(""), in.question())
		return released(c, m, r, err)
	})
	if err != nil {
		return err
	}
	err = post(d, operation{id: "approve-release", path: "/v1/{policy}/releases/approve", tag: tag, scopes: auth.Officer,
		summary: "Approve a release",
		doc:     "Nobody approves what they proposed, nobody twice through another token of theirs, and nobody anything else than what stands.",
		example: `{"id":"000000000000000000000000000000ff","digest":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}`,
	}, func(c *call, in *Approving) (Released, error) {
		what, err := in.digest()
		if err != nil {
			return Released{}, err
		}
		m, r, err := c.gate.ApproveRelease(c, c.policy, in.ID, c.officer(""), what)
		return released(c, m, r, err)
	})
	if err != nil {
		return err
	}
	for _, row := range []struct {
		operation
		do func(context.Context, avow.PolicyID, string, gate.Officer) (gate.Release, avow.Receipt, error)
	}{
		{operation{id: "carry-out-release", path: "/v1/{policy}/releases/carry-out", summary: "Count, and answer with the table",
			doc: "The budget of the period is spent first. Groups below the threshold are hidden, and noise is added to the others. Asked again, it answers with the same table."}, d.cfg.Gate.Release},
		{operation{id: "withdraw-release", path: "/v1/{policy}/releases/withdraw", summary: "Give a proposed release up"}, d.cfg.Gate.WithdrawRelease},
	} {
		op := row.operation
		op.tag, op.scopes, op.example = tag, auth.Officer, `{"id":"000000000000000000000000000000ff"}`
		err := post(d, op, func(c *call, in *MatterID) (Released, error) {
			m, r, err := row.do(c, c.policy, in.ID, c.officer(""))
			return released(c, m, r, err)
		})
		if err != nil {
			return err
		}
	}
	return d.addReleaseLists(tag)
}

func (d *Door) addReleaseLists(tag string) error {
	return errors.Join(post(d, operation{id: "read-release", path: "/v1/{policy}/releases/read", tag: tag, scopes: auth.Officer | auth.Auditor,
		summary: "Read one release", example: `{"id":"000000000000000000000000000000ff"}`,
	}, func(c *call, in *MatterID) (Release, error) {
		m, err := c.gate.ReadRelease(c, c.policy, in.ID)
		if err != nil {
			return Release{}, err
		}
		return releaseOf(&m, true), nil
	}), list(d, operation{id: "releases", path: "/v1/{policy}/releases/list", tag: tag, scopes: auth.Officer | auth.Auditor,
		summary: "List releases in the order in which they were proposed", doc: "Without the tables.",
	}, (*gate.Gate).Releases, func(_ *call, m *gate.Release) Release { return releaseOf(m, false) }, func(l []Release) Releases { return Releases{l} }))
}
