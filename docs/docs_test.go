// Package docs_test holds the documentation to the code: what it shows is run,
// what it quotes is there, and what it links to exists.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

const root = ".."

// pages returns the Markdown files of the project, by path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		rel, relErr := filepath.Rel(root, path)
		if err != nil || relErr != nil {
			return err
		}
		found[filepath.ToSlash(rel)] = string(text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var (
	fence  = regexp.MustCompile("(?ms)^[ ]*```.*?^[ ]*```[ ]*$")
	code   = regexp.MustCompile("`[^`\n]+`")
	link   = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	header = regexp.MustCompile(`(?m)^#{1,6} +(.+?)\s*$`)
)

// TestLinks follows every relative link, to its file and to its heading.
func TestLinks(t *testing.T) {
	t.Parallel()
	all := pages(t)
	for path, text := range all {
		prose := code.ReplaceAllString(fence.ReplaceAllString(text, ""), "``")
		for _, m := range link.FindAllStringSubmatch(prose, -1) {
			if strings.Contains(m[1], ":") {
				continue
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			target := path
			if file != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(path), file))
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s links to %s, which is not there", path, m[1])
				continue
			}
			if anchor != "" && !headings(all[target])[anchor] {
				t.Errorf("%s links to %s, and there is no such heading", path, m[1])
			}
		}
	}
}

// headings returns the anchors of a page, made as code hosting sites make them.
func headings(text string) map[string]bool {
	found := make(map[string]bool)
	for _, m := range header.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		found[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, m[1])] = true
	}
	return found
}

// TestPaths keeps paths of somebody's machine out of the documentation.
func TestPaths(t *testing.T) {
	t.Parallel()
	somewhere := regexp.MustCompile(`(^|[\s"'(=])/(work|root|home|Users|tmp)/`)
	for path, text := range pages(t) {
		if found := somewhere.FindString(text); found != "" {
			t.Errorf("%s names a path of one machine: %q", path, found)
		}
	}
}

// TestQuotations finds each quoted piece of Go in the file that it is from, which
// is compiled and tested.
func TestQuotations(t *testing.T) {
	t.Parallel()
	found := 0
	for path, text := range pages(t) {
		for _, b := range blocks(text) {
			file, quoted := strings.CutPrefix(b.mark, "go ")
			if !quoted {
				continue
			}
			found++
			src, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
			if err != nil {
				t.Errorf("%s quotes %v", path, err)
				continue
			}
			if !strings.Contains(string(src), b.text) {
				t.Errorf("%s quotes %s, which reads otherwise now:\n%s", path, file, b.text)
			}
		}
	}
	if found == 0 {
		t.Error("no quotation is marked any more")
	}
}

// block is a fenced block that follows a mark such as <!-- checked: call -->.
type block struct{ mark, text string }

var marked = regexp.MustCompile("(?ms)^<!-- checked: ([^\n]+) -->\n```[a-z]*\n(.*?)^```$")

func blocks(text string) []block {
	var found []block
	for _, m := range marked.FindAllStringSubmatch(text, -1) {
		found = append(found, block{m[1], m[2]})
	}
	return found
}
