// Package browsertest lets tests use a real Chromium: one per test binary, and
// a private window per test.
//
//	func TestMain(m *testing.M) { browsertest.Main(m) }
//
//	func TestHome(t *testing.T) {
//		page := browsertest.Open(t)
//		page.Goto(server.URL)
//		page.Accessible()
//		page.Quiet()
//	}
//
// On a machine without Chromium these tests fail and say so. They are never
// skipped: a promise that only a browser can show would look kept.
package browsertest
