// Package console is the pages of the controller's own people: what waits for
// somebody, and the desks at which it is worked on.
//
// Officers sign in to accounts (package officer): each belongs to one person and has one
// or more of six roles, which open the pages that they need. What two people must
// approve, the gate holds to two people, whichever page or door they come by.
//
// routes lists every page with the privilege that opens it; each is one file here and
// one template of the same name.
//
// No page shows who a matter is about. Addresses hold the ids of matters, which
// say nothing, and no personal data.
package console
