// Package vet reads a policy as a careful reviewer would: it finds promises
// that contradict each other, wording that no law accepts, and topics that a
// law asks for and the policy leaves out.
//
// A finding is no fault: the policy compiles. Each finding names the one or two
// places that do not fit together, the clauses of the original text that they
// carry, why it matters and where that is laid down, and what to try. It is
// answered in one of three ways: the operator changes the policy; accepts the
// finding in the open, with a reason that is published (accept: on either
// place); or has supplied a value that the original text leaves out
// (supplied: true on an entry that carries a clause).
//
// The lints look at structure only: what the rules say, never which clause says
// it. [Lints] lists them.
package vet
