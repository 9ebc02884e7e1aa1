// Package redact reduces a value to the form that a decision allows, on the way
// in (before the first durable write) and on the way out.
//
// Every function is pure and fails closed: a value that a form cannot reduce is
// an error, never passed through. Errors never quote the value.
package redact
