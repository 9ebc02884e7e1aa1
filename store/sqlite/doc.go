// Package sqlite keeps Avow's rows, records and evidence logs in one SQLite
// file, written by one committer that lets many callers share a flush.
//
// One process owns the folder (see [ErrLocked]). Every write goes through the
// committer's connection; reads go through a few connections of their own and
// never wait for a writer.
package sqlite
