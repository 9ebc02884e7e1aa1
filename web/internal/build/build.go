// Package build bundles the scripts of pages. Only go generate, and the tests that its
// results are current, link it.
package build

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// Scripts bundles TypeScript below a folder, and returns the files by name. entries says
// which file of the folder's script/ each begins with.
func Scripts(folder string, entries map[string]string) (map[string][]byte, error) {
	root, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("bundle scripts: %w", err)
	}
	out := make(map[string][]byte)
	for name, entry := range entries {
		result := api.Build(api.BuildOptions{
			AbsWorkingDir:     root,
			EntryPoints:       []string{"script/" + entry},
			Bundle:            true,
			Format:            api.FormatIIFE,
			GlobalName:        "avowStart",
			Target:            api.ES2020,
			MinifyWhitespace:  true,
			MinifyIdentifiers: true,
			MinifySyntax:      true,
			Charset:           api.CharsetUTF8,
			LegalComments:     api.LegalCommentsInline,
			Loader:            map[string]api.Loader{".css": api.LoaderText},
			Plugins:           []api.Plugin{sheets(root)},
		})
		if len(result.Errors) > 0 {
			var faults []error
			for _, m := range result.Errors {
				faults = append(faults, fmt.Errorf("bundle %s: %s", entry, m.Text))
			}
			return nil, errors.Join(faults...)
		}
		out[name] = result.OutputFiles[0].Contents
	}
	return out, nil
}

// sheets makes style sheets small before they are taken in as text.
func sheets(root string) api.Plugin {
	return api.Plugin{Name: "sheets", Setup: func(b api.PluginBuild) {
		b.OnLoad(api.OnLoadOptions{Filter: `\.css$`}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			small := api.Build(api.BuildOptions{AbsWorkingDir: root, EntryPoints: []string{args.Path}, MinifyWhitespace: true, MinifySyntax: true})
			if len(small.Errors) > 0 {
				return api.OnLoadResult{}, errors.New(small.Errors[0].Text)
			}
			text := string(small.OutputFiles[0].Contents)
			return api.OnLoadResult{Contents: &text, Loader: api.LoaderText}, nil
		})
	}}
}
