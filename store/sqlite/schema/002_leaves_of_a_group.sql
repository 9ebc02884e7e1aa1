-- The leaves that a group of changes adds to a log are one row, under the position
-- of the first. ends says where each of them ends in body, in four bytes,
-- the highest first; null means that body is one leaf.
ALTER TABLE leaf ADD COLUMN ends BLOB;
