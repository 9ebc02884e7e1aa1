-- Rows and logs name their policy by number: the number is short in every key.
CREATE TABLE policy (
	id   INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
);

-- subject: the highest person number that may have been given out.
-- flushed: entries up to this number of table entry are in runs.
CREATE TABLE progress (
	one     INTEGER PRIMARY KEY CHECK (one = 1),
	subject INTEGER NOT NULL,
	flushed INTEGER NOT NULL
);
INSERT INTO progress VALUES (1, 0, 0);

CREATE TABLE subject (
	sid    INTEGER PRIMARY KEY,
	policy INTEGER NOT NULL,
	ver    INTEGER NOT NULL,
	due    INTEGER NOT NULL,
	body   BLOB NOT NULL
);

-- One entry for each row of subject whose due is not 0.
CREATE TABLE due (
	bucket INTEGER NOT NULL,
	sid    INTEGER NOT NULL,
	PRIMARY KEY (bucket, sid)
) WITHOUT ROWID;

CREATE TABLE record (
	sid  INTEGER NOT NULL,
	kind TEXT NOT NULL,
	key  BLOB NOT NULL,
	body BLOB NOT NULL,
	PRIMARY KEY (sid, kind, key)
) WITHOUT ROWID;

-- pos is policy << 40 | index: the leaves of one log lie side by side in the
-- order in which they arrive.
CREATE TABLE leaf (
	pos  INTEGER PRIMARY KEY,
	body BLOB NOT NULL
);

CREATE TABLE tile (
	policy INTEGER NOT NULL,
	level  INTEGER NOT NULL,
	n      INTEGER NOT NULL,
	data   BLOB NOT NULL,
	PRIMARY KEY (policy, level, n)
);

CREATE TABLE log (
	policy     INTEGER PRIMARY KEY,
	sealed     INTEGER NOT NULL,
	checkpoint BLOB NOT NULL
);

-- The two indexes with random keys, from tag to person (tags) and from person
-- to leaf (trail), are kept as sorted runs: a random key in a B-tree costs a
-- page for every entry. What a transaction adds to them is one row of entry;
-- from time to time the rows are sorted into a run, and runs into larger runs.
CREATE TABLE entry (
	seq   INTEGER PRIMARY KEY,
	tags  BLOB NOT NULL,
	trail BLOB NOT NULL
);

-- kind 0: tags, 1: trail. fences holds a lower bound of each chunk.
CREATE TABLE run (
	id      INTEGER PRIMARY KEY,
	kind    INTEGER NOT NULL,
	level   INTEGER NOT NULL,
	entries INTEGER NOT NULL,
	fences  BLOB NOT NULL,
	filter  BLOB NOT NULL
);

-- pos is run << 24 | number of the chunk.
CREATE TABLE chunk (
	pos  INTEGER PRIMARY KEY,
	data BLOB NOT NULL
);
