package sqlite

// query numbers a statement; every connection prepares all of them when it is
// opened.
type query int

const (
	qBegin query = iota
	qCommit
	qRollback
	qCheckpointPassive
	qCheckpointRestart

	qPolicies
	qPolicyName
	qPolicyAdd
	qProgress
	qReserve
	qFlushed
	qMoved

	qRow
	qRowVersion
	qRowHighest
	qRowInsert
	qRowUpdate
	qRowDelete
	qNewer
	qNewerGroup
	qNewerPut
	qNewerUpdate
	qNewerDrop
	qDue
	qDueInsert
	qDueDelete

	qRecord
	qRecordScan
	qRecordFirst
	qRecordPut
	qRecordDelete
	qRecordPurge
	qRecordKind

	qLeaves
	qLeafEnd
	qLeafInsert
	qLog
	qLogSeal
	qTile
	qTileInsert

	qEntries
	qEntry
	qEntryInsert
	qEntryUpdate
	qEntryDrop
	qEntryFirst

	qRuns
	qRunInsert
	qRunDelete
	qChunk
	qChunkNext
	qChunkInsert
	qChunkUpdate
	qChunkDrop

	queries
)

// queryTexts holds the text of each statement. Every one of them finds its
// rows by key; a test asks SQLite's planner. A limit is written as a sum: SQLite's
// planner looks at the value of a bare parameter there, and then prepares the statement
// anew for each value, which takes longer than running it.
var queryTexts = [queries]string{
	qBegin:    `BEGIN IMMEDIATE`,
	qCommit:   `COMMIT`,
	qRollback: `ROLLBACK`,

	qCheckpointPassive: `PRAGMA wal_checkpoint(PASSIVE)`,
	qCheckpointRestart: `PRAGMA wal_checkpoint(RESTART)`,

	qPolicies:   `SELECT id, name FROM policy WHERE id >= 0`,
	qPolicyName: `SELECT name FROM policy WHERE id = ?1`,
	qPolicyAdd:  `INSERT INTO policy (id, name) VALUES (?1, ?2)`,
	qProgress:   `SELECT subject, flushed, moved FROM progress WHERE one = 1`,
	qReserve:    `UPDATE progress SET subject = ?1 WHERE one = 1`,
	qFlushed:    `UPDATE progress SET flushed = ?1 WHERE one = 1`,
	qMoved:      `UPDATE progress SET moved = ?1 WHERE one = 1`,

	qRow:         `SELECT policy, ver, due, body FROM subject WHERE sid = ?1`,
	qRowVersion:  `SELECT ver, due FROM subject WHERE sid = ?1`,
	qRowHighest:  `SELECT max(sid) FROM subject`,
	qRowInsert:   `INSERT INTO subject (sid, policy, ver, due, body) VALUES (?1, ?2, ?3, ?4, ?5)`,
	qRowUpdate:   `UPDATE subject SET policy = ?2, ver = ?3, due = ?4, body = ?5 WHERE sid = ?1`,
	qRowDelete:   `DELETE FROM subject WHERE sid = ?1`,
	qNewer:       `SELECT slot, seq, body FROM newer WHERE slot > ?1`,
	qNewerGroup:  `SELECT body FROM newer WHERE slot = ?1`,
	qNewerPut:    `INSERT OR REPLACE INTO newer (slot, seq, body) VALUES (?1, ?2, ?3)`,
	qNewerUpdate: `UPDATE newer SET body = ?2 WHERE slot = ?1`,
	qNewerDrop:   `DELETE FROM newer WHERE slot = ?1`,

	qDue:       `SELECT sid FROM due WHERE bucket <= ?1 ORDER BY bucket, sid LIMIT ?2 + 0`,
	qDueInsert: `INSERT INTO due (bucket, sid) VALUES (?1, ?2)`,
	qDueDelete: `DELETE FROM due WHERE bucket = ?1 AND sid = ?2`,

	qRecord:       `SELECT body FROM record WHERE sid = ?1 AND kind = ?2 AND key = ?3`,
	qRecordScan:   `SELECT key, body FROM record WHERE sid = ?1 AND kind = ?2 AND key > ?4 ORDER BY key LIMIT ?3 + 0`,
	qRecordFirst:  `SELECT key, body FROM record WHERE sid = ?1 AND kind = ?2 ORDER BY key LIMIT ?3 + 0`,
	qRecordPut:    `INSERT OR REPLACE INTO record (sid, kind, key, body) VALUES (?1, ?2, ?3, ?4)`,
	qRecordDelete: `DELETE FROM record WHERE sid = ?1 AND kind = ?2 AND key = ?3`,
	qRecordPurge:  `SELECT kind, key FROM record WHERE sid = ?1 LIMIT ?2 + 0`,
	qRecordKind:   `SELECT kind FROM record WHERE sid = 0 AND kind > ?1 ORDER BY kind LIMIT 1`,

	qLeaves: `SELECT pos, body, ends FROM leaf
		WHERE pos >= (SELECT max(pos) FROM leaf WHERE pos >= ?3 AND pos <= ?1) AND pos < ?2 ORDER BY pos`,
	qLeafEnd:    `SELECT pos + coalesce(length(ends) / 4, 1) FROM leaf WHERE pos >= ?1 AND pos < ?2 ORDER BY pos DESC LIMIT 1`,
	qLeafInsert: `INSERT INTO leaf (pos, body, ends) VALUES (?1, ?2, ?3)`,
	qLog:        `SELECT sealed, checkpoint FROM log WHERE policy = ?1`,
	qLogSeal:    `INSERT OR REPLACE INTO log (policy, sealed, checkpoint) VALUES (?1, ?2, ?3)`,
	qTile:       `SELECT data FROM tile WHERE policy = ?1 AND level = ?2 AND n = ?3`,
	qTileInsert: `INSERT OR REPLACE INTO tile (policy, level, n, data) VALUES (?1, ?2, ?3, ?4)`,

	qEntries:     `SELECT seq, tags, trail FROM entry WHERE seq > ?1`,
	qEntry:       `SELECT tags, trail FROM entry WHERE seq = ?1`,
	qEntryInsert: `INSERT INTO entry (seq, tags, trail) VALUES (?1, ?2, ?3)`,
	qEntryUpdate: `UPDATE entry SET tags = ?2, trail = ?3 WHERE seq = ?1`,
	qEntryDrop:   `DELETE FROM entry WHERE seq >= ?1 AND seq < ?2`,

	qEntryFirst: `SELECT min(seq) FROM entry`,

	qRuns:        `SELECT id, kind, level, entries, fences, filter FROM run WHERE id >= 0`,
	qRunInsert:   `INSERT INTO run (id, kind, level, entries, fences, filter) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`,
	qRunDelete:   `DELETE FROM run WHERE id = ?1`,
	qChunk:       `SELECT data FROM chunk WHERE pos = ?1`,
	qChunkNext:   `SELECT min(pos) FROM chunk WHERE pos >= ?1`,
	qChunkInsert: `INSERT INTO chunk (pos, data) VALUES (?1, ?2)`,
	qChunkUpdate: `UPDATE chunk SET data = ?2 WHERE pos = ?1`,
	qChunkDrop:   `DELETE FROM chunk WHERE pos >= ?1 AND pos < ?2`,
}
