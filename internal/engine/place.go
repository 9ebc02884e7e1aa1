package engine

import (
	"context"
	"errors"
	"fmt"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/policy"
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
		program, err := policy.Read(string(id)+".yaml", text)
		if err != nil {
			return fmt.Errorf("policy %s: its stored text does not compile: %w", id, err)
		}
		if err := gate.CheckSite(program, gate.Site{Backups: []avow.Region{region}}); err != nil && !errors.Is(err, gate.ErrUnsaid) {
			return fmt.Errorf("policy %s: %w", id, err)
		}
	}
	return nil
}
