package vocab_test

import (
	"testing"

	"avow.dev/policy/vocab"
)

func BenchmarkDatum(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := vocab.Datum("location-precise"); !ok {
			b.Fatal("unknown")
		}
	}
}

func BenchmarkNearest(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if vocab.Nearest(vocab.KindDatum, "locaton-precise") == "" {
			b.Fatal("nothing near")
		}
	}
}
