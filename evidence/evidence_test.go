package evidence_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"github.com/gowebpki/jcs"
	"pgregory.net/rapid"
)

func full() evidence.Leaf {
	return evidence.Leaf{
		ID: [16]byte{1, 2, 3}, At: time.Date(2026, 11, 21, 9, 8, 7, 654321000, time.UTC), Kind: evidence.Shared, Policy: "ousiqi",
		Hash: "sha256:ab", Verdict: avow.Allow, Observe: true, Data: []avow.Datum{"email", "phone"}, Purpose: "pay", Point: "shop",
		Recipient: "wechat-pay", Role: "billing", Choice: "ads", Reasons: avow.OnHold.Set() | avow.Minor.Set(),
		Rules: []avow.RuleID{"share-pay"}, Clauses: []avow.ClauseID{"OUSIQI-2.3.5"}, Count: 7,
		Commitment: [32]byte{9}, Detail: [32]byte{8}, Done: [16]byte{7}, Why: "help",
	}
}

func TestLeafIsCanonicalJSON(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]evidence.Leaf{"full": full(), "least": {Kind: evidence.Used}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := l.Append(nil)
			want, err := jcs.Transform(got)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("not canonical:\n got %s\nwant %s", got, want)
			}
		})
	}
}

func TestParseReadsBackWhatAppendWrote(t *testing.T) {
	t.Parallel()
	l := full()
	b := l.Append(nil)
	back, err := evidence.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if again := back.Append(nil); !bytes.Equal(again, b) {
		t.Errorf("got  %s\nwant %s", again, b)
	}
	if back.Reasons != l.Reasons || back.ID != l.ID || back.Done != l.Done || back.Commitment != l.Commitment {
		t.Errorf("fields lost: %+v", back)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	l := full()
	good := string(l.Append(nil))
	for name, in := range map[string]string{
		"empty":           "",
		"spaces":          strings.Replace(good, `,"v"`, ` ,"v"`, 1),
		"trailing":        good + "{}",
		"unknown key":     strings.Replace(good, `"v":1`, `"u":1,"v":1`, 1),
		"other version":   strings.Replace(good, `"v":1`, `"v":2`, 1),
		"other order":     strings.Replace(good, `"on-hold","minor"`, `"minor","on-hold"`, 1),
		"unknown verdict": strings.Replace(good, `"verdict":"allow"`, `"verdict":"perhaps"`, 1),
		"short id":        strings.Replace(good, `"id":"0102`, `"id":"02`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := evidence.Parse([]byte(in)); !errors.Is(err, evidence.ErrLeaf) {
				t.Errorf("err = %v, want ErrLeaf", err)
			}
		})
	}
}

func TestAWordThatCouldBeAValueIsWithheld(t *testing.T) {
	t.Parallel()
	for _, s := range []string{`a"b`, "two words", "名字", strings.Repeat("x", 200), "a\nb"} {
		l := evidence.Leaf{Kind: evidence.Collected, Purpose: avow.Purpose(s)}
		if got := string(l.Append(nil)); strings.Contains(got, s) || !strings.Contains(got, evidence.Undeclared) {
			t.Errorf("%q came through: %s", s, got)
		}
	}
}

func TestCommitmentBindsPersonAndRequest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (a [32]byte) {
			copy(a[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, name))
			return a
		}
		salt, who, what, other := draw("salt"), draw("who"), draw("what"), draw("other")
		if other == salt || other == who || other == what {
			t.Skip()
		}
		c := evidence.Commit(salt, who, what)
		if c == evidence.Commit(other, who, what) || c == evidence.Commit(salt, other, what) || c == evidence.Commit(salt, who, other) {
			t.Fatal("a different opening gives the same commitment")
		}
	})
}

func TestDigestTellsRequestsApart(t *testing.T) {
	t.Parallel()
	base := avow.Request{Policy: "p", Verb: avow.Use, Subject: "s", Data: []avow.Datum{"ab", "c"}}
	for name, change := range map[string]func(*avow.Request){
		"subject":  func(r *avow.Request) { r.Subject = "t" },
		"borders":  func(r *avow.Request) { r.Data = []avow.Datum{"a", "bc"} },
		"citation": func(r *avow.Request) { r.Shown.Citation = "x" },
		"field":    func(r *avow.Request) { r.Policy, r.Subject = "ps", "" },
		"verb":     func(r *avow.Request) { r.Verb = avow.Collect },
		"time":     func(r *avow.Request) { r.At = r.At.Add(1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := base
			change(&r)
			if evidence.Digest(&r) == evidence.Digest(&base) {
				t.Error("same digest")
			}
		})
	}
}

func FuzzLeaf(f *testing.F) {
	l := full()
	f.Add(l.Append(nil))
	f.Add([]byte(`{"at":"0001-01-01T00:00:00.000Z"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := evidence.Parse(b)
		if err == nil && !bytes.Equal(l.Append(nil), b) {
			t.Fatal("accepted what it would not write")
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	l := full()
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		buf = l.Append(buf[:0])
	}
}
