package policy

import (
	"slices"

	"avow.dev"
	"avow.dev/policy/syntax"
	"avow.dev/policy/vocab"
)

// AsksGuardian reports whether anything is open to a minor only when a parent or
// guardian has agreed.
func (p *Program) AsksGuardian() bool {
	return slices.ContainsFunc(p.table.alternatives, func(a alternative) bool { return a.need&bit(avow.GuardianMissing) != 0 })
}

// TakenWithGuardian reports whether a minor's datum is taken in for a purpose only when a
// parent or guardian has agreed: every rule that takes it in for that asks for their yes.
func (p *Program) TakenWithGuardian(datum avow.Datum, purpose avow.Purpose) bool {
	ways := p.ways(avow.Collect, string(datum), string(purpose))
	return len(ways) > 0 && !slices.ContainsFunc(ways, func(w way) bool { return w.need&bit(avow.GuardianMissing) == 0 })
}

// correspondence are the terms of what people say to each other.
var correspondence = []string{"pd:Communication", "pd:EmailContent", "pd:VoiceCommunicationRecording", "avow:SMS", "avow:SupportConversation"}

// Correspondence reports whether a datum is what people say to each other: messages,
// letters and calls. Who may see what is held of somebody, such as their parent, does not
// see that.
func (p *Program) Correspondence(datum avow.Datum) bool {
	i := slices.IndexFunc(p.file.Data, func(d syntax.Datum) bool { return d.ID.Text == string(datum) })
	if i < 0 {
		return false
	}
	e := &p.file.Data[i]
	term, _ := vocab.Datum(or(e.Term.Text, e.ID.Text))
	return slices.ContainsFunc(append(term.IRIs.List(), term.Broader, e.Term.Text), func(iri string) bool { return slices.Contains(correspondence, iri) })
}
