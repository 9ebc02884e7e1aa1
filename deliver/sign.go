package deliver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Requests to gateways and webhooks are signed as the Standard Webhooks
// specification says (1.0.0, "Signature scheme"): whoever holds the key can tell
// who sent a request, when, and that nobody changed or replayed it.

// Sign adds the headers of a request.
func Sign(h http.Header, key []byte, id string, at time.Time, body []byte) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", stamp)
	h.Set("Webhook-Signature", "v1,"+signature(key, id, stamp, body))
}

func signature(key []byte, id, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	for _, part := range [...]string{id, ".", stamp, "."} {
		mac.Write([]byte(part)) // a hash takes every write
	}
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// SignedWithin is how far the time of a signed request may lie from now.
const SignedWithin = 5 * time.Minute

// Signed reports whether a request was signed with the key, lately. Whoever takes
// requests must remember their ids for [SignedWithin], and take none twice.
func Signed(h http.Header, key []byte, now time.Time, body []byte) bool {
	id, stamp := h.Get("Webhook-Id"), h.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || id == "" || len(key) == 0 {
		return false
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > SignedWithin || age < -SignedWithin {
		return false
	}
	want := []byte(signature(key, id, stamp, body))
	for one := range strings.FieldsSeq(h.Get("Webhook-Signature")) {
		version, sum, _ := strings.Cut(one, ",")
		if version == "v1" && hmac.Equal([]byte(sum), want) {
			return true
		}
	}
	return false
}
