package gate

import (
	"encoding/binary"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/vault"
)

// The suppression list holds addresses that turned out dead, as keyed hashes that
// say nothing without the keys. What must reach people (legal notices, codes that
// somebody asks for this moment) is tried all the same. An entry is over after half
// a year: addresses come back to life.

// suppressedFor is how long a dead address is left alone.
const suppressedFor = 180 * 24 * time.Hour

func suppressedKind(id avow.PolicyID) string { return "suppressed/" + string(id) }

// suppressKey is the blind entry of an address on a channel.
func (t *turn) suppressKey(l *post, address Value) ([]byte, error) {
	form := vault.Opaque
	switch l.channel {
	case ByMail:
		form = vault.Email
	case BySMS, ByPhone:
		form = vault.Phone
	}
	normal, err := vault.Normalise(form, string(address.Expose()))
	if err != nil {
		return nil, nil // an address that has no normal form is on no list
	}
	tag, err := t.tag(avow.Datum("\x00address/"+l.channel), normal)
	return tag[:], err
}

// barred reports whether a letter's address is on the list.
func (t *turn) barred(l *post, address Value) (bool, error) {
	if l.class == "legal" || l.class == "code" || l.class == "share-delivery" {
		return false, nil
	}
	key, err := t.suppressKey(l, address)
	if err != nil || key == nil {
		return false, err
	}
	rec, ok, err := t.gate.store.Get(t.ctx, 0, suppressedKind(t.id), key)
	if err != nil {
		return false, internal("the suppression list could not be read", err)
	}
	if !ok || len(rec.Body) != 8 {
		return false, nil
	}
	since := time.Unix(0, int64(binary.BigEndian.Uint64(rec.Body)))
	if t.now.Sub(since) < suppressedFor {
		return true, nil
	}
	t.change.Delete = append(t.change.Delete, rec)
	return false, nil
}

// bar puts a dead address on the list. Of other people's addresses nothing is kept.
func (t *turn) bar(l *post, address Value) error {
	if l.class == "share-delivery" || strings.TrimSpace(string(address.Expose())) == "" {
		return nil
	}
	key, err := t.suppressKey(l, address)
	if err != nil || key == nil {
		return err
	}
	t.change.Put = append(t.change.Put, Record{Kind: suppressedKind(t.id), Key: key, Body: binary.BigEndian.AppendUint64(nil, uint64(t.now.UnixNano()))})
	return nil
}
