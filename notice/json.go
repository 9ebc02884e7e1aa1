package notice

import (
	"encoding/json"
	"io"
)

// JSON writes the document for programs: chapters, their blocks, and each
// sentence with its rules and clauses.
func (d *Document) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}
