-- Rows that changed wait here, those of a group side by side, until they are moved to
-- subject: a page of subject holds a few rows, and a group changes people who have
-- nothing to do with each other. seq counts the groups. What was moved is
-- overwritten by a later group.
CREATE TABLE newer (
	slot INTEGER PRIMARY KEY,
	seq  INTEGER NOT NULL,
	body BLOB NOT NULL
);

-- moved: of newer, what has a seq up to this one is in subject.
ALTER TABLE progress ADD COLUMN moved INTEGER NOT NULL DEFAULT 0;
