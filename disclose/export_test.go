package disclose

import "io"

// Draw draws noise once.
func Draw(source io.Reader, most int, e Epsilon) (int64, error) {
	return newNoise(source, most, e).draw()
}

// Uniform draws a number below n.
func Uniform(source io.Reader, n uint64) (uint64, error) { return uniform(source, n) }
