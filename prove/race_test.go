//go:build race

package prove_test

// watched says that the race detector looks on, which makes a proof several
// times slower: one policy is proved then, and all five without it.
const watched = true
