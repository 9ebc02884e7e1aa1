package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCommand struct {
	JSON bool `help:"Write the result as JSON."`
}

type versionInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	System   string `json:"system"`
}

// Run says which build this is.
func (k *versionCommand) Run(c *console) error {
	v := readVersion()
	if k.JSON {
		return writeJSON(c, v)
	}
	line := "avow " + v.Version
	if v.Revision != "" {
		line += " " + v.Revision
	}
	_, err := fmt.Fprintf(c.out, "%s (%s, %s)\n", line, v.Go, v.System)
	return err
}

func readVersion() versionInfo {
	v := versionInfo{Version: "(devel)", Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Revision = s.Value[:min(12, len(s.Value))]
		}
	}
	return v
}
