package redact_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"avow.dev/internal/secret"
	"avow.dev/redact"
	"pgregory.net/rapid"
)

func apply(t *testing.T, f redact.Form, in string) (string, bool, error) {
	t.Helper()
	key := func(label string, v []byte) (p [16]byte, err error) {
		copy(p[:], label+string(v))
		return p, nil
	}
	out, some, err := redact.Apply(&f, secret.New([]byte(in)), key)
	return string(out.Expose()), some, err
}

func TestForms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		form redact.Form
		in   string
		want string
	}{
		"mask phone":             {redact.Form{Do: redact.Mask, Keep: 4}, "13812345678", "*******5678"},
		"mask too short":         {redact.Form{Do: redact.Mask, Keep: 4}, "1234567", "*******"},
		"mask chinese":           {redact.Form{Do: redact.Mask, Keep: 1}, "欧阳小明", "***明"},
		"truncate":               {redact.Form{Do: redact.Truncate, Keep: 3}, "张三丰先生", "张三丰"},
		"truncate ipv4":          {redact.Form{Do: redact.Truncate, Keep: 24, IP: true}, "203.0.113.77", "203.0.113.0"},
		"truncate ipv6":          {redact.Form{Do: redact.Truncate, Keep: 24, IP: true}, "2001:db8:1:2::9", "2001:db8:1::"},
		"truncate mapped":        {redact.Form{Do: redact.Truncate, Keep: 16, IP: true}, "::ffff:203.0.113.77", "203.0.0.0"},
		"coarsen place":          {redact.Form{Do: redact.Coarsen, Digits: 1}, "34.2658, 108.9541", "34.3,109.0"},
		"coarsen place at zero":  {redact.Form{Do: redact.Coarsen, Digits: 0}, "-0.2,0.4", "0,0"},
		"coarsen postcode":       {redact.Form{Do: redact.Coarsen, Digits: 3}, "710065", "710"},
		"coarsen birthday":       {redact.Form{Do: redact.Coarsen, Unit: "year"}, "1990-02-28", "1990"},
		"round to the hour":      {redact.Form{Do: redact.RoundTime, Unit: "hour"}, "2026-11-21T23:59:59+08:00", "2026-11-21T15:00:00Z"},
		"keep":                   {redact.Form{Do: redact.Keep}, "x", "x"},
		"scrub mail":             {redact.Form{Do: redact.Scrub}, "user li@mail.example failed", "user [removed] failed"},
		"scrub token":            {redact.Form{Do: redact.Scrub}, "Authorization: Bearer abc.def", "Authorization: [removed]"},
		"scrub phone":            {redact.Form{Do: redact.Scrub}, "call +86 138-1234-5678 now", "call [removed] now"},
		"scrub address":          {redact.Form{Do: redact.Scrub}, "from 203.0.113.7:", "from [removed]:"},
		"scrub leaves the story": {redact.Form{Do: redact.Scrub}, "nil pointer at main.go:42", "nil pointer at main.go:42"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, some, err := apply(t, c.form, c.in)
			if err != nil || !some || got != c.want {
				t.Errorf("got %q, %v, %v; want %q", got, some, err, c.want)
			}
		})
	}
}

func TestDropLeavesNothing(t *testing.T) {
	t.Parallel()
	if got, some, err := apply(t, redact.Form{Do: redact.Drop}, "x"); some || got != "" || err != nil {
		t.Errorf("got %q, %v, %v", got, some, err)
	}
}

func TestWhatDoesNotFitIsRefusedAndNotQuoted(t *testing.T) {
	t.Parallel()
	const canary = "canary-77"
	for _, f := range []redact.Form{
		{Do: redact.Truncate, Keep: 8, IP: true}, {Do: redact.RoundTime, Unit: "day"}, {Do: redact.Coarsen, Unit: "month"},
		{Do: redact.StripMetadata}, {Do: "unheard"}, {}, {Do: redact.RoundTime, Unit: "unheard"},
	} {
		got, some, err := apply(t, f, canary)
		if !errors.Is(err, redact.ErrForm) || some || got != "" || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: got %q, %v, %v", f.Do, got, some, err)
		}
	}
	if _, _, err := apply(t, redact.Form{Do: redact.Coarsen, Digits: 1}, "91.0,0"); !errors.Is(err, redact.ErrForm) {
		t.Errorf("latitude 91: %v", err)
	}
	if _, _, err := redact.Apply(&redact.Form{Do: redact.Pseudonymise}, secret.New([]byte("x")), nil); !errors.Is(err, redact.ErrForm) {
		t.Errorf("no key: %v", err)
	}
}

