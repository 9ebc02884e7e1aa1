package evidence

import (
	"crypto/sha256"
	"encoding/binary"

	"avow.dev"
)

// Digest is a digest of everything that a request says, including the texts of
// its provenance, which stand nowhere in clear. Fields are length-prefixed, so
// that no two requests have the same input.
func Digest(r *avow.Request) [32]byte {
	buf := make([]byte, 0, 512)
	buf = append(buf, byte(r.Verb))
	buf = binary.BigEndian.AppendUint64(buf, uint64(r.At.UnixNano()))
	for _, s := range [...]string{string(r.Policy), string(r.Subject), string(r.Purpose), string(r.Point), string(r.Feature), string(r.Source),
		string(r.Recipient), string(r.Role), string(r.Region), r.Ground, r.Shown.Citation, r.Shown.URL, r.Shown.Contract, r.Shown.Case,
		r.Shown.Partner, r.Shown.ConsentProof} {
		buf = prefixed(buf, s)
	}
	for _, d := range r.Data {
		buf = prefixed(buf, string(d))
	}
	return sha256.Sum256(buf)
}

func prefixed(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}
