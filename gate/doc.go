// Package gate is the conductor: everything that can happen to personal data is
// one file here, and each is one transaction that holds the decision, the data
// and the evidence of both.
//
// If the evidence cannot be committed, no data leaves and none is kept. A
// refusal leaves evidence too.
package gate
