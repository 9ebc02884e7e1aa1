package centre

import (
	"sync"
	"time"

	"avow.dev"
	"avow.dev/notice"
	"avow.dev/policy"
)

// text is a policy in the reader's words: the document and the names of things.
type text struct {
	doc   *notice.Document
	names *notice.Names
	lang  string // may be another than the page's, where the policy lacks that
}

// texts remembers the texts of policies in force, by language and day: attestations
// in them may expire from day to day.
type texts struct {
	mu    sync.Mutex
	kept  map[edition]*text
	diffs map[comparison][]notice.Rewording
}

type edition struct {
	hash avow.Hash
	lang string
	day  string
}

// mostTexts bounds the memory; it is far above what any set of policies needs.
const mostTexts = 128

func (t *texts) of(p *policy.Program, lang string, now time.Time) (*text, error) {
	if !published(p, lang) {
		lang = string(p.Languages()[0])
	}
	key := edition{p.Hash(), lang, now.Format(time.DateOnly)}
	t.mu.Lock()
	defer t.mu.Unlock()
	if x := t.kept[key]; x != nil {
		return x, nil
	}
	doc, err := notice.Render(p.File(), notice.Options{Lang: lang, Now: now, Hash: string(p.Hash())})
	if err != nil {
		return nil, &avow.Error{Code: avow.Internal, Message: "the policy could not be put into words", Try: "see the server's log", Cause: err}
	}
	names, err := notice.NamesOf(p.File(), lang)
	if err != nil {
		return nil, &avow.Error{Code: avow.Internal, Message: "the policy's words could not be named", Try: "see the server's log", Cause: err}
	}
	if t.kept == nil || len(t.kept) >= mostTexts {
		t.kept = make(map[edition]*text)
	}
	x := &text{doc, names, lang}
	t.kept[key] = x
	return x, nil
}

// comparison is two texts of a policy in one language.
type comparison struct {
	from, to avow.Hash
	lang     string
}

// between returns the sentences that differ between two texts, in a language that
// both have.
func (t *texts) between(from, to *policy.Program, lang string, now time.Time) (rewordings []notice.Rewording, in string, err error) {
	before, err := t.of(from, lang, now)
	if err != nil {
		return nil, "", err
	}
	after, err := t.of(to, lang, now)
	if err != nil {
		return nil, "", err
	}
	if before.lang != after.lang { // one of the two lacks the reader's language
		if after, err = t.of(to, before.lang, now); err != nil {
			return nil, "", err
		}
	}
	key := comparison{from.Hash(), to.Hash(), before.lang}
	t.mu.Lock()
	out, have := t.diffs[key]
	t.mu.Unlock()
	if have {
		return out, before.lang, nil
	}
	out = notice.Compare(before.doc, after.doc)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.diffs == nil || len(t.diffs) >= mostTexts {
		t.diffs = make(map[comparison][]notice.Rewording)
	}
	t.diffs[key] = out
	return out, before.lang, nil
}

func published(p *policy.Program, lang string) bool {
	for _, l := range p.Languages() {
		if string(l) == lang {
			return true
		}
	}
	return false
}
