package disclose

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
)

// Slip is the largest chance that noise lifts a group below the threshold over
// threshold and margin, for each counter.
const Slip = 1e-6

// errSource is the error for a source of randomness that cannot be random.
var errSource = errors.New("the source of randomness gives no randomness")

// noise draws from the discrete Laplace distribution with scale t/s: the integer
// z with probability proportional to exp(-|z| s/t). Algorithm 2 of Canonne,
// Kamath and Steinke. It is exact if every bit of the source is fair.
type noise struct {
	source io.Reader
	s, t   uint64 // in lowest terms
}

// newNoise returns noise that hides a change of up to sensitivity under epsilon.
func newNoise(source io.Reader, sensitivity int, e Epsilon) noise {
	t, s := uint64(sensitivity)*uint64(One), uint64(e)
	d := gcd(s, t)
	return noise{source, s / d, t / d}
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (n noise) draw() (int64, error) {
	for {
		u, err := uniform(n.source, n.t)
		if err != nil {
			return 0, err
		}
		kept, err := bernoulliExp(n.source, u, n.t)
		if err != nil {
			return 0, err
		}
		if !kept {
			continue
		}
		v, err := geometric(n.source)
		if err != nil {
			return 0, err
		}
		y := int64((u + n.t*v) / n.s)
		sign, err := uniform(n.source, 2)
		if err != nil {
			return 0, err
		}
		switch {
		case sign == 0:
			return y, nil
		case y != 0: // else zero would come twice as often
			return -y, nil
		}
	}
}

// farthest bounds loops whose length has no bound but is long with a chance that
// is smaller than that of a broken machine.
const farthest = 4096

// geometric returns how many trials of chance exp(-1) succeed in a row.
func geometric(source io.Reader) (uint64, error) {
	for v := range uint64(farthest) {
		more, err := bernoulliExp(source, 1, 1)
		if err != nil {
			return 0, err
		}
		if !more {
			return v, nil
		}
	}
	return 0, errSource
}

// bernoulliExp is true with probability exp(-n/d), for n <= d. Algorithm 1 of
// Canonne, Kamath and Steinke, after Forsythe and von Neumann.
func bernoulliExp(source io.Reader, n, d uint64) (bool, error) {
	for k := uint64(1); k < farthest; k++ {
		u, err := uniform(source, d*k)
		if err != nil {
			return false, err
		}
		if u >= n {
			return k%2 == 1, nil
		}
	}
	return false, errSource
}

// uniform returns a number below n, each with the same probability.
func uniform(source io.Reader, n uint64) (uint64, error) {
	if n <= 1 {
		return 0, nil
	}
	mask := ^uint64(0) >> bits.LeadingZeros64(n-1)
	var raw [8]byte
	for range farthest {
		if _, err := io.ReadFull(source, raw[:]); err != nil {
			return 0, fmt.Errorf("draw noise: %w", err)
		}
		if u := binary.LittleEndian.Uint64(raw[:]) & mask; u < n {
			return u, nil
		}
	}
	return 0, errSource
}

// margin returns the smallest m for which noise above m comes with a chance of at
// most [Slip]. Noise z > m has the chance exp(-(m+1)s/t) / (1 + exp(-s/t)).
func (n noise) margin() int64 {
	rate := float64(n.s) / float64(n.t)
	m := math.Ceil(-math.Log(Slip*(1+math.Exp(-rate)))/rate) - 1
	return max(0, int64(m))
}
