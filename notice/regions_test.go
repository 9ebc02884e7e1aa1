package notice_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// TestRegions holds the names of countries to those of CLDR. They stand in a file for
// each language, since the tables of all languages would be linked into the program.
// What a policy calls otherwise stands in grammar.txt and is left out here.
func TestRegions(t *testing.T) {
	t.Parallel()
	for _, tag := range []language.Tag{language.English, language.Chinese} {
		t.Run(tag.String(), func(t *testing.T) {
			t.Parallel()
			want := []byte("# Names of countries, from CLDR " + display.CLDRVersion + "; written by: go test ./notice -run Regions -update\n")
			folder := filepath.Join("lang", tag.String())
			grammar, err := os.ReadFile(filepath.Join(folder, "grammar.txt"))
			if err != nil {
				t.Fatal(err)
			}
			names := display.Regions(tag)
			for a := 'A'; a <= 'Z'; a++ {
				for b := 'A'; b <= 'Z'; b++ {
					r, err := language.ParseRegion(string([]rune{a, b}))
					if err != nil || !r.IsCountry() || r != r.Canonicalize() || bytes.Contains(grammar, []byte("\nregion."+r.String()+" ")) {
						continue
					}
					if name := names.Name(r); name != "" {
						want = fmt.Appendf(want, "region.%s = %s\n", r, name)
					}
				}
			}
			path := filepath.Join(folder, "regions.txt")
			if *update {
				if err := os.WriteFile(path, want, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s is not what CLDR says (%v); run it with -update", path, err)
			}
		})
	}
}
