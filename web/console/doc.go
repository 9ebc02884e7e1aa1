// Package console is the pages of the controller's own people: what waits for
// somebody, and the desks at which it is worked on.
//
// Somebody signs in with a token that was issued to them by name (avow token
// create --person). An officer works at the desks; an auditor reads the same pages
// and opens nothing: neither what people wrote, nor what they are held. What two
// people must approve, the gate holds to two people, whichever page or door they
// come by.
//
// No page shows who a matter is about. Addresses hold the ids of matters, which
// say nothing, and no personal data.
package console
