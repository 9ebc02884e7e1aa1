package gate

import (
	"context"
	"errors"

	"avow.dev"
)

// Errors that a store returns from Commit. In both cases nothing was written.
var (
	// ErrChanged: a row was changed, added or removed since it was read. The
	// gate reads again, decides again and tries again.
	ErrChanged = errors.New("row changed since it was read")
	// ErrTaken: a tag that a change adds exists already.
	ErrTaken = errors.New("tag already taken")
)

// Store is the database as the gate sees it: rows of people, records beside
// them, one evidence log for each policy, and one way to write.
//
// A store holds sealed bytes and keyed hashes only: nothing it is given can be
// read without the keys, which live elsewhere.
type Store interface {
	Rows
	Records
	Log
	Committer
}

// Rows reads people. A read sees everything whose Commit has returned. The body of a
// row may be shared with other readers, and must not be modified.
type Rows interface {
	// Lookup returns the row of the person that tag belongs to.
	Lookup(ctx context.Context, policy avow.PolicyID, tag Tag) (Row, bool, error)
	// Load returns the row of person sid.
	Load(ctx context.Context, sid int64) (Row, bool, error)
	// Due returns up to limit people whose Row.Due is at most bucket and not 0,
	// the longest due first.
	Due(ctx context.Context, bucket int64, limit int) ([]int64, error)
	// NextSubject reserves a person number. Numbers ascend from 1 in order of
	// arrival and are never given twice, also not after a restart; gaps are
	// allowed. floor is the highest number known to be used elsewhere (the key
	// file): the store returns a higher one.
	NextSubject(ctx context.Context, floor int64) (int64, error)
}

// Records reads the records beside a person's row, and those of nobody (sid 0):
// events, multi-valued data, requests, holds, tokens.
type Records interface {
	// Scan returns up to limit records of (sid, kind) with keys greater than
	// after, in ascending order of key. A nil after starts at the first.
	Scan(ctx context.Context, sid int64, kind string, after []byte, limit int) ([]Record, error)
	// Get returns one record.
	Get(ctx context.Context, sid int64, kind string, key []byte) (Record, bool, error)
}

// Log reads the evidence log of a policy. It has the shape that the ledger
// needs to make proofs and tiles.
type Log interface {
	// LogState returns how many leaves are recorded and sealed, and the latest
	// published checkpoint (nil before the first).
	LogState(ctx context.Context, policy avow.PolicyID) (LogState, error)
	// Leaves returns the bodies of leaves from (inclusive) to to (exclusive).
	// It is an error if any of them is not recorded.
	Leaves(ctx context.Context, policy avow.PolicyID, from, to int64) ([][]byte, error)
	// Tile returns the stored hashes of tile n of a level: 8192 bytes if it is
	// full. The last tile of a level above 0 may be shorter, and is replaced by
	// a longer one as the log grows. It is an error if none is stored.
	Tile(ctx context.Context, policy avow.PolicyID, level int, n int64) ([]byte, error)
	// Trail returns the indexes of the leaves about person sid, ascending from
	// after (exclusive, -1 for the first), at most limit: of all whose Commit has
	// returned, sealed or not.
	Trail(ctx context.Context, sid int64, after int64, limit int) ([]int64, error)
}

// Committer is the one way to write.
type Committer interface {
	// Commit writes all of c or nothing of it, and returns only when what it
	// wrote is durable. Concurrent callers share a transaction and a flush; a
	// change that fails harms no other. The leaves of c get consecutive indexes
	// in the policy's log; the first is returned.
	//
	// After an error other than ErrChanged and ErrTaken it is unknown whether c
	// took effect, unless ctx was done before Commit was called.
	Commit(ctx context.Context, c *Change) (first int64, err error)
}

// Tag is a blind index entry: a keyed hash of a reference or of a looked-up
// datum, truncated to 128 bits.
type Tag [16]byte

// Row is one person in one policy.
type Row struct {
	SID     int64
	Policy  avow.PolicyID
	Version int64 // counts the changes of the row, from 1
	Due     int64 // the hour (Unix time / 3600) at which the sweep looks at the row; 0: never
	Body    []byte
}

// Record is a body under a key beside a person's row.
type Record struct {
	SID  int64
	Kind string
	Key  []byte // at most 64 bytes
	Body []byte
}

// LogState says how far a log has come. Recorded >= Sealed.
type LogState struct {
	Recorded   int64
	Sealed     int64
	Checkpoint []byte
}

// House is the name under which changes are written that belong to no policy:
// tokens of programs, the rubble of erased people. No policy slug has a dot.
const House avow.PolicyID = "avow.house"

// Change is everything that one request writes.
type Change struct {
	Policy avow.PolicyID

	// Insert adds a row (its Version is stored as given); Update replaces the
	// row with the same SID if its stored version is Update.Version-1; Drop
	// removes the row of that SID if its stored version is as given. At most
	// one of the three is set.
	Insert, Update, Drop *Row
	// Unchanged names a row that was read and must still have this version.
	Unchanged *Row
	// Others name further rows that were read and must still have these versions.
	Others []Row

	AddTags  []TagEntry // each must be free
	DropTags []TagEntry // missing ones are no error

	Put    []Record // inserted, or replaced where the key exists
	PutNew []Record // inserted; ErrTaken where the key exists
	Delete []Record // by SID, Kind and Key; missing ones are no error

	// Purge removes up to PurgeLimit records and trail entries of person
	// Purge, beginning anywhere. It is repeated until Purged reports none left.
	Purge      int64
	PurgeLimit int
	PurgedMore bool // set by Commit: some were left

	Leaves []Leaf
	Seal   *Seal
}

// TagEntry binds a tag to a person.
type TagEntry struct {
	Tag Tag
	SID int64
}

// Leaf is one piece of evidence. SID is the person it is about (0: none); it
// is kept beside the leaf, erasable, and is no part of what is hashed.
type Leaf struct {
	SID  int64
	Body []byte
}

// Seal moves leaves of the policy's log from recorded to sealed and publishes
// the checkpoint that covers them.
type Seal struct {
	From, Size int64 // From must be the stored sealed size, else ErrChanged
	Tiles      []Tile
	Checkpoint []byte
}

// Tile is a hash tile. It replaces a shorter one of the same level and number.
type Tile struct {
	Level int
	N     int64
	Data  []byte
}
