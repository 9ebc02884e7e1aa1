//go:build linux

package keyfile_test

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// BenchmarkFlush is the floor of the durable operations below: 64 bytes
// overwritten and flushed.
func BenchmarkFlush(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(make([]byte, 1<<20), 0); err != nil {
		b.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 64)
	at := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.WriteAt(buf, at%(1<<20)); err != nil {
			b.Fatal(err)
		}
		if err := unix.Fdatasync(int(f.Fd())); err != nil {
			b.Fatal(err)
		}
		at += 64
	}
}

func BenchmarkPut(b *testing.B) {
	f := open(b, create(b))
	put(b, f, slot(1, 1))
	sid := uint64(1)
	b.ReportAllocs()
	for b.Loop() {
		sid++
		put(b, f, slot(sid, 1))
	}
}

func BenchmarkPut64Callers(b *testing.B) {
	f := open(b, create(b))
	put(b, f, slot(1, 1))
	var sid atomic.Uint64
	sid.Store(1)
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			put(b, f, slot(sid.Add(1), 1))
		}
	})
}

func BenchmarkGet(b *testing.B) {
	f := open(b, create(b))
	put(b, f, slot(1, 1))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Get(1); err != nil {
			b.Fatal(err)
		}
	}
}
