package sqlite

// query numbers a statement; every connection prepares all of them when it is
// opened.
type query int

const (
	qBegin query = iota
	qCommit
	qRollback

	qPolicies
	qPolicyName
	qPolicyAdd
	qReserved
	qReserve

	qRow
	qRowVersion
	qRowInsert
	qRowUpdate
	qRowDelete
	qDue
	qDueInsert
	qDueDelete

	qTag
	qTagInsert
	qTagDelete

	qRecord
	qRecordScan
	qRecordFirst
	qRecordPut
	qRecordDelete
	qRecordPurge

	qLeaves
	qLeafLast
	qLeafInsert
	qLeafForget
	qLeafSIDs

	qTrail
	qTrailInsert
	qTrailPurge
	qTrailDelete

	qLog
	qLogSeal
	qTile
	qTileInsert

	queries
)

// queryTexts holds the text of each statement. Every one of them finds its
// rows by key; a test asks SQLite's planner.
var queryTexts = [queries]string{
	qBegin:    `BEGIN IMMEDIATE`,
	qCommit:   `COMMIT`,
	qRollback: `ROLLBACK`,

	qPolicies:   `SELECT id, name FROM policy WHERE id >= 0`,
	qPolicyName: `SELECT name FROM policy WHERE id = ?1`,
	qPolicyAdd:  `INSERT INTO policy (id, name) VALUES (?1, ?2)`,
	qReserved:   `SELECT subject FROM reserved WHERE one = 1`,
	qReserve:    `UPDATE reserved SET subject = ?1 WHERE one = 1`,

	qRow:        `SELECT policy, ver, due, body FROM subject WHERE sid = ?1`,
	qRowVersion: `SELECT ver, due FROM subject WHERE sid = ?1`,
	qRowInsert:  `INSERT INTO subject (sid, policy, ver, due, body) VALUES (?1, ?2, ?3, ?4, ?5)`,
	qRowUpdate:  `UPDATE subject SET policy = ?2, ver = ?3, due = ?4, body = ?5 WHERE sid = ?1`,
	qRowDelete:  `DELETE FROM subject WHERE sid = ?1`,
	qDue:        `SELECT sid FROM due WHERE bucket <= ?1 ORDER BY bucket, sid LIMIT ?2`,
	qDueInsert:  `INSERT INTO due (bucket, sid) VALUES (?1, ?2)`,
	qDueDelete:  `DELETE FROM due WHERE bucket = ?1 AND sid = ?2`,

	qTag:       `SELECT sid FROM tag WHERE policy = ?1 AND tag = ?2`,
	qTagInsert: `INSERT INTO tag (policy, tag, sid) VALUES (?1, ?2, ?3)`,
	qTagDelete: `DELETE FROM tag WHERE policy = ?1 AND tag = ?2`,

	qRecord:       `SELECT body FROM record WHERE sid = ?1 AND kind = ?2 AND key = ?3`,
	qRecordScan:   `SELECT key, body FROM record WHERE sid = ?1 AND kind = ?2 AND key > ?4 ORDER BY key LIMIT ?3`,
	qRecordFirst:  `SELECT key, body FROM record WHERE sid = ?1 AND kind = ?2 ORDER BY key LIMIT ?3`,
	qRecordPut:    `INSERT OR REPLACE INTO record (sid, kind, key, body) VALUES (?1, ?2, ?3, ?4)`,
	qRecordDelete: `DELETE FROM record WHERE sid = ?1 AND kind = ?2 AND key = ?3`,
	qRecordPurge:  `SELECT kind, key FROM record WHERE sid = ?1 LIMIT ?2`,

	qLeaves:     `SELECT body FROM leaf WHERE pos >= ?1 AND pos < ?2 ORDER BY pos`,
	qLeafLast:   `SELECT max(pos) FROM leaf WHERE pos >= ?1 AND pos < ?2`,
	qLeafInsert: `INSERT INTO leaf (pos, sid, body) VALUES (?1, ?2, ?3)`,
	qLeafForget: `UPDATE leaf SET sid = 0 WHERE pos = ?1`,
	qLeafSIDs:   `SELECT sid FROM leaf WHERE pos >= ?1 AND pos < ?2 ORDER BY pos`,

	qTrail:       `SELECT idx FROM trail WHERE sid = ?1 AND idx > ?2 ORDER BY idx LIMIT ?3`,
	qTrailInsert: `INSERT INTO trail (sid, idx, policy) VALUES (?1, ?2, ?3)`,
	qTrailPurge:  `SELECT idx, policy FROM trail WHERE sid = ?1 LIMIT ?2`,
	qTrailDelete: `DELETE FROM trail WHERE sid = ?1 AND idx = ?2 AND policy = ?3`,

	qLog:        `SELECT sealed, checkpoint FROM log WHERE policy = ?1`,
	qLogSeal:    `INSERT OR REPLACE INTO log (policy, sealed, checkpoint) VALUES (?1, ?2, ?3)`,
	qTile:       `SELECT data FROM tile WHERE policy = ?1 AND level = ?2 AND n = ?3`,
	qTileInsert: `INSERT OR REPLACE INTO tile (policy, level, n, data) VALUES (?1, ?2, ?3, ?4)`,
}
