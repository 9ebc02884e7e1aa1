package avow

import "strings"

// visitor stands before the name of a browser. No application may call its own people so.
const visitor = "visitor:"

// Visitor is the reference of somebody without an account, who is known by nothing but
// the random name that stands in the choice cookie of their browser.
func Visitor(name string) SubjectRef { return SubjectRef(visitor + name) }

// IsVisitor reports whether a reference is that of a browser.
func (r SubjectRef) IsVisitor() bool { return strings.HasPrefix(string(r), visitor) }
