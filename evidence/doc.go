// Package evidence says what one leaf of the log says: a canonical text, free of
// personal data, that can be checked years later.
//
// A leaf names the time, what happened, the verdict, and the policy, rules and
// clauses behind it, in words that the policy declares. Whom it is about stands
// there only as a commitment under a salt that dies with the person's key:
// after erasure the leaf means nothing, and every proof still verifies.
package evidence
