package centre_test

import (
	"net/http"
	"testing"
)

func TestHome(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.join("li", "li@haven.example", "Li Wei")
	h.Visitor().Get("/privacy/club").Shows(t, http.StatusOK, "Your privacy at Haven Walks", "What do you have on me?", "The policy lists 4 kinds of data", "Sign in")
	v := h.signedIn("li")
	v.Get("/privacy/club").Shows(t, http.StatusOK, "Your e-mail address, name and precise location", "Outside: Nimbus Hosting", "on 3 March 2027", "Signed in from the app")
	v.Reads("zh")
	v.Get("/privacy/club").Shows(t, http.StatusOK, "您在海湾徒步的隐私", "2027年3月3日")
}
