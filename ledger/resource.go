package ledger

import (
	"context"
	"fmt"
)

// A Resource is the answer to a GET for a [Path].
type Resource struct {
	Body        []byte
	ContentType string
	// Immutable says that the bytes never change: any cache may keep them for good. Only the checkpoint changes.
	Immutable bool
}

// Serve returns what a log whose latest signed checkpoint is signed shows at path, relative to the log's prefix.
//
// It shows nothing beyond the size of that checkpoint: what is sealed but not published stays inside. Partial tiles of
// earlier sizes remain available. The errors to tell apart are [ErrPath] (a bad request) and [ErrNotFound]; a log that
// has published nothing yet (signed empty) has no resources. Everything else is trouble in the store.
func Serve(ctx context.Context, r Reader, signed []byte, path string) (Resource, error) {
	p, err := ParsePath(path)
	if err != nil {
		return Resource{}, err
	}
	if len(signed) == 0 {
		return Resource{}, ErrNotFound
	}
	cp, err := ParseUnverified(signed)
	if err != nil {
		return Resource{}, fmt.Errorf("serve log: %w: %w", err, ErrCorrupt)
	}
	if p.Kind == KindCheckpoint {
		return Resource{Body: signed, ContentType: "text/plain; charset=utf-8"}, nil
	}
	if !p.holds(cp.Size) {
		return Resource{}, ErrNotFound
	}
	body, err := readPath(ctx, r, p)
	if err != nil {
		return Resource{}, fmt.Errorf("serve log: %s: %w", p, err)
	}
	return Resource{Body: body, ContentType: "application/octet-stream", Immutable: true}, nil
}

// readPath returns the bytes of a tile or bundle that the log is known to hold.
func readPath(ctx context.Context, r Reader, p Path) ([]byte, error) {
	if p.Kind == KindTile {
		return readTile(ctx, r, p.Level, p.N, p.Width)
	}
	leaves, err := readLeaves(ctx, r, p.N*TileWidth, p.Width)
	if err != nil {
		return nil, err
	}
	return AppendBundle(nil, leaves)
}
