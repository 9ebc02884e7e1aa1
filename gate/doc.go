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
// know: an unspent event token, the time since the last sample, what the person picked
// ([Gate.Pick]) and stated ([Gate.Attest]), and a sign-in as fresh as the caller says it
// is. What only the application can know of a device it says in [Device], and what
// supports a request in [avow.Provenance].
// Instruments, approvals, findings, urgency and notices of a demand are shown by its
// desk alone, see [Gate.ReleaseDemand].
//
// That a recipient is qualified is shown by papers that two people put on file,
// word by word of what the policy requires, until they run out or are revoked
// ([Gate.ProposeQualification]). That a successor is bound is shown by its signature
// of the very policy in force and by two people beside the one who put it forward
// ([Gate.ProposeSuccession]); with it comes the fact that people were told. The
// notice of a place where data is stored or moved is shown by what the person's
// record says of it ([Agreement]), for the text that the place has today.
//
// # Places
//
// Data that is taken in lies where the instance stands ([Site]), whatever the caller
// says. What the policy asks of that place, and of the places of its copies, is asked
// of every request that takes personal data in; what goes to a recipient in a region
// that has a place is asked what that place asks. A policy that does not let data lie
// here is not served.
package gate
