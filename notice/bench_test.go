package notice_test

import (
	"io"
	"os"
	"testing"

	"avow.dev/notice"
	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

func BenchmarkRender(b *testing.B) {
	src, err := os.ReadFile("testdata/harbour.yaml")
	if err != nil {
		b.Fatal(err)
	}
	f, _ := syntax.Parse("harbour.yaml", src)
	packs := []law.Pack{}
	for _, id := range []string{"cn", "eu"} {
		p, err := law.Load(id)
		if err != nil {
			b.Fatal(err)
		}
		packs = append(packs, p)
	}
	b.ReportAllocs()
	for b.Loop() {
		d, err := notice.Render(f, notice.Options{Lang: "en", Now: now, Packs: packs})
		if err != nil {
			b.Fatal(err)
		}
		if err := d.HTML(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
