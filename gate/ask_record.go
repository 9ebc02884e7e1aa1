package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/vault"
)

// askKind is the kind of record (of a person) that holds a request.
const askKind = "ask"

// askYear is how far back requests count as like a new one.
const askYear = 365 * 24 * time.Hour

// sealAsk seals a request as it stands now. Each writing has its own version, so
// that an older one cannot be put back in its place.
func (t *turn) sealAsk(key []byte, n uint64, a *Ask) (Record, error) {
	w := writer{}
	a.append(&w)
	sealed, err := t.who.key.Seal(nil, t.who.askAddress(key, n), w.b)
	clear(w.b)
	if err != nil {
		return Record{}, internal("the request could not be sealed", err)
	}
	head := writer{}
	head.uint(n)
	return Record{SID: t.who.row.SID, Kind: askKind, Key: key, Body: append(head.b, sealed...)}, nil
}

func (a *Ask) append(w *writer) {
	w.string(a.Right)
	w.uint(uint64(a.State))
	w.time(a.Received)
	w.time(a.Due)
	w.time(a.Closed)
	w.string(a.Reason)
	w.bytes(a.Text.Expose())
	w.bytes(a.Answer.Expose())
	w.bytes(a.Proof.Expose())
	w.bool(a.Extended)
	w.string(string(a.Waits))
	w.time(a.Until)
	w.time(a.paused)
	w.bool(a.checked)
	w.uint(uint64(a.Earlier))
	appendWords(w, a.Data)
	appendWords(w, a.Choices)
	w.uint(uint64(len(a.Items)))
	for i := range a.Items {
		w.string(string(a.Items[i].Datum))
		w.bytes(a.Items[i].Value.Expose())
	}
	if a.review.Salt != ([32]byte{}) {
		w.bytes(a.review.encode())
	}
}

func (a *Ask) decode(r *reader) {
	a.Right, a.State, a.Received, a.Due, a.Closed, a.Reason = r.string(), AskState(r.uint()), r.time(), r.time(), r.time(), r.string()
	a.Text, a.Answer, a.Proof = NewValue(r.bytes()), NewValue(r.bytes()), NewValue(r.bytes())
	a.Extended, a.Waits, a.Until, a.paused, a.checked = r.bool(), Waiting(r.string()), r.time(), r.time(), r.bool()
	a.Earlier = int(r.uint())
	a.Data, a.Choices = readWords[avow.Datum](r), readWords[avow.Choice](r)
	for range r.count() {
		a.Items = append(a.Items, Item{avow.Datum(r.string()), NewValue(r.bytes())})
	}
	if len(r.b) > 0 && !a.review.decode(r.bytes()) {
		r.bad = true
	}
}

func appendWords[S ~string](w *writer, list []S) {
	w.uint(uint64(len(list)))
	for _, s := range list {
		w.string(string(s))
	}
}

func readWords[S ~string](r *reader) (list []S) {
	for range r.count() {
		list = append(list, S(r.string()))
	}
	return list
}

func (p *person) askAddress(key []byte, n uint64) vault.Address {
	return vault.Address{SID: p.body.slot, Datum: askKind, Version: keyVersion(key) + n, Kind: vault.KindMessage}
}

// openAsk opens a request, and returns how often it was written.
func (p *person) openAsk(rec Record) (Ask, uint64, error) {
	head := reader{b: rec.Body}
	n := head.uint()
	raw, err := p.key.Open(nil, p.askAddress(rec.Key, n), head.b)
	if err != nil {
		return Ask{}, 0, internal("a request could not be opened", err)
	}
	defer clear(raw)
	r := reader{b: raw}
	a := Ask{ID: hex.EncodeToString(rec.Key), Subject: p.state.ref}
	a.decode(&r)
	if err := r.done(); err != nil {
		return Ask{}, 0, internal("a request is malformed", err)
	}
	if e := p.body.asked(rec.Key); e != nil {
		a.Overdue = e.overdue
	}
	return a, n, nil
}

// asked returns the open request of a key, or nil.
func (b *body) asked(key []byte) *ask {
	for i := range b.asks {
		if string(b.asks[i].key[8:]) == string(key) {
			return &b.asks[i]
		}
	}
	return nil
}

// carryAsk seals a request under the person's new key.
func (t *turn) carryAsk(old *person, rec *Record) error {
	a, n, err := old.openAsk(*rec)
	if err != nil {
		return err
	}
	defer a.wipe()
	*rec, err = t.sealAsk(rec.Key, n, &a)
	return err
}

// rewriteAsk replaces what is stored of a request.
func (t *turn) rewriteAsk(key []byte, n uint64, a *Ask) error {
	rec, err := t.sealAsk(key, n+1, a)
	if err != nil {
		return err
	}
	// A turn that gave the person a new key has carried the old writing over.
	t.change.Put = slices.DeleteFunc(t.change.Put, func(r Record) bool { return r.Kind == askKind && string(r.Key) == string(key) })
	t.change.Put = append(t.change.Put, rec)
	t.touched = true
	return nil
}

// askOf opens a request of the turn's person.
func (t *turn) askOf(key []byte) (Ask, uint64, error) {
	rec, ok, err := t.gate.store.Get(t.ctx, t.who.row.SID, askKind, key)
	if err != nil {
		return Ask{}, 0, internal("the request could not be read", err)
	}
	if !ok {
		return Ask{}, 0, errNoAsk()
	}
	return t.who.openAsk(rec)
}

func errNoAsk() error {
	return &avow.Error{Code: avow.Unknown, Message: "no such request is open", Try: "list the open requests"}
}

// same is a digest of what a request asks for.
func (a *Asking) same() [32]byte {
	w := writer{}
	w.string(a.Right)
	w.bytes(a.Text.Expose())
	appendWords(&w, a.Data)
	appendWords(&w, a.Choices)
	for i := range a.Items {
		w.string(string(a.Items[i].Datum))
		w.bytes(a.Items[i].Value.Expose())
	}
	defer clear(w.b)
	return sha256.Sum256(w.b)
}

// like counts the requests of the last year that ask for the same, and returns
// the open one among them.
func (t *turn) like(asking *Asking) (n int, open *Ask, err error) {
	if !t.who.known() || t.who.row.Version == 0 {
		return 0, nil, nil
	}
	all, err := t.allAsks()
	if err != nil {
		wipeAsks(all)
		return 0, nil, err
	}
	want := asking.same()
	for i := range all {
		a := &all[i]
		if a.State == AskRevoked || t.now.Sub(a.Received) > askYear || a.same() != want {
			a.wipe()
			continue
		}
		if n++; a.State.Open() {
			open = a
			continue
		}
		a.wipe()
	}
	return n, open, nil
}
