// Package keyfile keeps the subject keys of one policy, apart from the data they
// open: one file of fixed slots, one slot a person, the only copy of that
// person's key (wrapped under the policy key).
//
// # Why not a table in the database
//
// To erase a person, Avow destroys a key, and that means overwriting its only
// copy. A page store with a write-ahead log makes copies: the old page stays in
// the log, in the file's free list, in every backup and in every replica. Here a
// key has one address for life, and [File.Destroy] overwrites that address and
// flushes it before it returns.
//
// # What this does not promise
//
// The overwrite goes to the same logical block. Three layers below may still
// keep the old one: a flash drive remaps blocks and erases them later; a
// copy-on-write file system or a snapshot (Btrfs, ZFS, LVM, a virtual machine's
// image) keeps the old version until the snapshot goes; a backup of this file is
// a second copy. What such a layer keeps is a wrapped key, of no use without the
// policy key. So: put the file on a plain file system (ext4, xfs), leave it out
// of data backups, and let backups of it expire quickly.
//
// # The file
//
// A header block of 4096 bytes, then 64-byte slots. Subject number n (1, 2, 3 …
// in order of arrival) has the slot at 4096 + 64·(n-1):
//
//	 0      state: 00 never written, 4b live, d8 destroyed, 95 withdrawn (hexadecimal)
//	 1 –  2 epoch of the policy key that wraps, big endian
//	 3      zero
//	 4 – 15 nonce
//	16 – 63 wrapped key: 32 bytes and a 16-byte tag
//
// A destroyed or withdrawn slot is zero after its state byte; a slot never written is
// all zeros. Anything else is refused as damaged. A withdrawn slot held a key that was
// made ahead and that nobody was given: it counts for nothing, and its number is not
// used again.
//
// # Why a slot cannot tear
//
// A slot starts at a multiple of 64, so it never straddles a 512-byte sector,
// and a drive writes a sector wholly or not at all. Neighbours in the same
// sector or page are rewritten with what they already hold. What is left is a
// crash in the nanoseconds in which the kernel copies 64 bytes into a page that
// it is just sending to the disk; a slot torn so belongs to a call that had not
// returned. For Put and Destroy that costs nothing. For Rewrap it could cost a
// key, and is why the guide asks for a copy of the file before a rotation.
//
// # Speed
//
// Space is allocated and zeroed a megabyte ahead, because overwriting costs one
// flush and growing costs two. Callers of Put, Destroy, Replace and Withdraw that come at
// the same time share one write and one flush.
package keyfile