func TestPseudonymsDifferByPurpose(t *testing.T) {
	t.Parallel()
	a, _, _ := apply(t, redact.Form{Do: redact.Pseudonymise, Purpose: "stats"}, "imei-1")
	b, _, _ := apply(t, redact.Form{Do: redact.Pseudonymise, Purpose: "ads"}, "imei-1")
	if a == b || a == "" {
		t.Errorf("%q and %q", a, b)
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	phc, _, err := apply(t, redact.Form{Do: redact.HashPassword, Memory: 1, Passes: 1}, "right")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("parameters below the floor: %s", phc[:32])
	}
	for pw, want := range map[string]bool{"right": true, "wrong": false, "": false} {
		if ok, err := redact.Password(phc, []byte(pw)); ok != want || err != nil {
			t.Errorf("%q: %v, %v", pw, ok, err)
		}
	}
	for _, bad := range []string{"", "plain", strings.Replace(phc, "m=19456", "m=64", 1), strings.Replace(phc, "t=2", "t=9999", 1), phc[:len(phc)-4]} {
		if ok, err := redact.Password(bad, []byte("right")); ok || err == nil {
			t.Errorf("accepted %q", bad)
		}
	}
}

func picture() image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, 9, 7))
	for x := range 9 {
		for y := range 7 {
			m.Set(x, y, color.NRGBA{uint8(x * 20), uint8(y * 30), 99, 255})
		}
	}
	return m
}

const place = "GPS-CANARY-34.2658,108.9541"

func jpegWithPlace(t *testing.T) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, picture(), nil); err != nil {
		t.Fatal(err)
	}
	exif := append([]byte("Exif\x00\x00"), place...)
	seg := append([]byte{0xff, 0xe1, 0, byte(len(exif) + 2)}, exif...)
	comment := append([]byte{0xff, 0xfe, 0, byte(len(place) + 2)}, place...)
	b := buf.Bytes()
	out := append(append(append(append([]byte{}, b[:2]...), seg...), comment...), b[2:]...)
	return append(out, place...) // hidden after the end of the image
}

func pngWithPlace(t *testing.T) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := png.Encode(&buf, picture()); err != nil {
		t.Fatal(err)
	}
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(place)))
	chunk = append(append(chunk, "eXIf"...), place...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	b := buf.Bytes()
	return append(append(append(append([]byte{}, b[:33]...), chunk...), b[33:]...), place...)
}

func webpWithPlace() []byte {
	body := []byte("VP8X\x0a\x00\x00\x00\x0c\x00\x00\x00\x08\x00\x00\x06\x00\x00" + "VP8L\x02\x00\x00\x00\x2f\x00")
	exif := binary.LittleEndian.AppendUint32([]byte("EXIF"), uint32(len(place)))
	body = append(append(append(body, exif...), place...), 0)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body)+4)), append([]byte("WEBP"), body...)...)
}

func TestPicturesLoseTheirPlaceAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, in := range map[string][]byte{"jpeg": jpegWithPlace(t), "png": pngWithPlace(t), "webp": webpWithPlace()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := redact.StripImage(in)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(out, []byte("CANARY")) {
				t.Error("the place is still there")
			}
			if again, err := redact.StripImage(out); err != nil || !bytes.Equal(again, out) {
				t.Errorf("not idempotent: %v", err)
			}
			if name == "webp" {
				return
			}
			if a, b := decode(t, in), decode(t, out); !same(a, b) {
				t.Error("the picture changed")
			}
			for cut := range out {
				if _, err := redact.StripImage(out[:cut]); err == nil {
					t.Fatalf("accepted a picture cut at %d", cut)
				}
			}
		})
	}
}

func decode(t *testing.T, b []byte) image.Image {
	t.Helper()
	m, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func same(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for x := range a.Bounds().Dx() {
		for y := range a.Bounds().Dy() {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

func TestMaskNeverShowsMoreThanItKeeps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.StringMatching(`[a-z0-9]{0,40}`).Draw(t, "in")
		keep := rapid.IntRange(0, 10).Draw(t, "keep")
		out, _, err := redact.Apply(&redact.Form{Do: redact.Mask, Keep: keep}, secret.New([]byte(in)), nil)
		shown := strings.ReplaceAll(string(out.Expose()), "*", "")
		if err != nil || len(shown) > keep || len(shown)*2 > len(in) || !strings.HasSuffix(in, shown) || out.Len() != len(in) {
			t.Fatalf("%q keep %d: %q %v", in, keep, out.Expose(), err)
		}
	})
}

func FuzzStripImage(f *testing.F) {
	f.Add([]byte{0xff, 0xd8, 0xff, 0xda, 0, 2, 1, 0xff, 0xd9})
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x00IEND\x00\x00\x00\x00"))
	f.Add(webpWithPlace())
	f.Fuzz(func(t *testing.T, b []byte) {
		if out, err := redact.StripImage(b); err == nil && len(out) > len(b)+2 {
			t.Fatal("grew")
		}
	})
}

func FuzzScrub(f *testing.F) {
	f.Add("a li@mail.example b")
	f.Fuzz(func(t *testing.T, s string) {
		out, _, err := redact.Apply(&redact.Form{Do: redact.Scrub}, secret.New([]byte(s+" canary@mail.example end")), nil)
		if err != nil || bytes.Contains(out.Expose(), []byte("canary@mail")) {
			t.Fatalf("%q, %v", out.Expose(), err)
		}
	})
}
