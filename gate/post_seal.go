package gate

import (
	"maps"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/vault"
)

// post is a message on its way to a person.
type post struct {
	rule, class, channel string
	datum                avow.Datum
	purpose              avow.Purpose
	role                 avow.Role
	feature              avow.Feature
	template             string
	params               map[string]string
	language             avow.Language
	made, expires        time.Time
	item                 []byte
	also                 []itemName // goes with the address once it was delivered
	cause                string

	to     string // of a letter to somebody of the controller's: where it goes,
	secret []byte // and, for a webhook, the key that signs it

	recipient string // of a dispatch: who gets it
	ahead     []byte // and the question that is decided again
}

// isDispatch reports whether it is a question about a hand-over, and no letter.
func (l *post) isDispatch() bool { return len(l.ahead) > 0 }

// itemName names one of many.
type itemName struct {
	datum avow.Datum
	key   []byte
}

// postKind is the kind of record (of a person) that holds a letter.
const postKind = "post"

const postFormat = 1

func (l *post) append(w *writer) {
	w.uint(postFormat)
	for _, s := range []string{l.rule, l.class, l.channel, string(l.datum), string(l.purpose), string(l.role), string(l.feature), l.template, string(l.language), l.cause, l.to, l.recipient} {
		w.string(s)
	}
	w.uint(uint64(len(l.params)))
	for _, name := range slices.Sorted(maps.Keys(l.params)) {
		w.string(name)
		w.string(l.params[name])
	}
	w.time(l.made)
	w.time(l.expires)
	w.bytes(l.item)
	w.bytes(l.ahead)
	w.bytes(l.secret)
	w.uint(uint64(len(l.also)))
	for _, a := range l.also {
		w.string(string(a.datum))
		w.bytes(a.key)
	}
}

func decodePost(raw []byte) (post, error) {
	r := reader{b: raw}
	if r.uint() != postFormat {
		return post{}, errBody
	}
	l := post{rule: r.string(), class: r.string(), channel: r.string(), datum: avow.Datum(r.string()), purpose: avow.Purpose(r.string()), role: avow.Role(r.string()),
		feature: avow.Feature(r.string()), template: r.string(), language: avow.Language(r.string()), cause: r.string(), to: r.string(), recipient: r.string(), params: make(map[string]string)}
	for range r.count() {
		name := r.string()
		l.params[name] = r.string()
	}
	l.made, l.expires = r.time(), r.time()
	l.item = slices.Clone(r.bytes())
	if len(l.item) == 0 {
		l.item = nil
	}
	l.ahead, l.secret = slices.Clone(r.bytes()), slices.Clone(r.bytes())
	for range r.count() {
		l.also = append(l.also, itemName{avow.Datum(r.string()), slices.Clone(r.bytes())})
	}
	return l, r.done()
}

func (p *person) postAddress(key []byte) vault.Address {
	return vault.Address{SID: p.body.slot, Datum: postKind, Version: keyVersion(key), Kind: vault.KindMessage}
}

// sealPost seals a letter under a person's key.
func (p *person) sealPost(key []byte, l *post) (Record, error) {
	w := writer{}
	l.append(&w)
	sealed, err := p.key.Seal(nil, p.postAddress(key), w.b)
	clear(w.b)
	if err != nil {
		return Record{}, internal("a message could not be sealed", err)
	}
	return Record{SID: p.row.SID, Kind: postKind, Key: key, Body: sealed}, nil
}

// openPost opens a letter.
func (p *person) openPost(rec *Record) (post, error) {
	raw, err := p.key.Open(nil, p.postAddress(rec.Key), rec.Body)
	if err != nil {
		return post{}, internal("a message could not be opened", err)
	}
	defer clear(raw)
	l, err := decodePost(raw)
	if err != nil {
		return post{}, internal("a message is malformed", err)
	}
	return l, nil
}

// carryPost seals a letter under the person's new key.
func (t *turn) carryPost(old *person, rec *Record) error {
	l, err := old.openPost(rec)
	if err != nil {
		return err
	}
	*rec, err = t.who.sealPost(rec.Key, &l)
	return err
}
