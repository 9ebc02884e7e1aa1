package gate

import (
	"context"
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/vault"
)

const (
	// guardiansEachDay bounds how often one person asks, and so the messages that they
	// can have sent to anybody; guardianMailsEachDay those to one address.
	guardiansEachDay     = 3
	guardianMailsEachDay = 5
)

// GuardianAsking names a guardian.
type GuardianAsking struct {
	Mail     bool  // an e-mail address; else a phone number
	To       Value // the address
	Language avow.Language
}

// GuardianChannels returns by which channels guardians can be asked, e-mail first; none
// where no message leaves, or the policy asks for no guardian.
func (g *Gate) GuardianChannels(id avow.PolicyID) ([]string, error) {
	s, err := g.of(id)
	if err != nil || g.courier == nil || g.home(id) == "" || !s.inForce.Load().program.AsksGuardian() {
		return nil, err
	}
	return slices.DeleteFunc([]string{ByMail, BySMS}, func(c string) bool { return g.channels != nil && !slices.Contains(g.channels, c) }), nil
}

// guardianAddress reads an address of a guardian, and its keyed hash.
func (s *served) guardianAddress(mail bool, to Value) (channel, normal string, tag Tag, err error) {
	channel, form := ByMail, vault.Email
	if !mail {
		channel, form = BySMS, vault.Phone
	}
	raw, err := vault.Normalise(form, string(to.Expose()))
	if err != nil || len(raw) > 254 || strings.ContainsAny(string(raw), " \t\r\n,;<>\"") {
		return "", "", Tag{}, &avow.Error{Code: avow.Invalid, Message: "this is no address of its kind", Try: "check the address", Cause: err}
	}
	if tag, err = s.tag("\x00guardian/"+avow.Datum(channel), raw); err != nil {
		return "", "", Tag{}, internal("the address could not be indexed", err)
	}
	return channel, string(raw), tag, nil
}

