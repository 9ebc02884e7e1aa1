// Package engine wires one running Avow: folders, store, keys, gate, log, caretakers
// and door.
package engine
