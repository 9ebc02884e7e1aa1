// Package officer signs the controller's own people in to the console: who they
// are, what they may do there, and for how long.
//
// An account is invited by the operator and belongs to a person: one word for one
// human being. Somebody with two accounts is the same person in both, so that what
// needs two people cannot be done by one of them alone.
//
// Signing in takes a password and a one-time code (RFC 6238), or a passkey that its
// owner unlocks each time (Web Authentication), or a sign-in at the organisation's own
// provider (OpenID Connect). Names that nobody has cost the same work and get the same
// answer; tries are counted before anything is compared; a code and a challenge are
// taken once.
//
// At rest there is no secret that opens anything: invitations and sessions lie
// there as hashes. One run of Argon2id turns a password into two keys; of one the
// hash is kept, to compare, and the other seals the secret of the one-time codes. Of a
// passkey its public half is kept, with which nobody signs in.
package officer
