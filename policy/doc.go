// Package policy is a compiled policy, and the decisions it makes: pure
// functions of a policy, a request, a person's standing and an instant.
//
// [Compile] turns a [syntax.File] into a [Program] or reports every fault it
// finds. A Program is immutable and safe for concurrent use: a request that began
// under one ends under it, whatever is put in force meanwhile.
//
//	program, faults := policy.Compile(file)
//	bound := program.Bind(&standing, now)
//	ruling := program.Decide(&policy.Query{Verb: avow.Use, Datum: "email", …}, &bound)
//
// A decision never stops at the first reason against: it reports all of them,
// in their fixed order. The zero value of every type here refuses. How words
// turn into decisions is written down in docs/design/decisions.md, and package
// policy/reference says the same a second time, in plain loops, so that
// package policy/exhaust can compare the two on every question there is.
package policy
