// Package avow is the vocabulary of Avow: the subjects, purposes, requests,
// decisions, receipts and refusals that every other package speaks in.
//
// It does no I/O and imports only the standard library. Two laws hold for
// every type here. The zero value refuses: a zero [Verdict] is [Refuse], a zero
// [Standing] has accepted and consented to nothing. And no type here carries
// the value of a personal datum, so that anything in this package may be
// logged, except a [SubjectRef], which says so.
package avow
