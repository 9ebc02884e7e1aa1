// Package envelope writes and reads the signed statement in which a purpose travels
// with data that is handed over: what may be done with it, by whom, why, until when,
// and on which policy's word.
//
// An envelope is a JWS in compact form (RFC 7515) with the claims of a JWT (RFC 7519)
// and a type of its own (RFC 8725, section 3.11), signed with the Ed25519 key of the
// policy's log. Any JOSE library reads it; [Open] reads it offline with the verifier
// key of the log. What a checkpoint signs ends in a line feed and what a JWS signs
// holds none, so that neither can be taken for the other.
//
// It says nothing about the person: it names the data by the hash of a payload that
// carries a salt, and the hand-over by the id of its evidence.
package envelope
