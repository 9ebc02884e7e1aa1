// Package blob keeps large things of people at rest: pictures, backups, documents.
// An object is sealed in chunks as it is written and opened in chunks as it is
// read, so that its plaintext is never whole in memory and never on disk.
//
// # The object
//
//	 0       format, 01
//	 1 – 61  the object's key, as a cell of the subject (vault.KindBlobKey)
//	62 –     chunks: up to 65536 bytes of plaintext each, sealed, with a 16-byte tag
//
// The key is random and of this object alone, so the nonces can count: 11 bytes
// of chunk number, big endian, and one byte that is 1 for the last chunk and 0
// before it (the STREAM construction). Each chunk is bound to policy, subject and
// object. All chunks but the last are full, and the last is empty only if the
// object is. A chunk left out, repeated, moved, or taken from another object does
// not open, and an object cut short, even between chunks, has no last chunk.
//
// # Erasure
//
// Destroying a subject's key shuts every object of the subject, in the store and
// in its backups. A reader that is open asks for the key at each chunk it opens,
// so it stops too. The bytes themselves go with [Blobs.Delete].
package blob
