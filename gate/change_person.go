package gate

import (
	"context"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// Stance is where one person stands towards a version of the policy.
type Stance struct {
	Version
	Mine     avow.Hash // of the text that they accepted, or else of the one in force
	Since    time.Time // when they accepted it; zero if they accepted none
	Accepted bool      // they have accepted this version
	Kept     bool      // they were asked, and stay with the version that they accepted
	// Silent says that the policy keeps the narrower rules for who says nothing.
	Silent bool
	// Asks says that the version is in force and wants an answer that they have not
	// given.
	Asks bool
}

// stance says where the person of a turn stands towards a version. kept is what their
// record says of it.
func (t *turn) stance(v *Version, rec *Record) Stance {
	out := Stance{Version: *v, Mine: t.program.Hash(), Silent: keepsNarrower(t.program), Kept: rec != nil && string(rec.Body) == "kept"}
	if a := &t.who.state.Acceptance; a.State == avow.AcceptedPolicy {
		out.Mine, out.Since = a.Policy, a.At
		out.Accepted = a.Policy == v.Hash
	}
	if v.State != "effective" || out.Accepted || out.Kept {
		return out
	}
	switch {
	case !out.Silent:
		out.Asks = t.program.File().Acceptance.Required.On
	case !out.Since.IsZero():
		// A text that is narrower throughout holds for everybody, and asks nothing.
		mine, err := t.gate.compiled(t.ctx, t.id, out.Mine)
		out.Asks = err != nil || widens(mine, t.program)
	}
	return out
}

// StanceTo returns where a person stands towards a version, and notes that they were
// shown it, if it is ahead of them. It opens nothing of theirs.
func (g *Gate) StanceTo(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, h avow.Hash) (Stance, error) {
	v, err := g.versionOf(ctx, id, h)
	if err != nil {
		return Stance{}, err
	}
	var out Stance
	_, err = g.take(repeatable(ctx), id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		rec, err := t.sawOf(h)
		if err != nil {
			return err
		}
		out = t.stance(&v, rec)
		if v.State == "announced" || v.State == "effective" && !out.Accepted {
			return t.saw(h)
		}
		return nil
	})
	return out, err
}

// Unanswered returns the versions that are ahead of a person: announced, or in force
// and wanting their answer. It notes nothing: to be told that there is something to
// read is not to be shown it.
func (g *Gate) Unanswered(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]Stance, error) {
	versions, err := g.Versions(ctx, id)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(versions[min(1, len(versions)):], func(v Version) bool { return v.State != "withdrawn" }) {
		return nil, nil // there has been one version only
	}
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	who, err := g.find(ctx, s, ref)
	if err != nil || !who.known() {
		return nil, unlessGone(unreadable(err))
	}
	f := s.inForce.Load()
	t := &turn{served: s, ctx: ctx, gate: g, force: f, program: f.program, now: g.Now(), ref: ref, who: who}
	var out []Stance
	for i := range versions {
		v := &versions[i]
		if v.State != "announced" && v.State != "effective" {
			continue
		}
		rec, err := t.sawOf(v.Hash)
		if err != nil {
			return nil, err
		}
		if st := t.stance(v, rec); st.Asks || v.State == "announced" {
			out = append(out, st)
		}
	}
	return out, nil
}

func (g *Gate) versionOf(ctx context.Context, id avow.PolicyID, h avow.Hash) (Version, error) {
	versions, err := g.Versions(ctx, id)
	if err != nil {
		return Version{}, err
	}
	i := slices.IndexFunc(versions, func(v Version) bool { return v.Hash == h })
	if i < 0 {
		return Version{}, &avow.Error{Code: avow.Unknown, Message: "the policy has no such version", Try: "choose one from the list of versions"}
	}
	return versions[i], nil
}

// sawOf returns the record that says that the person was shown a version.
func (t *turn) sawOf(h avow.Hash) (*Record, error) {
	key := digestOfHash(h)
	rec, ok, err := t.gate.store.Get(t.ctx, t.who.row.SID, seenKind, key[:])
	if err != nil {
		return nil, internal("it could not be read what was shown", err)
	}
	if !ok {
		return nil, nil
	}
	return &rec, nil
}

// KeepVersion records that a person was asked about the version in force and stays
// with the one that they accepted. They are not asked again about this one. It is for
// policies in which silence keeps the narrower rules; elsewhere somebody who does not
// agree declines.
func (g *Gate) KeepVersion(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, h avow.Hash) (avow.Receipt, error) {
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		a := &t.who.state.Acceptance
		switch {
		case h != t.program.Hash():
			return &avow.Error{Code: avow.Conflict, Message: "the text that was shown is not the policy in force", Try: "show the current policy and send its hash"}
		case !keepsNarrower(t.program) || a.State != avow.AcceptedPolicy:
			return &avow.Error{Code: avow.Conflict, Message: "there is no earlier version that this person could stay with", Try: "accept the policy, or refuse it"}
		case a.Policy == h:
			return &avow.Error{Code: avow.Conflict, Message: "this person has accepted the version in force", Try: "take back single choices, or leave"}
		}
		rec, err := t.sawOf(h)
		if err != nil {
			return err
		}
		if rec != nil && string(rec.Body) == "kept" {
			return nil
		}
		key := digestOfHash(h)
		t.touched = true
		t.change.Put = append(t.change.Put, Record{SID: t.who.row.SID, Kind: seenKind, Key: key[:], Body: []byte("kept")})
		t.note(evidence.ChangeKept, func(l *evidence.Leaf) {
			t.force.citing("change")(l)
			l.Verdict, l.Detail = avow.Refuse, key
		})
		return nil
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}
