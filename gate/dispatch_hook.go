package gate

import (
	"crypto/rand"
	"encoding/base64"
	"net/netip"
	"net/url"
	"strings"

	"avow.dev"
)

// secretPrefix begins a key that signs webhooks, as the Standard Webhooks
// specification (1.0.0, "Signature scheme") has it.
const secretPrefix = "whsec_"

// makeSecret makes the key for a paper that names a webhook.
func (q *Qualifying) makeSecret() error {
	if q.Secret != "" {
		return &avow.Error{Code: avow.Invalid, Message: "the key that signs is made here, so that it is new and long enough", Try: "leave it out"}
	}
	if q.Hook != "" {
		var key [32]byte
		_, _ = rand.Read(key[:]) // documented never to return an error
		q.Secret = secretPrefix + base64.StdEncoding.EncodeToString(key[:])
	}
	return nil
}

// hookKey reads a key that makeSecret wrote.
func hookKey(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, secretPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) < leastSecret {
		return nil, internal("the key that signs dispatches is malformed", errBody)
	}
	return key, nil
}

// goodHook reports whether an address may be a recipient's webhook: over TLS, or to a
// number on a private network. Which of those may be reached is the operator's word,
// at the moment of sending.
func goodHook(to string) bool {
	u, err := url.Parse(to)
	if err != nil || len(to) > longestHook || !isHook(to) || u.Fragment != "" {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || err == nil && (ip.IsPrivate() || ip.IsLoopback())
}

// longestHook bounds an address, in bytes.
const longestHook = 1024
