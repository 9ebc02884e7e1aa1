package law

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// maxPack bounds the size of a pack in bytes; the largest of ours has 30,000.
const maxPack = 1 << 20

// Error is one fault of a file, with its place.
type Error struct {
	File         string
	Line, Column int // from 1; 0 where the file as a whole is meant
	What         string
}

// Error writes the fault as "cn.yaml:12:5: what is wrong".
func (e *Error) Error() string { return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.What) }

// Parse reads a pack from YAML. Unknown keys, repeated keys, dangling
// references and numbers without a source are errors; each says where it
// stands, and all of them are returned together, as [*Error] values joined.
func Parse(file string, src []byte) (Pack, error) {
	var p Pack
	root, err := decode(file, src, &p)
	if err != nil {
		return Pack{}, err
	}
	c := checker{file: file, root: root, pack: p}
	c.check()
	if err := errors.Join(c.faults...); err != nil {
		return Pack{}, err
	}
	return p, nil
}

// decode reads one document strictly into out and returns its tree, for the
// places of later findings.
func decode(file string, src []byte, out any) (*yaml.Node, error) {
	if len(src) > maxPack {
		return nil, &Error{file, 0, 0, fmt.Sprintf("%d bytes: a pack has at most %d", len(src), maxPack)}
	}
	strict := yaml.Options(yaml.WithV4Defaults(), yaml.WithKnownFields(), yaml.WithUniqueKeys())
	loader, err := yaml.NewLoader(strings.NewReader(string(src)), strict)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var root yaml.Node
	if err := loader.Load(&root); err != nil {
		return nil, place(file, err)
	}
	var second yaml.Node
	if err := loader.Load(&second); !errors.Is(err, io.EOF) {
		return nil, &Error{file, max(second.Line, 1), max(second.Column, 1), "a pack is one document: remove what follows the first"}
	}
	if err := root.Load(out, strict); err != nil {
		return nil, place(file, err)
	}
	return &root, nil
}

var unknownKey = regexp.MustCompile(`^field (\S+) not found in type .*`)

// place turns the faults of the YAML library into ours.
func place(file string, err error) error {
	if errors.Is(err, io.EOF) {
		return &Error{file, 1, 1, "the file is empty"}
	}
	var many *yaml.LoadErrors
	if errors.As(err, &many) {
		faults := make([]error, len(many.Errors))
		for i, e := range many.Errors {
			faults[i] = placed(file, e)
		}
		return errors.Join(faults...)
	}
	var one *yaml.LoadError
	if errors.As(err, &one) {
		return placed(file, one)
	}
	return &Error{file, 1, 1, err.Error()}
}

func placed(file string, e *yaml.LoadError) error {
	what := unknownKey.ReplaceAllString(e.Message, `unknown key "$1"`)
	return &Error{file, max(e.Mark.Line, 1), max(e.Mark.Column, 1), what}
}

// at returns the node at a path of keys and indexes, or the nearest one above.
func at(root *yaml.Node, path []any) *yaml.Node {
	node := root
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	for _, step := range path {
		next := child(node, step)
		if next == nil {
			return node
		}
		node = next
	}
	return node
}

func child(node *yaml.Node, step any) *yaml.Node {
	if node.Kind == yaml.AliasNode && node.Alias != nil {
		node = node.Alias
	}
	switch step := step.(type) {
	case int:
		if node.Kind == yaml.SequenceNode && step < len(node.Content) {
			return node.Content[step]
		}
	case string:
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1]
			}
		}
	}
	return nil
}
