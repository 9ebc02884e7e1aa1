// Package prove plays every promise of a policy against a running Avow and says
// which are kept: it speaks to the door as an app would, moves the clock, and
// reads the bytes at rest as a thief would.
//
// A proof has three parts that do not know each other. The plan says which
// probes each clause needs, from the policy's own text and from nothing that
// the engine computed. A probe acts and compares what it saw with what the text
// promises. The mutants take one rule out of the policy, or turn it round, and
// demand that the rule's own probes then fail: a proof that cannot fail proves
// nothing.
package prove
