package avow_test

import (
	"bufio"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// halfWidth is a mark of Latin writing beside a Chinese character. Chinese has marks of
// its own for each (GB/T 15834).
var halfWidth = regexp.MustCompile(`\p{Han}[,:;?!()]|[,:;?!()]\p{Han}`)

// TestChinesePunctuation reads every file of words in Chinese.
func TestChinesePunctuation(t *testing.T) {
	t.Parallel()
	read := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, "/zh.txt") && !(strings.Contains(path, "/zh/") && strings.HasSuffix(path, ".txt")) {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		read++
		lines := bufio.NewScanner(f)
		for n := 1; lines.Scan(); n++ {
			if halfWidth.MatchString(lines.Text()) {
				t.Errorf("%s:%d: a mark that is not Chinese: %s", path, n, lines.Text())
			}
		}
		return lines.Err()
	})
	if err != nil || read < 10 {
		t.Errorf("%d files read: %v", read, err)
	}
}
