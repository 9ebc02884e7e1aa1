package vault_test

import (
	"testing"

	"avow.dev/vault"
)

func TestCacheRefusesAKeyReadBeforeItsErasure(t *testing.T) {
	t.Parallel()
	k, err := vault.KeyFromBytes(policy, 1, [32]byte{1})
	must(t, err)
	if vault.LateAdd(1, k) {
		t.Fatal("a key read before the erasure came into the cache after it, and would open there for good")
	}
}

func TestCacheIsBoundedAndKeepsWhatIsUsed(t *testing.T) {
	t.Parallel()
	held, first := vault.CacheRun(64*4, 100, func(sid uint64) vault.SubjectKey {
		k, err := vault.KeyFromBytes(policy, sid, [32]byte{byte(sid)})
		must(t, err)
		return k
	})
	if held != 4 || !first {
		t.Fatalf("holds %d of 4, the one in use: %v", held, first)
	}
}
