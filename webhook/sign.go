package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const headerID = "Webhook-Id"

// Sign adds the headers of a request.
func Sign(h http.Header, key []byte, id string, at time.Time, body []byte) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	h.Set(headerID, id)
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

// secretPrefix begins a key as the specification writes it.
const secretPrefix = "whsec_"

// leastKey is how long a key must be, in bytes.
const leastKey = 16

// ParseSecret reads a key as it is handed from people to people: "whsec_" and base64.
// Its error quotes nothing.
func ParseSecret(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(strings.TrimSpace(secret), secretPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) < leastKey {
		return nil, fmt.Errorf("read secret: want %s and at least %d bytes in base64", secretPrefix, leastKey)
	}
	return key, nil
}

// Signed reports whether a request was signed with the key, lately. Whoever takes
// requests must remember their ids for [SignedWithin], and take none twice.
func Signed(h http.Header, key []byte, now time.Time, body []byte) bool {
	id, stamp := h.Get(headerID), h.Get("Webhook-Timestamp")
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
