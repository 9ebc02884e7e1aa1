-- Rows and logs name their policy by number: the number is short in every key.
CREATE TABLE policy (
	id   INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
);

-- The highest person number that may have been given out.
CREATE TABLE reserved (
	one     INTEGER PRIMARY KEY CHECK (one = 1),
	subject INTEGER NOT NULL
);
INSERT INTO reserved VALUES (1, 0);

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

CREATE TABLE tag (
	policy INTEGER NOT NULL,
	tag    BLOB NOT NULL,
	sid    INTEGER NOT NULL,
	PRIMARY KEY (policy, tag)
) WITHOUT ROWID;

CREATE TABLE record (
	sid  INTEGER NOT NULL,
	kind TEXT NOT NULL,
	key  BLOB NOT NULL,
	body BLOB NOT NULL,
	PRIMARY KEY (sid, kind, key)
) WITHOUT ROWID;

-- pos is policy << 40 | index: leaves of one log lie side by side in the order
-- in which they arrive. sid is 0 for a leaf about nobody, and after erasure.
CREATE TABLE leaf (
	pos  INTEGER PRIMARY KEY,
	sid  INTEGER NOT NULL,
	body BLOB NOT NULL
);

-- Which sealed leaves are about a person.
CREATE TABLE trail (
	sid    INTEGER NOT NULL,
	idx    INTEGER NOT NULL,
	policy INTEGER NOT NULL,
	PRIMARY KEY (sid, idx, policy)
) WITHOUT ROWID;

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
