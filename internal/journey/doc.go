// Package journey holds the tests of whole journeys: a real engine, a real mail
// server and a real Chromium, and a person who goes through the pages as people do,
// from the code in a letter to the certificate of erasure. There is no code in it
// for anything else.
package journey
