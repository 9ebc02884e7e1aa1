// Package peer states one Avow policy in the languages of other decision
// engines, so that their answers and their speed can be compared with Avow's.
//
// The policy's rules are first flattened: each becomes one or more plain
// conjunctions of memberships, with prohibitions, demands, recipients' terms and
// device permissions already worked in. Every engine gets those same
// conjunctions in the form that suits it best, which is more help than an author
// of a policy in that engine would have.
package peer
