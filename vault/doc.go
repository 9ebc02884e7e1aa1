// Package vault keeps personal data at rest: cells sealed under a key of their
// own person, looked up through keyed indexes, and forgotten by destroying that
// key.
//
// Keys form a chain: root key (a [Root]) → policy key (in a [Keyring], with
// epochs) → subject key (in a slot of a [keyfile.File]) → cell. A [Vault] is the
// chain of one policy, open.
//
// The vault asks nobody whether a cell may be opened; that is the gate's work,
// which holds the only reference to it and passes a permit's subject, datum and
// version on as an [Address].
package vault
