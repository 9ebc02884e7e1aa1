package redact

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"

	"golang.org/x/crypto/argon2"
)

// The floor of OWASP's password storage sheet for Argon2id with two passes.
const (
	MinMemory = 19456 // KiB
	MinPasses = 2
)

const (
	saltLen = 16
	hashLen = 32
)

// hashPassword returns the PHC string of an Argon2id hash. Parameters below the
// floor are raised to it.
func hashPassword(v []byte, memory, passes uint32) ([]byte, error) {
	memory, passes = max(memory, MinMemory), max(passes, MinPasses)
	salt := make([]byte, saltLen)
	if _, err := rand.Read(salt); err != nil {
		return nil, fmt.Errorf("read random salt: %w", err)
	}
	hash := argon2.IDKey(v, salt, passes, memory, 1, hashLen)
	enc := base64.RawStdEncoding
	return fmt.Appendf(nil, "$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, memory, passes,
		enc.EncodeToString(salt), enc.EncodeToString(hash)), nil
}

// Password reports whether v is the password that phc was made from. It is an
// error if phc is no such string, or weaker than the floor.
func Password(phc string, v []byte) (bool, error) {
	var version int
	var memory, passes uint32
	var rest string
	if _, err := fmt.Sscanf(phc, "$argon2id$v=%d$m=%d,t=%d,p=1$%s", &version, &memory, &passes, &rest); err != nil || version != argon2.Version {
		return false, fmt.Errorf("%w: not an argon2id hash", ErrForm)
	}
	if memory < MinMemory || passes < MinPasses || memory > 1<<22 || passes > 64 {
		return false, fmt.Errorf("%w: argon2id parameters out of bounds", ErrForm)
	}
	salt, hash, err := splitPHC(rest)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey(v, salt, passes, memory, 1, hashLen)
	return subtle.ConstantTimeCompare(got, hash) == 1, nil
}

func splitPHC(rest string) (salt, hash []byte, err error) {
	enc := base64.RawStdEncoding
	for i := range len(rest) {
		if rest[i] != '$' {
			continue
		}
		salt, err1 := enc.DecodeString(rest[:i])
		hash, err2 := enc.DecodeString(rest[i+1:])
		if err1 == nil && err2 == nil && len(salt) == saltLen && len(hash) == hashLen {
			return salt, hash, nil
		}
		break
	}
	return nil, nil, fmt.Errorf("%w: not an argon2id hash", ErrForm)
}

// NoPassword returns the PHC string of a hash that no password has, so that
// comparing with it costs as much as with any other.
func NoPassword(memory, passes uint32) string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, max(memory, MinMemory), max(passes, MinPasses),
		enc.EncodeToString(make([]byte, saltLen)), enc.EncodeToString(make([]byte, hashLen)))
}

// Cost returns the memory, in KiB, and the passes that a PHC string names.
func Cost(phc string) (memory, passes uint32, err error) {
	var version int
	if _, err := fmt.Sscanf(phc, "$argon2id$v=%d$m=%d,t=%d,p=1$", &version, &memory, &passes); err != nil {
		return 0, 0, fmt.Errorf("%w: not an argon2id hash", ErrForm)
	}
	return memory, passes, nil
}

// Cheaper reports whether a PHC string names less memory or fewer passes.
func Cheaper(phc string, memory, passes uint32) bool {
	m, p, err := Cost(phc)
	return err != nil || m < memory || p < passes
}
