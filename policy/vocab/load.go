package vocab

import (
	"errors"
	"fmt"
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
	datum      table[DatumTerm]
	purpose    table[PurposeTerm]
	operation  table[OperationTerm]
	basis      table[BasisTerm]
	consent    table[ConsentTerm]
	recipient  table[RecipientTerm]
	measure    table[MeasureTerm]
	right      table[RightTerm]
	refusal    table[RefusalTerm]
	retention  table[RetentionTerm]
	source     table[SourceTerm]
	permission table[PermissionTerm]
	exemption  table[ExemptionTerm]
	word       table[WordTerm]
	status     table[StatusTerm]
	namespace  table[NamespaceTerm]

	terms   map[Kind][]Term   // every kind's rows as plain terms, in file order
	android map[string]string // Android permission name to slug
	iris    map[string]string // compact to full IRI, for every IRI that may be emitted
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

func parse() (*vocabulary, error) {
	v := &vocabulary{terms: map[Kind][]Term{}, android: map[string]string{}, iris: map[string]string{}}
	if err := errors.Join(
		fill(v, &v.namespace, KindNamespace, buildNamespace),
		fill(v, &v.datum, KindDatum, buildDatum),
		fill(v, &v.purpose, KindPurpose, buildPurpose),
		fill(v, &v.operation, KindOperation, func(r *row) (OperationTerm, error) { return OperationTerm{r.term()}, nil }),
		fill(v, &v.basis, KindBasis, buildBasis),
		fill(v, &v.consent, KindConsent, buildConsent),
		fill(v, &v.recipient, KindRecipient, buildRecipient),
		fill(v, &v.measure, KindMeasure, func(r *row) (MeasureTerm, error) { return MeasureTerm{r.term()}, nil }),
		fill(v, &v.right, KindRight, func(r *row) (RightTerm, error) { return RightTerm{r.term(), r.words("packs")}, nil }),
		fill(v, &v.refusal, KindRefusal, buildRefusal),
		fill(v, &v.retention, KindRetention, buildRetention),
		fill(v, &v.source, KindSource, func(r *row) (SourceTerm, error) { return SourceTerm{r.term()}, nil }),
		fill(v, &v.permission, KindPermission, buildPermission),
		fill(v, &v.exemption, KindExemption, buildExemption),
		fill(v, &v.word, KindWord, func(r *row) (WordTerm, error) { return WordTerm{r.term()}, nil }),
		fill(v, &v.status, KindStatus, func(r *row) (StatusTerm, error) { return StatusTerm{r.term(), r.text("kind")}, nil }),
	); err != nil {
		return nil, err
	}
	return v, errors.Join(v.indexIRIs(), v.indexAndroid())
}

func (v *vocabulary) indexAndroid() error {
	for _, p := range v.permission.rows {
		for name := range p.Android.All() {
			if other, twice := v.android[name]; twice {
				return fmt.Errorf("permission %s: %s already stands under %s", p.Slug, name, other)
			}
			v.android[name] = p.Slug
		}
	}
	return nil
}
