package gate

import (
	"crypto/rand"
	"encoding/binary"
	"regexp"
	"time"

	"avow.dev"
)

// mixed returns the items as what they become when they are kept together with
// a person: a non-personal datum that is sent under somebody's reference counts
// as the personal datum that the policy's mixing rule names, and needs that
// datum's rules. Without such a rule it stays what it is, and the policy decides.
func (t *turn) mixed(ref avow.SubjectRef, items []Item) []Item {
	if len(t.force.mixing) == 0 || ref == "" {
		return items
	}
	out := make([]Item, len(items))
	copy(out, items)
	for i := range out {
		if info, ok := t.program.Datum(out[i].Datum); ok && info.Class == "non-personal" {
			if as, ok := t.force.mixedInto("stored-together", out[i].Datum); ok {
				out[i].Datum = as
			}
		}
	}
	return out
}

// joined adds the reason against reading non-personal data together with
// personal data: the result is personal, and asked for as such.
func (t *turn) joined(req *avow.Request, d *avow.Decision) {
	personal, loose := false, false
	for _, datum := range req.Data {
		info, ok := t.program.Datum(datum)
		personal = personal || ok && info.Class != "non-personal"
		loose = loose || ok && info.Class == "non-personal"
	}
	if !loose || !personal && t.ref == "" {
		return
	}
	for i, datum := range req.Data {
		info, ok := t.program.Datum(datum)
		if !ok || info.Class != "non-personal" {
			continue
		}
		if _, ruled := t.force.mixedInto("joined", datum); ruled && i < len(d.Rulings) {
			against(d, i, avow.MixedWithPersonal.Set())
		}
	}
}

// timeKey orders records by time and keeps those of one instant apart.
func timeKey(at time.Time) []byte {
	key := binary.BigEndian.AppendUint64(nil, uint64(at.UnixNano()))
	key = append(key, 0, 0, 0, 0, 0, 0, 0, 0)
	_, _ = rand.Read(key[8:]) // documented never to return an error
	return key
}

// keyVersion binds a sealed record to its key.
func keyVersion(key []byte) uint64 {
	return binary.BigEndian.Uint64(key) ^ binary.BigEndian.Uint64(key[8:])
}

// identifiers are the shapes of values that identify a person or a device. A
// value called non-personal must hold none.
var identifiers = regexp.MustCompile(`(?i)[\p{L}0-9._%+-]+(?:@|%40)[\p{L}0-9-]+(?:\.[\p{L}0-9-]+)+` + // mail
	`|(?:\+|\b)\d[\d ().-]{8,}\d\b` + // phone, IMEI, IMSI, card and identity numbers
	`|\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b` + // MAC
	`|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b` + // UUID
	`|\b(?:\d{1,3}\.){3}\d{1,3}\b` + // IPv4
	`|\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}\b` + // IPv6
	`|["']?(?:user|account|device|subject|member|customer)[_-]?(?:id|name|no)?["']?\s*[:=]`)

func identifies(v []byte) bool { return identifiers.Match(v) }
