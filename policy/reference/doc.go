// Package reference says a second time what a policy means, in plain loops over
// its text, so that the compiled program has something to be compared with.
//
// It is written to be read against docs/design/decisions.md. It shares no code
// with the compiler, knows no numbers, masks or tables, and is slow.
package reference
