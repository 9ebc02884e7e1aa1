package strict

import (
	"encoding"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

func (o object) read(r *reader, v reflect.Value) error {
	if !r.take('{') {
		return r.wrong("is not an object")
	}
	var seen uint64
	next := 0
	for first := true; !r.take('}'); first = false {
		if !first && !r.take(',') {
			return r.broken()
		}
		key, err := r.text()
		if err != nil {
			return err
		}
		if !r.take(':') {
			return r.broken()
		}
		k := o.find(key, next)
		if k < 0 {
			return &Fault{What: "has a field that is not known", Try: "use only: " + o.names()}
		}
		f := &o.fields[k]
		if seen&(1<<k) != 0 {
			return (&Fault{What: "stands there twice", Try: "send each field once"}).in(f.name)
		}
		seen |= 1 << k
		if err := f.node.read(r, v.FieldByIndex(f.index)); err != nil {
			return within(err, f.name)
		}
		next = k + 1
	}
	if name, ok := o.missing(seen); ok {
		return (&Fault{What: "is missing", Try: "send it"}).in(name)
	}
	return nil
}

func (o object) names() string {
	var names []string
	for i := range o.fields {
		names = append(names, o.fields[i].name)
	}
	return strings.Join(names, ", ")
}

func (p pointer) read(r *reader, v reflect.Value) error {
	fresh := reflect.New(p.elem)
	if err := p.to.read(r, fresh.Elem()); err != nil {
		return err
	}
	v.Set(fresh)
	return nil
}

func (l list) read(r *reader, v reflect.Value) error {
	if !r.take('[') {
		return r.wrong("is not a list")
	}
	n := 0
	for ; !r.take(']'); n++ {
		if n > 0 && !r.take(',') {
			return r.broken()
		}
		if n == l.max {
			return &Fault{What: "is longer than " + strconv.Itoa(l.max) + " items", Try: "send less at a time", TooLarge: true}
		}
		if n == v.Cap() {
			v.Grow(max(4, n))
		}
		v.SetLen(n + 1)
		if err := l.elem.read(r, v.Index(n)); err != nil {
			return within(err, "["+strconv.Itoa(n)+"]")
		}
	}
	if n < l.min {
		return &Fault{What: "is empty", Try: "send at least " + strconv.Itoa(l.min)}
	}
	return nil
}

func (t text) read(r *reader, v reflect.Value) error {
	s, err := r.want("is not a text")
	if err != nil {
		return err
	}
	switch n := utf8.RuneCount(s); {
	case n < t.min && n == 0:
		return &Fault{What: "is empty", Try: "fill it in, or leave the field out"}
	case n < t.min:
		return &Fault{What: "is shorter than " + strconv.Itoa(t.min) + " characters", Try: "send the whole of it"}
	case n > t.max:
		return &Fault{What: "is longer than " + strconv.Itoa(t.max) + " characters", Try: "send a shorter one"}
	case slices.ContainsFunc(s, func(c byte) bool {
		return (c < ' ' || c == 0x7f) && !(t.lines && (c == '\n' || c == '\r' || c == '\t'))
	}):
		return &Fault{What: "holds control characters", Try: "send plain text"}
	case t.enum != nil && !slices.ContainsFunc(t.enum, func(w string) bool { return w == string(s) }):
		return &Fault{What: "is none of the words that stand here", Try: "use one of: " + strings.Join(t.enum, ", ")}
	}
	v.SetString(string(s))
	return nil
}

func (custom) read(r *reader, v reflect.Value) error {
	s, err := r.want("is not a text")
	if err != nil {
		return err
	}
	into, ok := v.Addr().Interface().(encoding.TextUnmarshaler)
	if !ok || into.UnmarshalText(s) != nil { // the error might quote the input
		return &Fault{What: "does not have the form that it needs", Try: "see the API's description"}
	}
	return nil
}

func (truth) read(r *reader, v reflect.Value) error {
	switch {
	case r.word("true"):
		v.SetBool(true)
	case r.word("false"):
		v.SetBool(false)
	default:
		return r.wrong("is neither true nor false")
	}
	return nil
}

func (w whole) read(r *reader, v reflect.Value) error {
	n, ok := r.whole()
	if !ok {
		return r.wrong("is not a whole number of at most 64 bits")
	}
	if n < w.min || n > w.max {
		return &Fault{What: "is not between " + strconv.FormatInt(w.min, 10) + " and " + strconv.FormatInt(w.max, 10), Try: "send a number between them"}
	}
	v.SetInt(n)
	return nil
}

func (moment) read(r *reader, v reflect.Value) error {
	s, err := r.want("is not a time")
	if err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339, string(s))
	if err != nil {
		return &Fault{What: "is not a time", Try: "send it as RFC 3339 says, such as 2026-11-21T09:30:00Z"}
	}
	v.Set(reflect.ValueOf(at))
	return nil
}
