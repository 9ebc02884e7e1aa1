package prove

import (
	_ "embed"
	"html/template"
	"io"
	"sync"
)

//go:embed page.html
var pageSource string

var pageTemplate = sync.OnceValues(func() (*template.Template, error) { return template.New("proof").Parse(pageSource) })

// HTML writes the report as a page of its own, without scripts and without
// anything from elsewhere.
func (r *Report) HTML(w io.Writer) error {
	t, err := pageTemplate()
	if err != nil {
		return err
	}
	return t.Execute(w, r)
}
