package vocab

import (
	"errors"
	"sync"
)

// Kind names a table of the vocabulary.
type Kind string

// The kinds.
const (
	KindDatum      Kind = "datum"
	KindPurpose    Kind = "purpose"
	KindOperation  Kind = "operation"
	KindBasis      Kind = "basis"
	KindConsent    Kind = "consent"
	KindRecipient  Kind = "recipient"
	KindMeasure    Kind = "measure"
	KindRight      Kind = "right"
	KindRefusal    Kind = "refusal"
	KindRetention  Kind = "retention"
	KindSource     Kind = "source"
	KindPermission Kind = "permission"
	KindExemption  Kind = "exemption"
	KindWord       Kind = "word"
	KindStatus     Kind = "status"
	KindNamespace  Kind = "namespace"
)

// vocabulary is everything in data, parsed once and never changed.
type vocabulary struct {
	namespace  table[NamespaceTerm]
	datum      table[DatumTerm]
	purpose    table[PurposeTerm]
	basis      table[BasisTerm]
	consent    table[ConsentTerm]
	right      table[RightTerm]
	permission table[PermissionTerm]
	exemption  table[ExemptionTerm]

	terms map[Kind][]Term   // every kind's rows as plain terms, in file order
	iris  map[string]string // compact to full IRI, for every IRI that may be emitted
}

// load parses the tables once. When they do not parse, every look-up answers
// "unknown", so a broken build recognises nothing instead of guessing.
var load = sync.OnceValues(parse)

// Check reports what is wrong with the embedded tables; nil means they are
// sound. A program that depends on the vocabulary calls it at start.
func Check() error {
	_, err := load()
	return err
}

func known() *vocabulary {
	v, err := load()
	if err != nil {
		return &vocabulary{}
	}
	return v
}

// fill reads one kind into the vocabulary.
func fill[T any](v *vocabulary, to *table[T], kind Kind, build func(*row) (T, error)) error {
	t, err := read(kind, build)
	if err != nil {
		return err
	}
	*to = t
	v.terms[kind] = t.terms
	return nil
}

// plain reads a kind whose rows are terms and no more. Columns that only those who
// read the table need are checked by build.
func plain(v *vocabulary, kind Kind, build func(*row) error) error {
	var t table[Term]
	return fill(v, &t, kind, func(r *row) (Term, error) { return r.term(), build(r) })
}

func parse() (*vocabulary, error) {
	v := &vocabulary{terms: map[Kind][]Term{}, iris: map[string]string{}}
	if err := errors.Join(
		fill(v, &v.namespace, KindNamespace, buildNamespace),
		fill(v, &v.datum, KindDatum, buildDatum),
		fill(v, &v.purpose, KindPurpose, buildPurpose),
		plain(v, KindOperation, nothingElse),
		fill(v, &v.basis, KindBasis, buildBasis),
		fill(v, &v.consent, KindConsent, buildConsent),
		plain(v, KindRecipient, either("kind", "person", "recipient")),
		plain(v, KindMeasure, nothingElse),
		fill(v, &v.right, KindRight, buildRight),
		plain(v, KindRefusal, either("kind", "delay", "refuse")),
		plain(v, KindRetention, either("valid", "yes", "no")),
		plain(v, KindSource, nothingElse),
		fill(v, &v.permission, KindPermission, buildPermission),
		fill(v, &v.exemption, KindExemption, buildExemption),
		plain(v, KindWord, nothingElse),
		plain(v, KindStatus, anything("kind")),
	); err != nil {
		return nil, err
	}
	return v, v.indexIRIs()
}
