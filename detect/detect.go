// Package detect finds contact details of people in what somebody wrote: phone
// numbers, e-mail addresses, postal addresses and the ids of messengers, in
// English and Chinese, also where they are written so that a simple search would
// miss them: digits of other scripts, in circles or in words of five languages, characters
// that sound like them, look-alike letters, invisible characters, other marks, words or
// line breaks between them, "at" and "dot", letters and nicknames for messengers.
//
// It looks at the text alone and knows no lists of real numbers or people. What
// it is measured by lies in testdata: texts with what is to be found in them, and
// texts in which nothing is to be found, six pairs that it was tuned by and one that it
// was not; docs/design/testing.md has the figures. The work grows with the length of the
// text. The shapes come from the numbering plans
// (ITU-T E.164, China's MIIT plan of mobile and area codes, NANP), RFC 5322 and
// RFC 1035 for addresses of mail, and the published rules of the messengers for
// their ids (QQ: 5 to 11 digits; WeChat: 6 to 20 characters, a letter first;
// Telegram: 5 to 32).
package detect

import (
	"cmp"
	"slices"
	"strings"
)

// Kind is what was found. The words are those of the policy language.
type Kind string

// The kinds.
const (
	Phone    Kind = "phone"
	Email    Kind = "email"
	Address  Kind = "postal-address"
	IM       Kind = "im-id"
	Nickname Kind = "nickname-with-contact"
)

// Finding is one detail and where it stands: bytes Start to End of the text.
type Finding struct {
	Kind       Kind
	Start, End int
}

// Contacts returns the contact details in a text, in their order. They do not
// overlap; of two readings of the same characters the longer one counts.
func Contacts(text string) []Finding {
	f := fold(text)
	var found []Finding
	for _, look := range []func(*folded) []Finding{emails, messengers, phones, addresses} {
		found = append(found, look(f)...)
	}
	return apart(found)
}

// apart drops findings that lie in or across a longer one.
func apart(found []Finding) []Finding {
	slices.SortStableFunc(found, func(a, b Finding) int { return cmp.Compare(b.End-b.Start, a.End-a.Start) })
	var kept []Finding // by their place
	for _, f := range found {
		i, _ := slices.BinarySearchFunc(kept, f.Start, func(k Finding, start int) int { return cmp.Compare(k.Start, start) })
		if (i == 0 || kept[i-1].End <= f.Start) && (i == len(kept) || kept[i].Start >= f.End) {
			kept = slices.Insert(kept, i, f)
		}
	}
	return kept
}

// Named returns where a text names somebody together with a contact detail: one
// of names, or anybody addressed by @. Contacts are those found in the text.
func Named(text string, contacts []Finding, names []string) []Finding {
	if len(contacts) == 0 {
		return nil
	}
	f := fold(text)
	var found []Finding
	for _, name := range names {
		n := fold(name).s
		for at := 0; n != ""; {
			i := strings.Index(f.s[at:], n)
			if i < 0 {
				break
			}
			found = append(found, f.finding(Nickname, at+i, at+i+len(n)))
			at += i + len(n)
		}
	}
	for _, m := range mention.FindAllStringSubmatchIndex(f.s, -1) {
		found = append(found, f.finding(Nickname, m[2], m[3]))
	}
	return slices.DeleteFunc(apart(found), func(n Finding) bool {
		return slices.ContainsFunc(contacts, func(c Finding) bool { return n.Start < c.End && c.Start < n.End })
	})
}
