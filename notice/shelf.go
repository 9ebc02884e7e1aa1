package notice

import (
	"slices"
	"sync"
	"time"

	"avow.dev"
	"avow.dev/policy"
)

// Shelf keeps rendered texts, by language and day: what attestations say may change
// from day to day. Its zero value is ready, and safe for concurrent use.
type Shelf struct {
	mu   sync.Mutex
	kept map[edition]*Document
}

type edition struct {
	hash avow.Hash
	lang string
	day  string
}

// mostKept bounds a shelf. Texts that have been superseded go with all others.
const mostKept = 64

// Of returns a text in a language, or in its first one where it lacks that.
func (s *Shelf) Of(p *policy.Program, lang string, now time.Time) (*Document, error) {
	if !slices.ContainsFunc(p.Languages(), func(l avow.Language) bool { return string(l) == lang }) {
		lang = string(p.Languages()[0])
	}
	key := edition{p.Hash(), lang, now.UTC().Format(time.DateOnly)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if doc := s.kept[key]; doc != nil {
		return doc, nil
	}
	doc, err := Render(p.File(), Options{Lang: lang, Now: now, Hash: string(p.Hash())})
	if err != nil {
		return nil, err
	}
	if s.kept == nil || len(s.kept) >= mostKept {
		s.kept = make(map[edition]*Document)
	}
	s.kept[key] = doc
	return doc, nil
}
