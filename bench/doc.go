// Package bench measures Avow beside its peers and beside the floor of the
// machine, in one run. It is a module of its own, so that the peers never enter
// Avow's.
package bench
