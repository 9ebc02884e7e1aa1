package disclose_test

import (
	"crypto/rand"
	"io"
	"math"
	"strings"
	"testing"

	"avow.dev/disclose"
)

// alarm is the chance with which each test of a distribution below fails although
// nothing is wrong. All of them together: under one in ten million.
const alarm = 1e-9

// TestNoiseIsDiscreteLaplace compares the distribution function of what is drawn
// with the exact one. The Dvoretzky-Kiefer-Wolfowitz inequality, with Massart's
// constant, bounds the chance of a distance of eps among n draws by
// 2 exp(-2 n eps^2), for any distribution: no limit theorem is relied on.
func TestNoiseIsDiscreteLaplace(t *testing.T) {
	t.Parallel()
	const n = 100_000
	reach := math.Sqrt(math.Log(2/alarm) / (2 * n))
	for _, c := range []struct {
		most    int
		epsilon string
	}{{1, "0.5"}, {1, "1"}, {1, "0.1"}, {1, "2"}, {3, "0.5"}, {2, "0.333333"}} {
		e, err := disclose.ParseEpsilon(c.epsilon)
		if err != nil {
			t.Fatal(err)
		}
		counts := make(map[int64]int)
		for range n {
			z, err := disclose.Draw(rand.Reader, c.most, e)
			if err != nil {
				t.Fatal(err)
			}
			counts[z]++
		}
		rate := float64(e) / float64(disclose.One) / float64(c.most)
		if far := farthest(counts, n, rate); far > reach {
			t.Errorf("epsilon %s over %d: off by %.4f, more than %.4f", c.epsilon, c.most, far, reach)
		}
		// The same test notices noise whose scale is off by a seventh.
		if far := farthest(counts, n, rate*1.15); far <= reach {
			t.Errorf("epsilon %s over %d: the test would not notice a wrong scale", c.epsilon, c.most)
		}
	}
}

// farthest returns the largest distance between the two distribution functions.
func farthest(counts map[int64]int, n int, rate float64) (far float64) {
	const edge = 2000
	p := math.Exp(-rate)
	exact, drawn := 0.0, 0
	for z := int64(-edge); z <= edge; z++ {
		exact += (1 - p) / (1 + p) * math.Exp(-rate*math.Abs(float64(z)))
		drawn += counts[z]
		far = max(far, math.Abs(exact-float64(drawn)/float64(n)))
	}
	return far
}

// TestMarginHoldsItsChance: noise beyond the margin is as rare as is said, by the
// formula, and the margin is the smallest such.
func TestMarginHoldsItsChance(t *testing.T) {
	t.Parallel()
	for _, e := range []disclose.Epsilon{disclose.One / 10, disclose.One / 2, disclose.One, 4 * disclose.One} {
		for most := 1; most <= 4; most++ {
			table := disclose.Table{Name: "x", Most: most, Crowd: 20, Epsilon: e}
			m := float64(table.Margin())
			rate := float64(e) / float64(disclose.One) / float64(most)
			beyond := func(m float64) float64 { return math.Exp(-rate*(m+1)) / (1 + math.Exp(-rate)) }
			if beyond(m) > disclose.Slip || m > 0 && beyond(m-1) <= disclose.Slip {
				t.Errorf("epsilon %v, most %d: margin %v has chance %g, one less %g", e, most, m, beyond(m), beyond(m-1))
			}
		}
	}
}

// TestUniformIsEven throws a die of seven sides; see TestNoiseIsDiscreteLaplace
// for the bound.
func TestUniformIsEven(t *testing.T) {
	t.Parallel()
	const n, sides = 100_000, 7
	reach := math.Sqrt(math.Log(2/alarm) / (2 * n))
	var counts [sides]int
	for range n {
		u, err := disclose.Uniform(rand.Reader, sides)
		if err != nil {
			t.Fatal(err)
		}
		counts[u]++
	}
	below := 0
	for side, c := range counts {
		below += c
		if far := math.Abs(float64(below)/n - float64(side+1)/sides); far > reach {
			t.Errorf("up to %d: off by %.4f", side, far)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// TestBrokenRandomnessIsNoticed: a source that gives nothing but zeros, or that
// ends, ends in an error, and not in an endless loop or in figures without noise.
func TestBrokenRandomnessIsNoticed(t *testing.T) {
	t.Parallel()
	for _, source := range []io.Reader{zeros{}, strings.NewReader("too short for noise")} {
		if z, err := disclose.Draw(source, 1, disclose.One/2); err == nil {
			t.Errorf("%T: %d and no error", source, z)
		}
	}
}
