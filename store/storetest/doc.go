// Package storetest states the contract of gate.Store as tests that every
// store must pass.
package storetest
