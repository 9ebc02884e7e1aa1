// Package passkeytest is a device that makes and shows passkeys, for tests. It can be
// told to do what no honest device does.
package passkeytest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
)

// Device is an authenticator with its browser.
type Device struct {
	Origin string // of the page that asks
	RPID   string // what its browser says that the page's site is; empty: what was asked for

	Unverified bool  // nobody unlocked it
	Absent     bool  // nobody touched it
	Step       int64 // how far it counts with each use

	count int64
	keys  []*key
	t     testing.TB
}

type key struct {
	id, handle []byte
	private    *ecdsa.PrivateKey
}

// New returns a device whose browser is at a page of an origin.
func New(t testing.TB, origin string) *Device { return &Device{Origin: origin, Step: 1, t: t} }

var b64 = base64.RawURLEncoding

func (d *Device) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// options are what a site asks.
type options struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		RP        struct {
			ID string `json:"id"`
		} `json:"rp"`
		RPID string `json:"rpId"`
		User struct {
			ID string `json:"id"`
		} `json:"user"`
		Exclude []struct {
			ID string `json:"id"`
		} `json:"excludeCredentials"`
		Allow []struct {
			ID string `json:"id"`
		} `json:"allowCredentials"`
		UserVerification string `json:"userVerification"`
		Attestation      string `json:"attestation"`
		Selection        struct {
			ResidentKey      string `json:"residentKey"`
			UserVerification string `json:"userVerification"`
		} `json:"authenticatorSelection"`
	} `json:"publicKey"`
}

func (d *Device) read(raw []byte) *options {
	d.t.Helper()
	var o options
	d.must(json.Unmarshal(raw, &o))
	return &o
}

// Make answers what a site asks in order to have a passkey made.
func (d *Device) Make(asked []byte) []byte {
	d.t.Helper()
	o := d.read(asked)
	pk := &o.PublicKey
	if pk.Attestation != "none" && pk.Attestation != "" || pk.Selection.ResidentKey != "required" || pk.Selection.UserVerification != "required" {
		d.t.Errorf("a passkey is asked for like this: %s", asked)
	}
	handle, err := b64.DecodeString(pk.User.ID)
	d.must(err)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	d.must(err)
	k := &key{id: make([]byte, 32), handle: handle, private: private}
	_, _ = rand.Read(k.id)
	d.keys = append(d.keys, k)
	public, err := private.PublicKey.Bytes()
	d.must(err)
	var cose bytes.Buffer // RFC 9053, section 7.1.1: EC2, ES256, P-256
	cose.Write([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21})
	cose.Write(bytesOf(public[1:33]))
	cose.WriteByte(0x22)
	cose.Write(bytesOf(public[33:]))
	attested := make([]byte, 16, 256) // of no make
	attested = binary.BigEndian.AppendUint16(attested, uint16(len(k.id)))
	attested = append(append(attested, k.id...), cose.Bytes()...)
	data := d.data(pk.RP.ID, attested)
	var object bytes.Buffer
	object.WriteByte(0xa3)
	object.Write(textOf("fmt"))
	object.Write(textOf("none"))
	object.Write(textOf("attStmt"))
	object.WriteByte(0xa0)
	object.Write(textOf("authData"))
	object.Write(bytesOf(data))
	return d.answer(k, map[string]any{"clientDataJSON": b64.EncodeToString(d.client("webauthn.create", pk.Challenge)), "attestationObject": b64.EncodeToString(object.Bytes()), "transports": []string{"internal"}})
}

// Show answers what a site asks in order to be shown a passkey: the newest one that
// will do. It fails the test if there is none.
func (d *Device) Show(asked []byte) []byte {
	d.t.Helper()
	o := d.read(asked)
	pk := &o.PublicKey
	if pk.UserVerification != "required" {
		d.t.Errorf("a passkey is asked for like this: %s", asked)
	}
	k := d.fitting(pk.Allow)
	if k == nil {
		d.t.Fatal("the device has no such passkey")
	}
	data, client := d.data(pk.RPID, nil), d.client("webauthn.get", pk.Challenge)
	digest := sha256.Sum256(client)
	digest = sha256.Sum256(append(append([]byte(nil), data...), digest[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.private, digest[:])
	d.must(err)
	return d.answer(k, map[string]any{"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data), "signature": b64.EncodeToString(signature), "userHandle": b64.EncodeToString(k.handle)})
}

func (d *Device) fitting(allowed []struct {
	ID string `json:"id"`
}) *key {
	for i := len(d.keys) - 1; i >= 0; i-- {
		if len(allowed) == 0 {
			return d.keys[i]
		}
		for _, a := range allowed {
			if a.ID == b64.EncodeToString(d.keys[i].id) {
				return d.keys[i]
			}
		}
	}
	return nil
}

// Asks reports whether a site asked for certain passkeys, and not for any.
func Asks(asked []byte) bool {
	var o options
	return json.Unmarshal(asked, &o) == nil && len(o.PublicKey.Allow) > 0
}

// Excludes returns how many passkeys a site asked not to make again.
func Excludes(asked []byte) int {
	var o options
	_ = json.Unmarshal(asked, &o)
	return len(o.PublicKey.Exclude)
}

// As makes the device say that its newest passkey is of another owner, the one of
// another device's newest, until back is called.
func (d *Device) As(other *Device) (back func()) {
	k := d.keys[len(d.keys)-1]
	was := k.handle
	k.handle = other.keys[len(other.keys)-1].handle
	return func() { k.handle = was }
}

// Rewind sets what the device has counted.
func (d *Device) Rewind(count int64) { d.count = count }

func (d *Device) answer(k *key, response map[string]any) []byte {
	d.t.Helper()
	id := b64.EncodeToString(k.id)
	raw, err := json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform", "clientExtensionResults": map[string]any{}, "response": response})
	d.must(err)
	return raw
}

// client is what the browser says of the page.
func (d *Device) client(kind, challenge string) []byte {
	d.t.Helper()
	raw, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.Origin, "crossOrigin": false})
	d.must(err)
	return raw
}

// data is what the device says of itself (Web Authentication, section 6.1).
func (d *Device) data(rpID string, attested []byte) []byte {
	if d.RPID != "" {
		rpID = d.RPID
	}
	var flags byte
	if !d.Absent {
		flags |= 1
	}
	if !d.Unverified {
		flags |= 1 << 2
	}
	if attested != nil {
		flags |= 1 << 6
	} else {
		d.count += d.Step
	}
	site := sha256.Sum256([]byte(rpID))
	out := append(site[:], flags)
	out = binary.BigEndian.AppendUint32(out, uint32(d.count))
	return append(out, attested...)
}

// bytesOf and textOf write CBOR (RFC 8949).
func bytesOf(b []byte) []byte { return append(head(0x40, len(b)), b...) }
func textOf(s string) []byte  { return append(head(0x60, len(s)), s...) }

func head(major byte, n int) []byte {
	switch {
	case n < 24:
		return []byte{major | byte(n)}
	case n < 256:
		return []byte{major | 24, byte(n)}
	}
	return []byte{major | 25, byte(n >> 8), byte(n)}
}
