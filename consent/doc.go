// Package consent writes what somebody said on a choice as a consent record of
// ISO/IEC TS 27560 in the profile of the W3C Data Privacy Vocabulary (DPV 2.3,
// https://w3id.org/dpv/schema/dpv-27560), in JSON-LD, and a person's records as
// their receipt.
//
// A record is made from the policy text that was in force when the word was said,
// and carries what opens the commitment of its leaf in the log: with the receipt of
// that leaf (C2SP tlog-proof) anyone to whom the person gives both can check,
// offline, that this was said at that time about those words.
package consent
