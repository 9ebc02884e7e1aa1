// Package enginetest is a house for tests of what stands around an engine: the pages,
// the post, the journeys of people. A house is a real engine in an empty folder, with a
// door, a clock that only the test moves, a log that can be searched, and on demand a
// mail server and tokens. A [Visitor] walks through its pages as a browser would.
//
//	func TestHome(t *testing.T) {
//		h := enginetest.Open(t, enginetest.Compile(t, text))
//		h.Visitor().Get("/privacy/club").Shows(t, 200, "Your privacy")
//		h.Pass(24 * time.Hour)
//	}
package enginetest
