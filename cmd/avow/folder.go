package main

import (
	"context"
	"errors"

	"avow.dev/internal/engine"
	"avow.dev/internal/engine/control"
	"avow.dev/store/sqlite"
)

// dataFlag names a data folder on which a server may be running.
type dataFlag struct {
	Data string `env:"AVOW_DATA" required:"" placeholder:"DIR" help:"Data folder; its server may be running."`
}

// reach works on the folder through its server, or alone with its store if none runs.
// The keys are not needed.
func (f dataFlag) reach(ctx context.Context, running func(*control.Client) error, alone func(*sqlite.Store) error) (err error) {
	client, err := control.Dial(ctx, f.Data)
	if err == nil {
		return running(client)
	}
	if !errors.Is(err, control.ErrNobody) {
		return err
	}
	if err := engine.CheckData(f.Data); err != nil {
		return refused(err)
	}
	s, err := sqlite.Open(ctx, sqlite.Config{Dir: f.Data})
	if err != nil {
		return refused(err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return alone(s)
}
