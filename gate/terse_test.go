package gate_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"avow.dev/gate"
)

// Words and times come back as they were said: often, seldom, none, and more words than are
// remembered.
func TestTerse(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(1, 2))
	for _, kinds := range []int{1, 5, 24, 25, 60} {
		words, times := make([]string, 300), make([]time.Time, 300)
		for i := range words {
			if n := dice.IntN(kinds + 1); n > 0 {
				words[i] = "word-" + strconv.Itoa(n)
				times[i] = time.Date(1900+10*n, 1, 1, 0, 0, 0, n%2*999_999_999, time.UTC)
			}
		}
		raw := gate.SayTersely(words, times)
		gotWords, gotTimes, err := gate.HearTersely(raw, len(words))
		must(t, err)
		for i := range words {
			if gotWords[i] != words[i] || !gotTimes[i].Equal(times[i]) {
				t.Fatalf("%d words: place %d has %q, %v; want %q, %v", kinds, i, gotWords[i], gotTimes[i], words[i], times[i])
			}
		}
		if most := 40*kinds + 12*len(words); len(raw) > most {
			t.Errorf("%d words take %d bytes, at most %d expected", kinds, len(raw), most)
		}
	}
	if _, _, err := gate.HearTersely([]byte{7, 0}, 1); err == nil {
		t.Error("a word that was never said is read")
	}
}
