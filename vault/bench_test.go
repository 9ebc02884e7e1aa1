package vault_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"

	"avow.dev/vault"
)

// The hot paths allocate nothing. Not parallel: it counts allocations of the process.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	w := setup(t)
	w.person(1)
	value := []byte("ada@person.example")
	cell, plain := make([]byte, 0, 512), make([]byte, 0, 512)
	for name, f := range map[string]func() error{
		"tag":  func() error { _, err := w.Tag("email", value); return err },
		"salt": func() error { _, err := w.Salt(1, [16]byte{1}); return err },
		"seal": func() (err error) { cell, err = w.Seal(cell[:0], email(1), value); return err },
		"open": func() (err error) {
			if cell, err = w.Seal(cell[:0], email(1), value); err == nil {
				plain, err = w.Open(plain[:0], email(1), cell)
			}
			return err
		},
	} {
		n := testing.AllocsPerRun(1000, func() { must(t, f()) })
		if n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func gcm(b *testing.B, key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		b.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		b.Fatal(err)
	}
	return aead
}

func random(n int) []byte {
	x := make([]byte, n)
	rand.Read(x)
	return x
}

// BenchmarkColdOpen: a cell of a person who is not in the cache. The floor does
// with bare crypto what must be done: unwrap, expand, open; "floor with slot read"
// adds the read of 64 bytes that finds the wrapped key.
func BenchmarkColdOpen(b *testing.B) {
	b.Run("floor", func(b *testing.B) { coldFloor(b, nil) })
	b.Run("floor with slot read", func(b *testing.B) {
		f, err := os.Create(filepath.Join(b.TempDir(), "slots"))
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Write(random(8192)); err != nil {
			b.Fatal(err)
		}
		coldFloor(b, f)
	})
	b.Run("avow without slot read and cache", func(b *testing.B) {
		w := setup(b)
		w.person(1)
		slot, err := w.Slot(1)
		must(b, err)
		cell, dst := w.seal(email(1), string(make([]byte, 300))), make([]byte, 0, 512)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.ColdOpen(dst, &slot, email(1), cell); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("avow", func(b *testing.B) {
		w := setupSized(b, 64) // one key a shard
		const people = 256
		cells := make([][]byte, people+1)
		for sid := uint64(1); sid <= people; sid++ {
			w.person(sid)
			cells[sid] = w.seal(email(sid), string(make([]byte, 300)))
		}
		dst := make([]byte, 0, 512)
		sid := uint64(0)
		b.ReportAllocs()
		for b.Loop() {
			sid = sid%people + 1 // always evicted by three others of its shard
			if _, err := w.Open(dst, email(sid), cells[sid]); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func coldFloor(b *testing.B, f *os.File) {
	kek, key, nonce, aad := gcm(b, random(32)), random(32), random(12), []byte("aad aad aad aad aad")
	wrapped := kek.Seal(nil, nonce, key, aad)
	cell := gcm(b, key).Seal(nil, nonce, make([]byte, 300), aad)
	dst, raw, slot := make([]byte, 0, 512), make([]byte, 0, 64), make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		if f != nil {
			if _, err := f.ReadAt(slot, 4096); err != nil {
				b.Fatal(err)
			}
		}
		key, err := kek.Open(raw, nonce, wrapped, aad)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := gcm(b, key).Open(dst, nonce, cell, aad); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNewSubject: a fresh key, wrapped, and its first cell sealed; without
// the flush, which BenchmarkTake has its share of.
func BenchmarkNewSubject(b *testing.B) {
	plaintext := make([]byte, 300)
	b.Run("floor", func(b *testing.B) {
		kek, aad := gcm(b, random(32)), []byte("aad aad aad aad aad")
		nonce, nonce2, wrapped, dst := make([]byte, 12), make([]byte, 12), make([]byte, 0, 64), make([]byte, 0, 512)
		b.ReportAllocs()
		for b.Loop() {
			key := make([]byte, 32)
			rand.Read(key)
			rand.Read(nonce)
			kek.Seal(wrapped, nonce, key, aad)
			rand.Read(nonce2)
			gcm(b, key).Seal(dst, nonce2, plaintext, aad)
		}
	})
	b.Run("avow", func(b *testing.B) {
		w := setup(b)
		dst := make([]byte, 0, 512)
		b.ReportAllocs()
		for b.Loop() {
			k, err := w.Fresh(1)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := k.Seal(dst, email(1), plaintext); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkTake: a key of the stock, again and again: as fast as one filling after the other.
func BenchmarkTake(b *testing.B) {
	w := setup(b)
	w.person(1)
	sid := uint64(1)
	b.ReportAllocs()
	for b.Loop() {
		sid++
		w.person(sid)
	}
}

func BenchmarkSeal300(b *testing.B) {
	plaintext := make([]byte, 300)
	dst := make([]byte, 0, 512)
	b.Run("floor", func(b *testing.B) {
		aead, nonce, aad := gcm(b, random(32)), make([]byte, 12), []byte("aad aad aad aad aad")
		b.ReportAllocs()
		for b.Loop() {
			rand.Read(nonce)
			aead.Seal(dst, nonce, plaintext, aad)
		}
	})
	b.Run("avow", func(b *testing.B) {
		w := setup(b)
		w.person(1)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.Seal(dst, email(1), plaintext); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkOpen300(b *testing.B) {
	plaintext := make([]byte, 300)
	dst := make([]byte, 0, 512)
	b.Run("floor", func(b *testing.B) {
		aead, nonce, aad := gcm(b, random(32)), make([]byte, 12), []byte("aad aad aad aad aad")
		cell := aead.Seal(nil, nonce, plaintext, aad)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := aead.Open(dst, nonce, cell, aad); err != nil {
				b.Fatal(err)
			}
		}
	})
	w := setup(b)
	w.person(1)
	cell := w.seal(email(1), string(plaintext))
	b.Run("avow", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.Open(dst, email(1), cell); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("avow 64 callers, one person", func(b *testing.B) {
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			dst := make([]byte, 0, 512)
			for pb.Next() {
				if _, err := w.Open(dst, email(1), cell); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}

func BenchmarkTag(b *testing.B) {
	value := []byte("ada.lovelace@some.example")
	b.Run("floor", func(b *testing.B) {
		mac, sum := hmac.New(sha256.New, random(32)), make([]byte, 0, 32)
		b.ReportAllocs()
		for b.Loop() {
			mac.Reset()
			mac.Write(value)
			mac.Sum(sum)
		}
	})
	b.Run("avow", func(b *testing.B) {
		w := setup(b)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.Tag("email", value); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSalt(b *testing.B) {
	w := setup(b)
	w.person(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Salt(1, [16]byte{1}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNormaliseEmail(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := vault.Normalise(vault.Email, "Ada.Lovelace@Some.Example"); err != nil {
			b.Fatal(err)
		}
	}
}
