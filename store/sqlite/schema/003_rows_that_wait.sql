-- Rows that changed wait here, those of a group side by side in the order in which
-- they were committed, until they are moved to subject: a page of subject holds a
-- few rows, and a group changes people who have nothing to do with each other.
CREATE TABLE newer (
	seq  INTEGER PRIMARY KEY,
	body BLOB NOT NULL
);

-- moved: of newer, rows up to this one are in subject.
ALTER TABLE progress ADD COLUMN moved INTEGER NOT NULL DEFAULT 0;
