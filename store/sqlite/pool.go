package sqlite

import (
	"context"
	"errors"

	"zombiezen.com/go/sqlite"
)

// pool lends read connections.
type pool struct {
	free   chan *conn
	closed chan struct{}
	count  int
}

func openPool(path string, n, cacheKiB int) (*pool, error) {
	p := &pool{free: make(chan *conn, n), closed: make(chan struct{})}
	for range n {
		c, err := openConn(path, cacheKiB)
		if err != nil {
			return nil, errors.Join(err, p.close())
		}
		p.free <- c
		p.count++
	}
	return p, nil
}

// openConn opens a connection to a file that is there.
func openConn(path string, cacheKiB int) (*conn, error) {
	db, err := connect(path, sqlite.OpenReadWrite)
	if err != nil {
		return nil, err
	}
	if err := configure(db, cacheKiB); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return prepare(db)
}

// borrow waits for a free connection; it goes back with give.
func (p *pool) borrow(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case c := <-p.free:
		return c, nil
	case <-p.closed:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pool) give(c *conn) { p.free <- c }

// close waits until every connection is back and closes them.
func (p *pool) close() error {
	close(p.closed)
	var errs []error
	for range p.count {
		errs = append(errs, (<-p.free).close())
	}
	return errors.Join(errs...)
}
