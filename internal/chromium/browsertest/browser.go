package browsertest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"avow.dev/internal/chromium"
)

// shared is the one browser of this test binary. It is started by the first
// test that opens a page and closed by [Main].
type shared struct {
	mu      sync.Mutex
	main    bool
	browser *chromium.Browser
	err     error
}

var binary shared

// Main is the TestMain of a package whose tests use a browser. It does not
// return: it ends the process with the status of the tests.
func Main(m *testing.M) {
	binary.main = true
	code := m.Run()
	if err := binary.close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func (s *shared) start() (*chromium.Browser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.browser == nil && s.err == nil {
		s.browser, s.err = chromium.Start(context.Background(), chromium.Options{})
	}
	return s.browser, s.err
}

func (s *shared) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.browser == nil {
		return nil
	}
	return s.browser.Close()
}

// Open opens an empty page, with a jar of its own, that is closed at the end
// of the test.
func Open(t testing.TB) *Page {
	t.Helper()
	if !binary.main {
		t.Fatal("browsertest: the package needs func TestMain(m *testing.M) { browsertest.Main(m) }, which closes the browser")
	}
	browser, err := binary.start()
	if err != nil {
		t.Fatal(err)
	}
	return open(t, browser)
}

// OpenCookiesOff opens a page of a browser of its own in which the person has
// turned cookies off. It takes about a second.
func OpenCookiesOff(t testing.TB) *Page {
	t.Helper()
	browser, err := chromium.Start(context.Background(), chromium.Options{CookiesOff: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := browser.Close(); err != nil {
			t.Error(err)
		}
	})
	return open(t, browser)
}

func open(t testing.TB, browser *chromium.Browser) *Page {
	t.Helper()
	page, err := browser.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(page.Close)
	return &Page{Page: page, t: t}
}
