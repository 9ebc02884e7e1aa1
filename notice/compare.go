package notice

import (
	"slices"
	"strings"
	"unicode"
)

// Rewording is one sentence of the full text that two documents do not share.
type Rewording struct {
	Chapter string    // heading under which it stands, in the new document if it is there
	Before  *Sentence // nil for a sentence that is new
	After   *Sentence // nil for a sentence that goes
	Words   []Stretch // of a sentence that stays: what goes and what comes in it
}

// Stretch is some words of a sentence.
type Stretch struct {
	Text string
	Gone bool // it stands in the old sentence only
	New  bool // it stands in the new sentence only
}

// Compare returns the sentences that differ between two documents of one policy in
// one language, in the order of the new document; what goes stands at the end of
// its chapter. A sentence that only moved does not differ. Two sentences are the
// same one in other words if the same rules have their place in it.
func Compare(before, after *Document) []Rewording {
	old, now := placesOf(before), placesOf(after)
	same(old, now)
	var out []Rewording
	chapters := make(map[string]string) // heading, by anchor
	var order []string
	for i := range now {
		p := &now[i]
		if _, seen := chapters[p.chapter.ID]; !seen {
			order = append(order, p.chapter.ID)
		}
		chapters[p.chapter.ID] = p.chapter.Heading
	}
	for i := range old {
		if id := old[i].chapter.ID; chapters[id] == "" {
			chapters[id], order = old[i].chapter.Heading, append(order, id)
		}
	}
	for _, id := range order {
		for i := range now {
			if p := &now[i]; p.chapter.ID == id && !p.settled {
				out = append(out, p.reworded(chapters[id], old))
			}
		}
		for i := range old {
			if p := &old[i]; p.chapter.ID == id && !p.settled {
				out = append(out, Rewording{Chapter: chapters[id], Before: p.sentence})
			}
		}
	}
	return out
}

// place is one sentence of a document's full text.
type place struct {
	chapter  *Chapter
	sentence *Sentence
	settled  bool // it stands in the other document too, or was told of already
}

func placesOf(d *Document) []place {
	var out []place
	for i := range d.Chapters {
		c := &d.Chapters[i]
		if c.Layer != Full {
			continue
		}
		for j := range c.Blocks {
			for k := range c.Blocks[j].Sentences {
				out = append(out, place{chapter: c, sentence: &c.Blocks[j].Sentences[k]})
			}
		}
	}
	return out
}

// Whole is the sentence as it is read, with its lead and note.
func (s *Sentence) Whole() string {
	return strings.TrimSpace(strings.Join(slices.DeleteFunc([]string{s.Lead, s.Text, s.Note}, func(t string) bool { return t == "" }), " "))
}

// same settles what stands in both documents, wherever that is.
func same(old, now []place) {
	left := make(map[string][]*place)
	for i := range old {
		text := old[i].sentence.Whole()
		left[text] = append(left[text], &old[i])
	}
	for i := range now {
		text := now[i].sentence.Whole()
		if list := left[text]; len(list) > 0 {
			list[0].settled, now[i].settled = true, true
			left[text] = list[1:]
		}
	}
}

// reworded finds the old form of a sentence, if it has one.
func (p *place) reworded(heading string, old []place) Rewording {
	r := Rewording{Chapter: heading, After: p.sentence}
	best, most := -1, 0
	for i := range old {
		if old[i].settled {
			continue
		}
		if n := akin(old[i].sentence, p.sentence); n > most {
			best, most = i, n
		}
	}
	if best < 0 {
		return r
	}
	old[best].settled = true
	r.Before = old[best].sentence
	r.Words = stretches(r.Before.Whole(), r.After.Whole())
	return r
}

// akin counts the rules that have their place in both sentences. Sentences in which
// none has its place are akin if they draw on the very same rules.
func akin(a, b *Sentence) int {
	n := 0
	for _, key := range a.Anchors {
		if slices.Contains(b.Anchors, key) {
			n += 2
		}
	}
	if n == 0 && len(a.Anchors) == 0 && len(b.Anchors) == 0 && len(a.Rules) > 0 && slices.Equal(a.Rules, b.Rules) {
		n = 1
	}
	return n
}

// mostWords bounds the comparison of two sentences; longer ones are shown one after
// the other.
const mostWords = 500

// stretches compares two texts word by word.
func stretches(before, after string) []Stretch {
	a, b := wordsOf(before), wordsOf(after)
	if len(a) > mostWords || len(b) > mostWords {
		return []Stretch{{Text: before, Gone: true}, {Text: after, New: true}}
	}
	// common[i][j] is how many words a[i:] and b[j:] share, in order.
	common := make([][]uint16, len(a)+1)
	for i := range common {
		common[i] = make([]uint16, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []Stretch
	add := func(s Stretch) {
		if n := len(out); n > 0 && out[n-1].Gone == s.Gone && out[n-1].New == s.New {
			out[n-1].Text += s.Text
			return
		}
		out = append(out, s)
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			add(Stretch{Text: a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			add(Stretch{Text: a[i], Gone: true})
			i++
		default:
			add(Stretch{Text: b[j], New: true})
			j++
		}
	}
	return out
}

// wordsOf cuts a text into words, each with the space behind it. A Chinese character
// is a word.
func wordsOf(text string) []string {
	var out []string
	from := 0
	cut := func(at int) {
		if at > from {
			out = append(out, text[from:at])
			from = at
		}
	}
	var last rune
	for i, r := range text {
		if i > 0 && (unicode.Is(unicode.Han, r) || unicode.Is(unicode.Han, last) || unicode.IsSpace(last) && !unicode.IsSpace(r) || unicode.IsPunct(r)) {
			cut(i)
		}
		last = r
	}
	cut(len(text))
	return out
}
