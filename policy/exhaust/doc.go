// Package exhaust compares a compiled policy with the reference interpreter on
// every question that can make a difference, and finds the smallest one on
// which they part.
package exhaust
