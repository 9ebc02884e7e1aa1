package engine

import (
	"context"
	"errors"
	"fmt"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/store/sqlite"
)

// mayLieIn refuses a copy of the data in a region that one of its policies, as it
// was last in force, does not name as a place of storage or of backups.
func mayLieIn(ctx context.Context, data string, region avow.Region) error {
	if region == "" {
		return nil
	}
	g, err := sqlite.OpenGlance(data)
	if err != nil {
		return err
	}
	defer func() { _ = g.Close() }() // it only read
	policies, err := g.Policies()
	if err != nil {
		return err
	}
	for _, id := range policies {
		text, err := gate.LatestPolicy(ctx, g, id)
		if err != nil {
			return err
		}
		file, faults := syntax.Parse(string(id)+".yaml", text)
		if len(faults) > 0 {
			return fmt.Errorf("policy %s: its stored text is malformed: %w", id, faults)
		}
		program, faults := policy.Compile(file)
		if len(faults) > 0 {
			return fmt.Errorf("policy %s: its stored text does not compile: %w", id, faults)
		}
		if err := gate.CheckSite(program, gate.Site{Backups: []avow.Region{region}}); err != nil && !errors.Is(err, gate.ErrUnsaid) {
			return fmt.Errorf("policy %s: %w", id, err)
		}
	}
	return nil
}
