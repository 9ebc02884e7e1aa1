package gate

import (
	"avow.dev"
	"avow.dev/redact"
)

// reduce brings a value into the forms that a ruling obliges to, in their order.
func (t *turn) reduce(datum avow.Datum, v Value, obligations []avow.Obligation, p avow.Purpose) (Value, bool, error) {
	out := NewValue(v.Expose())
	for _, o := range obligations {
		if o.Kind != avow.Transform {
			continue
		}
		form, ok := t.program.Form(o.Arg)
		if !ok {
			return Value{}, false, redact.ErrForm
		}
		f := t.force.redactForm(form, datum, p)
		next, some, err := t.apply(&f, out)
		out.Wipe()
		if err != nil || !some {
			return Value{}, false, err
		}
		out = next
	}
	return out, true, nil
}

// pseudonymise is a keyed pseudonym: equal values have equal pseudonyms for one
// purpose, and no two purposes share one.
func (s *served) pseudonymise(label string, v []byte) ([16]byte, error) {
	return s.tag(avow.Datum("\x00pseudonym/"+label), v)
}
