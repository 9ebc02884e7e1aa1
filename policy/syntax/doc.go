// Package syntax reads and writes the policy language: tokens, tree, positions,
// faults, formatter and JSON Schema.
//
// A policy is one YAML file, read from top to bottom as the published policy is
// read. The struct types of this package are the language: the binder, the
// formatter, the JSON Schema and the reference manual are all derived from
// their fields. A field's tags say how it is written:
//
//	key:"name"    the key in the file
//	need:"yes"    the key must be there
//	of:"a|b|c"    the closed list of words it may hold
//	ref:"data"    each word must be the id of an entry of that section
//	form:"…"      how a word is written where it is no plain slug: clause-id,
//	              promise-id, region or term; live refuses placeholders, note
//	              refuses the wording of promises; span writes a duration of
//	              nothing as 0s rather than at once
//	doc:"…"       one sentence for the schema and the manual
//
// There is no free text that promises anything: a [Text] is a label or an
// explanatory note, and every published sentence is generated from the fields.
package syntax
