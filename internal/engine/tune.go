package engine

import (
	"os"
	"runtime"
	"runtime/debug"
)

// gcPercent is how much garbage may come up beside what lives before it is collected.
// What lives is bounded (caches, rows that wait), and requests make garbage only:
// collecting it a quarter as often spares a twentieth of the processor, and costs nothing
// at rest and about as much memory again under full load.
const gcPercent = 400

// Tune sets the runtime of a process that does nothing but serve. What the operator
// has set in the environment (GOGC, GOMAXPROCS) stands.
//
// A goroutine that waits for a flush holds one of the runtime's processors for as long
// as it takes the runtime to notice, which is most of a flush. Two are flushed
// beside each other as a rule, that of the store and that of the keys, or of the database
// file: with two processors more than the machine has, the others go on meanwhile. Five
// rounds in turn on two cores, 64 callers, with two more and with one more: 37,444 and
// 33,631 collects in a second, 24,318 and 23,294 registrations, 48,313 and 47,631 uses;
// more than two gain nothing.
func Tune() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2)
	}
}