// AskGuardian writes to the address that a person, or their application, names as their
// guardian's. The person has to be known as a minor. Only one is asked at a time, and
// nobody is their own guardian.
func (g *Gate) AskGuardian(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, a *GuardianAsking) (avow.Receipt, error) {
	s, err := g.of(id)
	if err != nil {
		return avow.Receipt{}, err
	}
	open, err := g.GuardianChannels(id)
	if err != nil {
		return avow.Receipt{}, err
	}
	channel, to, tag, err := s.guardianAddress(a.Mail, a.To)
	if err != nil {
		return avow.Receipt{}, err
	}
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		if !t.program.AsksGuardian() {
			return &avow.Error{Code: avow.Unknown, Message: "the policy asks no guardian", Try: "see what it says about young people"}
		}
		if !slices.Contains(open, channel) {
			return &avow.Error{Code: avow.Unavailable, Message: "no message to a guardian can be sent from here by this channel", Try: "name another address, or have the guardian write to the controller"}
		}
		return t.askGuardian(channel, to, tag, a.Language)
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

func (t *turn) askGuardian(channel, to string, tag Tag, lang avow.Language) error {
	if err := t.mayAskGuardian(channel, to, tag); err != nil {
		return err
	}
	mine, err := t.refTag(t.ref)
	if err != nil {
		return internal("tries could not be counted", err)
	}
	day := within(t.now, 24*time.Hour)
	for _, a := range []allowance{{"guardian-of", mine, day, guardiansEachDay}, {"guardian-mail", tag, day, guardianMailsEachDay}} {
		rec, ok, err := t.gate.place(t.ctx, t.served, &a)
		if err != nil {
			return err
		}
		if !ok {
			return &avow.Error{Code: avow.TooMany, Message: "guardians were asked too often today", Try: "try again tomorrow"}
		}
		t.change.PutNew = append(t.change.PutNew, rec)
	}
	d := ward{Guardianship: Guardianship{ID: newWardID(), State: GuardianAsked, Asked: t.now, Until: t.now.Add(GuardianWaits)}, tag: tag, channel: channel, to: to, language: t.language(lang)}
	if err := t.putWard(&d); err != nil {
		return err
	}
	if err := t.writeGuardian(&d, "guardian-asked", map[string]string{"date": d.Until.Format(time.DateOnly)}); err != nil {
		return err
	}
	t.note(evidence.GuardianAsked, t.force.citing("minors"))
	return nil
}

// mayAskGuardian says whether the person of a turn may name this address.
func (t *turn) mayAskGuardian(channel, to string, tag Tag) error {
	if err := t.mustBeKnown(); err != nil {
		return err
	}
	if err := t.mayAgree(); err != nil {
		return err
	}
	if t.who.state.Age != avow.KnownMinor {
		return &avow.Error{Code: avow.Conflict, Message: "a guardian is asked for a minor only, and this person is not known to be one", Try: "say first that the person is a minor"}
	}
	if _, _, waits, err := t.departure(); err != nil {
		return err
	} else if waits || t.who.state.Synthetic {
		return &avow.Error{Code: avow.Conflict, Message: "nobody is asked for this person now", Try: "undo the erasure that waits, if one does"}
	}
	own, err := t.ownAddress(channel, to)
	if err != nil {
		return err
	}
	if own {
		return &avow.Error{Code: avow.Invalid, Message: "this is the person's own address", Try: "name the parent's or guardian's"}
	}
	all, err := t.wards()
	if err != nil {
		return err
	}
	for i := range all {
		d := &all[i]
		rests := t.now.Before(d.Answered.Add(GuardianRests))
		switch {
		case d.open():
			return &avow.Error{Code: avow.Conflict, Message: "a guardian is asked already, or has answered", Try: "wait for the answer, or take the question back"}
		case d.Why == "refusal" && rests:
			return &avow.Error{Code: avow.Conflict, Message: "a guardian said no a short time ago", Try: "talk to them; they can be asked again after 30 days"}
		case d.Why == "not-theirs" && rests && d.tag == tag:
			return &avow.Error{Code: avow.Conflict, Message: "whoever has this address said that they are not the guardian", Try: "check the address"}
		}
	}
	return nil
}

// ownAddress reports whether an address is one of the person's: any that is held of them,
// also with a part behind a plus sign that mail goes to all the same (RFC 5233).
func (t *turn) ownAddress(channel, to string) (bool, error) {
	for _, info := range t.program.Data() {
		if info.About == "non-user" || info.Type != map[string]string{ByMail: "email", BySMS: "phone"}[channel] {
			continue
		}
		for _, form := range []string{to, plain(to)} {
			if tag, err := t.tagOf(&info, []byte(form)); err == nil && slices.ContainsFunc(t.who.body.tags, func(b bodyTag) bool { return b.tag == tag }) {
				return true, nil
			}
		}
		c := t.who.body.cell(info.Slug)
		if c == nil || c.hidden || c.isFile() {
			continue
		}
		v, ok, err := t.openCell(c)
		if err != nil {
			return false, err
		}
		same := false
		if ok {
			held, err := vault.Normalise(normalForm(info.Type), string(v.Expose()))
			same = err == nil && subtle.ConstantTimeCompare([]byte(plain(string(held))), []byte(plain(to))) == 1
			clear(held)
		}
		v.Wipe()
		if same {
			return true, nil
		}
	}
	return false, nil
}

// plain is an address without what stands behind a plus sign in its first part.
func plain(to string) string {
	local, host, ok := strings.Cut(to, "@")
	if !ok {
		return to
	}
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + host
}

// writeGuardian sends a message to a guardian. Its link leads to a page where they show
// by a code that they read the address; it holds nothing that opens anything.
func (t *turn) writeGuardian(d *ward, template string, params map[string]string) error {
	tmpl, ok := t.gate.letters.Template(template)
	if !ok {
		return &avow.Error{Code: avow.Unavailable, Message: "there is no text of a message to a guardian", Try: "add the template " + template}
	}
	all := map[string]string{"link": t.gate.home(t.id) + "/guardian"}
	for k, v := range params {
		all[k] = v
	}
	if err := tmpl.Check(all); err != nil {
		return internal("a message to a guardian could not be written", err)
	}
	l := &post{class: "legal", channel: d.channel, template: template, params: all, language: d.language, to: d.to, made: t.now}
	l.expires = t.now.Add(lifeOf(l))
	_, err := t.enqueue(l, t.now)
	return err
}

// RecallGuardian takes back that a guardian is asked. An answer that was given stands.
func (g *Gate) RecallGuardian(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (avow.Receipt, error) {
	return g.endAsking(ctx, id, ref, "recalled", func(d *ward) bool { return d.State == GuardianAsked })
}

// EndGuardian says that somebody who was taken for a guardian is none, as an officer has
// made sure. Their yes ends, and so does an erasure that they asked for and that waits.
func (g *Gate) EndGuardian(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (avow.Receipt, error) {
	return g.endAsking(ctx, id, ref, "office", (*ward).open)
}

func (g *Gate) endAsking(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, why string, which func(*ward) bool) (avow.Receipt, error) {
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		all, err := t.wards()
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(d ward) bool { return which(&d) })
		if i < 0 && slices.ContainsFunc(all, func(d ward) bool { return d.open() }) {
			return &avow.Error{Code: avow.Conflict, Message: "this guardian has answered", Try: "have an officer of the controller look at it, if they are none"}
		}
		if i < 0 {
			return &avow.Error{Code: avow.Unknown, Message: "no guardian is asked", Try: "name one first"}
		}
		if rec, dep, waits, err := t.departure(); err != nil {
			return err
		} else if waits && dep.Guardian {
			if err := t.stay(rec, dep); err != nil {
				return err
			}
		}
		return t.endWard(&all[i], why)
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

// endWard forgets a guardian's address. What stays for a while is that there was one.
func (t *turn) endWard(d *ward, why string) error {
	d.State, d.Why, d.Until, d.to, d.Address = GuardianEnded, why, time.Time{}, "", ""
	if d.Answered.IsZero() || why != "refusal" {
		d.Answered = t.now
	}
	if t.who.state.Guardian {
		t.who.state.Guardian = false
		t.sayGuardianNo(d)
	}
	t.note(evidence.GuardianEnded, t.force.citing("minors"))
	return t.putWard(d)
}
