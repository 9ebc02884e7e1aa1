// Package chromium drives a real Chromium where the browser is the place of
// truth: what stands in the cookie jar, which requests leave, what a person
// sees and can reach with a keyboard.
//
// One [Browser] serves a whole run. Each [Page] has a cookie jar, a cache and
// storage of its own, as a private window has, and costs milliseconds. No
// request can leave the machine: every name but localhost and those below it
// is unknown to the browser. Names like ads.localhost lead to the loopback and are sites
// of their own, so that third parties can be played.
package chromium
