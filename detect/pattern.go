package detect

import (
	"regexp"
	"sync"
)

// pattern is a regular expression that is compiled when it is first asked: most
// processes never look for contact details, and none does so at its start.
type pattern struct{ compiled func() *regexp.Regexp }

func late(expr string) *pattern {
	return &pattern{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })}
}

// MatchString is that of [regexp.Regexp], as are the others.
func (p *pattern) MatchString(s string) bool { return p.compiled().MatchString(s) }

// FindAllStringIndex finds all matches.
func (p *pattern) FindAllStringIndex(s string, n int) [][]int {
	return p.compiled().FindAllStringIndex(s, n)
}

// FindStringSubmatchIndex finds the first match and its groups.
func (p *pattern) FindStringSubmatchIndex(s string) []int {
	return p.compiled().FindStringSubmatchIndex(s)
}

// FindAllStringSubmatchIndex finds all matches and their groups.
func (p *pattern) FindAllStringSubmatchIndex(s string, n int) [][]int {
	return p.compiled().FindAllStringSubmatchIndex(s, n)
}

// FindStringIndex finds the first match.
func (p *pattern) FindStringIndex(s string) []int {
	return p.compiled().FindStringIndex(s)
}
