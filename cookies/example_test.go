package cookies_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"avow.dev"
	"avow.dev/cookies"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

type avowChoice = avow.Choice

// A site that sets a cookie for statistics without having asked.
func ExampleRegister_Guard() {
	src, err := os.ReadFile("../examples/astral/policy.yaml")
	if err != nil {
		log.Fatal(err)
	}
	file, faults := syntax.Parse("policy.yaml", src)
	if len(faults) > 0 {
		log.Fatal(faults.Format())
	}
	program, faults := policy.Compile(file)
	if len(faults) > 0 {
		log.Fatal(faults.Format())
	}
	shop := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "ac_session", Value: "0123456789abcdefghijkl"})
		http.SetCookie(w, &http.Cookie{Name: "ac_visits", Value: "0123456789abcdef0123456789abcdef"})
		http.SetCookie(w, &http.Cookie{Name: "nobody_declared_me", Value: "1"})
	})
	guarded := cookies.Of(program).Guard(cookies.Site{Script: "https://privacy.example", Clock: time.Now}, shop)

	w := httptest.NewRecorder()
	guarded.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "https://shop.example/", nil))
	for _, c := range w.Result().Cookies() {
		fmt.Println(c)
	}
	// Output: ac_session=0123456789abcdefghijkl; Path=/; HttpOnly; Secure; SameSite=Lax
}
