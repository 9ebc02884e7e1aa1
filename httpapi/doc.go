// Package httpapi is the JSON door: the gate over HTTP, described by OpenAPI 3.1,
// together with what the public may read without a token: the policies, the log
// and its proofs.
//
// Subject references and values travel in bodies only, never in paths or query
// strings, and no answer, log line or metric repeats a submitted value: errors
// are constant texts, and whatever a policy does not declare is told by its
// place in the request.
//
// Each operation is one entry of the route table, from which the multiplexer,
// the OpenAPI document and the access matrix of the tests are made.
package httpapi
