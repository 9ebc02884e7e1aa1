package main

import "avow.dev/policy/syntax"

type schemaCommand struct {
	Output string `short:"o" help:"File to write; standard output if left out."`
}

func (*schemaCommand) examples() []string {
	return []string{"avow schema -o avow.schema.json"}
}

// Run writes the schema.
func (k *schemaCommand) Run(c *console) error {
	if k.Output != "" {
		return writeOutput(k.Output, syntax.Schema())
	}
	_, err := c.out.Write(syntax.Schema())
	return err
}
