package deliver

import (
	"context"
	"crypto/sha256"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"avow.dev/gate"
	"avow.dev/internal/outside"
)

// Links looks at the policies of recipients. It asks for each link as a stranger would:
// without a cookie, a referrer, or a word about anybody.
type Links struct {
	gate   *gate.Gate
	client *http.Client
}

const (
	largestPolicy   = 4 << 20 // bytes; longer is no policy that somebody reads
	policyRedirects = 3
)

// NewLinks returns a reader of links. o.Allow are networks that are not on the public
// Internet and may be reached all the same.
func NewLinks(g *gate.Gate, o outside.Options) *Links {
	o.Redirects = policyRedirects
	return &Links{g, outside.Client(o)}
}

// Once looks at the link of every paper that counts, and returns of how many something
// else was found than before.
func (l *Links) Once(ctx context.Context) (int64, error) {
	all, err := l.gate.PolicyLinks(ctx)
	if err != nil {
		return 0, err
	}
	var did int64
	for i := range all {
		if err := ctx.Err(); err != nil {
			return did, err
		}
		changed, err := l.gate.SawPolicyLink(ctx, &all[i], l.Look(ctx, all[i].Link))
		if err != nil {
			return did, err
		}
		if changed {
			did++
		}
	}
	return did, nil
}

// Look reads what a link leads to. What cannot be read is no error: it is what was found.
func (l *Links) Look(ctx context.Context, link string) gate.LinkFound {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return gate.LinkFound{}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return gate.LinkFound{}
	}
	req.Header.Set("User-Agent", "avow")
	req.Header.Set("Accept", "text/html, text/plain, application/pdf, */*;q=0.1")
	resp, err := l.client.Do(req)
	if err != nil {
		return gate.LinkFound{}
	}
	defer func() { _ = resp.Body.Close() }() // nothing more is read of it
	switch {
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		return gate.LinkFound{Gone: true}
	case resp.StatusCode != http.StatusOK:
		return gate.LinkFound{}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, largestPolicy+1))
	if err != nil || len(body) > largestPolicy {
		return gate.LinkFound{}
	}
	return gate.LinkFound{Read: true, Document: sha256.Sum256(body), Words: sha256.Sum256([]byte(wordsOf(string(body))))}
}

var (
	unread = regexp.MustCompile(`(?is)<!--.*?-->|<(script|style|template|noscript)\b.*?</(script|style|template|noscript)\s*>`)
	tag    = regexp.MustCompile(`(?s)<[^>]*>`)
)

// wordsOf returns the words of a page, one space between two: what a reader sees of it,
// without what is made anew for every reader.
func wordsOf(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(unread.ReplaceAllString(page, " "), " "))), " ")
}
