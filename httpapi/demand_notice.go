package httpapi

import (
	"errors"
	"net/http"
	"time"

	"avow.dev/internal/auth"
)

// DemandNotices is what a person is told of demands for their data.
type DemandNotices struct {
	Notices []DemandNotice `json:"notices" nullable:"false"`
}

// DemandNotice is one of them.
type DemandNotice struct {
	Ground    string    `json:"ground" doc:"A demand of the policy." example:"court-papers"`
	Authority string    `json:"authority" doc:"Who asked, a recipient of the policy." example:"police"`
	Data      []string  `json:"data" nullable:"false" example:"[\"email\"]"`
	Given     time.Time `json:"given,omitzero" doc:"When it was given; left out where nothing was given yet."`
	Told      time.Time `json:"told"`
}

// Transparency is how many demands there were, and what became of them.
type Transparency struct {
	Policy string             `json:"policy" example:"club"`
	At     time.Time          `json:"at"`
	Since  time.Time          `json:"since,omitzero" doc:"The log's first leaf. What happened before is not in it."`
	Leaves int64              `json:"leaves" doc:"How many leaves of the log were counted, from the first. Whoever has the log can count them again."`
	Years  []TransparencyYear `json:"years" nullable:"false" doc:"Totals of all grounds that are reported, exactly as the log has them."`
	Lines  []TransparencyLine `json:"lines" nullable:"false" doc:"By ground. None: no demand was received."`
}

// TransparencyYear is one calendar year (UTC).
type TransparencyYear struct {
	Year       int64 `json:"year" example:"2026"`
	Received   int64 `json:"received"`
	Released   int64 `json:"released"`
	Refused    int64 `json:"refused"`
	Withdrawn  int64 `json:"withdrawn"`
	Challenged int64 `json:"challenged"`
	People     int64 `json:"people" doc:"Of whom data was released."`
	Told       int64 `json:"told" doc:"Who were told so far."`
}

// Band says that a figure lies between two, both included.
type Band struct {
	From int64 `json:"from" example:"1"`
	To   int64 `json:"to" example:"9"`
}

// TransparencyLine is one ground in one calendar year (UTC). Figures from 1 to 9 are
// told as a band.
type TransparencyLine struct {
	Year       int64  `json:"year" example:"2026"`
	Ground     string `json:"ground" doc:"A demand of the policy." example:"court-papers"`
	Received   Band   `json:"received"`
	Released   Band   `json:"released"`
	Refused    Band   `json:"refused"`
	Withdrawn  Band   `json:"withdrawn"`
	Challenged Band   `json:"challenged"`
	People     Band   `json:"people" doc:"Of whom data was released."`
	Told       Band   `json:"told" doc:"Who were told so far."`
}

func (d *Door) addDemandNotices() error {
	return errors.Join(post(d, operation{id: "demand-notices", path: "/v1/{policy}/demands/notices", tag: demandTag, scopes: desk,
		summary: "Say what a person was told of demands for their data",
		doc:     "For the person themselves. While a gag lasts, it says nothing of the demand. Whoever calls it must have made sure who is asking.",
		example: lookedExample,
	}, func(c *call, in *LookingAt) (DemandNotices, error) {
		if err := c.opens(in.ref(), &in.Looking, "notices"); err != nil {
			return DemandNotices{}, err
		}
		list, err := c.gate.DemandNotices(c, c.policy, in.ref())
		if err != nil {
			return DemandNotices{}, err
		}
		out := DemandNotices{Notices: make([]DemandNotice, len(list))}
		for i, n := range list {
			out.Notices[i] = DemandNotice{n.Ground, string(n.Authority), strs(n.Data), n.Given, n.Told}
		}
		return out, nil
	}), post(d, operation{id: "tell-before", path: "/v1/{policy}/demands/tell", tag: demandTag, scopes: auth.Officer,
		summary: "Tell the people of a demand before anything is given",
		doc:     "Not while a gag lasts.",
		example: `{"id":"000000000000000000000000000000ff"}`,
	}, func(c *call, in *MatterID) (Demanded, error) {
		m, r, err := c.gate.TellBefore(c, c.policy, in.ID, c.officer(""))
		return demanded(c, m, r, err)
	}), post(d, operation{id: "extend-gag", path: "/v1/{policy}/demands/gag", tag: demandTag, scopes: auth.Officer, once: true,
		summary: "Move the end of a gag after a release, while it lasts",
		example: `{"id":"000000000000000000000000000000ff","until":"2027-01-31T00:00:00Z","statute":"order of 5 December"}`,
	}, func(c *call, in *Gagging) (Demanded, error) {
		m, r, err := c.gate.ExtendGag(c, c.policy, in.ID, c.officer(""), in.Until, in.Statute)
		return demanded(c, m, r, err)
	}))
}

// addTransparency serves the transparency report to everyone.
func (d *Door) addTransparency() {
	d.open(operation{id: "transparency", path: "/transparency/{policy}", tag: demandTag, media: "application/json",
		summary: "The transparency report: demands of authorities, in figures",
		doc:     "Counted from the log, for the grounds that the policy says are reported. The totals of each year are exact; by ground, figures from 1 to 9 are told as a band, because they could point at somebody. It names no demand and nobody.",
	}, func(w http.ResponseWriter, r *http.Request) error {
		id, err := d.served(r)
		if err != nil {
			return err
		}
		t, err := d.cfg.Gate.Transparency(r.Context(), id)
		if err != nil {
			return err
		}
		out := Transparency{Policy: string(id), At: t.At, Since: t.Since, Leaves: t.Size, Years: []TransparencyYear{}, Lines: []TransparencyLine{}}
		for _, y := range t.Years() {
			out.Years = append(out.Years, TransparencyYear{int64(y.Year), y.Received, y.Released, y.Refused, y.Withdrawn, y.Challenged, y.People, y.Told})
		}
		for _, l := range t.Banded() {
			out.Lines = append(out.Lines, TransparencyLine{int64(l.Year), string(l.Ground), Band(l.Received), Band(l.Released), Band(l.Refused), Band(l.Withdrawn), Band(l.Challenged), Band(l.People), Band(l.Told)})
		}
		return d.publicJSON(w, r, out)
	})
}
