// Package gate is the conductor: everything that can happen to personal data is
// one file here, and each is one transaction that holds the decision, the data
// and the evidence of both.
//
// If the evidence cannot be committed, no data leaves and none is kept. A
// refusal leaves evidence too. A request is carried out whole or not at all; only
// what a person takes back in it stands whatever becomes of the rest.
//
// # Observing
//
// A policy in mode observe decides and records as always, and lets refusals pass:
// the receipt and the evidence say that it refused, and that it only observed.
// What the policy declares is then kept in the form that its datum has at
// collection, and shown as it is held; somebody who is not known becomes known by
// it. Not let pass is what comes from the data or the person's state, and not from
// the rules: values that do not fit or that identify where they must not, secrets
// read back, people whose relationship has ended, who are being erased or who are
// under a legal hold. Data that the policy does not know is left out: nothing says
// how to keep it. What is kept for a purpose that no retention rule covers stays
// until one does.
//
// # Time
//
// What is over is out of sight at that instant, and gone with the next sweep.
// Each purpose that a datum was collected for has its own clock, which an event
// starts: a withdrawal starts the clocks of the purposes that its choice speaks
// of, and a yes that runs out starts them by itself. Time does not go back; see
// [Config.Steady] for a clock that does.
//
// # Facts
//
// A rule may need facts that the request must show. The gate shows what it can
// know: an unspent event token, the time since the last sample, the terms of a
// recipient, a sign-in as fresh as the caller says it is, what the person picked
// ([Gate.Pick]) and stated ([Gate.Attest]). What only the application can know of
// a device it says in [Device], and what supports a request in [avow.Provenance].
// Instruments, approvals, findings, urgency and notices of a demand are shown by its
// desk alone, see [Gate.ReleaseDemand]. Nothing here shows a successor's signature:
// rules that need it refuse.
package gate
