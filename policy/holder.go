package policy

import "sync/atomic"

// Holder holds the program in force. Reading takes no lock; a request that
// began under one program ends under it. The zero Holder holds none.
type Holder struct{ p atomic.Pointer[Program] }

// Load returns the program in force, or nil before the first.
func (h *Holder) Load() *Program { return h.p.Load() }

// Swap puts p in force and returns the program it replaces.
func (h *Holder) Swap(p *Program) *Program { return h.p.Swap(p) }

// CompareAndSwap puts p in force if old still is, and reports whether it did.
func (h *Holder) CompareAndSwap(old, p *Program) bool { return h.p.CompareAndSwap(old, p) }
