//go:build !race

package prove_test

// watched says that the race detector looks on; see race_test.go.
const watched = false
