// Package examples holds five policies, modelled on published texts, that run.
package examples

import "embed"

//go:embed airstep/policy.yaml airtalk/policy.yaml astral/policy.yaml generic/policy.yaml ousiqi/policy.yaml
var files embed.FS

// Names returns the names of the examples, sorted.
func Names() []string { return []string{"airstep", "airtalk", "astral", "generic", "ousiqi"} }

// Policy returns the policy file of an example.
func Policy(name string) ([]byte, error) { return files.ReadFile(name + "/policy.yaml") }
