package browsertest

import "testing"

// Told is the page reporting to another test.
func Told(p *Page, t testing.TB) *Page { return &Page{Page: p.Page, t: t} }
