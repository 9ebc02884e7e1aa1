package bench_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// obvious is what a careful programmer would build without Avow: the same
// values under a key of each person, the same three look-ups, a leaf of evidence
// for each operation, and groups of up to 64 callers that share a durable
// transaction. It decides nothing, and nobody can check its log.
type obvious struct {
	backend backend
	master  cipher.AEAD
	index   []byte
	people  atomic.Int64
	queue   chan *work
	done    chan error
}

// backend writes groups and reads people.
type backend interface {
	// write writes all the work in one durable transaction.
	write(ctx context.Context, group []*work) error
	// read returns the wrapped key of the person of a tag, and their cells.
	read(ctx context.Context, tag []byte) (person, error)
	close() error
}

// work is what one caller wants written.
type work struct {
	*person
	tags [3][]byte
	leaf []byte
	err  chan error
}

type person struct {
	sid   int64
	key   []byte // wrapped
	cells [6][]byte
}

const leafBytes = 300

func newObvious(b *testing.B, store backend) *obvious {
	b.Helper()
	o := &obvious{backend: store, master: aead(b, random(b, 32)), index: random(b, 32), queue: make(chan *work, 256), done: make(chan error, 1)}
	go o.commit()
	b.Cleanup(func() {
		close(o.queue)
		must(b, <-o.done)
	})
	return o
}

func aead(b *testing.B, key []byte) cipher.AEAD {
	b.Helper()
	a, err := newAEAD(key)
	must(b, err)
	return a
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func random(b *testing.B, n int) []byte {
	b.Helper()
	p := make([]byte, n)
	_, err := rand.Read(p)
	must(b, err)
	return p
}

// commit takes who waits, up to 64, and writes them in one transaction.
func (o *obvious) commit() {
	for first := range o.queue {
		group := []*work{first}
		for more := true; more && len(group) < 64; {
			select {
			case w, ok := <-o.queue:
				if more = ok; ok {
					group = append(group, w)
				}
			default:
				more = false
			}
		}
		err := o.backend.write(context.Background(), group)
		for _, w := range group {
			w.err <- err
		}
	}
	o.done <- o.backend.close()
}

func (o *obvious) tag(value string) []byte {
	h := hmac.New(sha256.New, o.index)
	h.Write([]byte(value)) // documented never to return an error
	return h.Sum(nil)[:16]
}

func (o *obvious) register(n int64) error {
	key := make([]byte, 32)
	_, err := rand.Read(key)
	if err != nil {
		return err
	}
	own, err := newAEAD(key)
	if err != nil {
		return err
	}
	p := &person{sid: o.people.Add(1), key: o.master.Seal(nil, nil, key, nil)}
	all := values(n)
	for i, v := range all {
		p.cells[i] = own.Seal(nil, nil, []byte(v), binary.BigEndian.AppendUint64(nil, uint64(p.sid)))
	}
	return o.write(&work{person: p, tags: [3][]byte{o.tag(string(ref(n))), o.tag(all[0]), o.tag(all[1])}, leaf: make([]byte, leafBytes)})
}

func (o *obvious) write(w *work) error {
	w.err = make(chan error, 1)
	o.queue <- w
	return <-w.err
}

func (o *obvious) use(ctx context.Context, n int64) error {
	p, err := o.backend.read(ctx, o.tag(string(ref(n))))
	if err != nil {
		return err
	}
	key, err := o.master.Open(nil, nil, p.key, nil)
	if err != nil {
		return err
	}
	own, err := newAEAD(key)
	if err != nil {
		return err
	}
	for _, c := range p.cells {
		if _, err := own.Open(nil, nil, c, binary.BigEndian.AppendUint64(nil, uint64(p.sid))); err != nil {
			return err
		}
	}
	return o.write(&work{leaf: make([]byte, leafBytes)})
}

// benchObvious runs the peers of BenchmarkGate with 64 callers.
func benchObvious(b *testing.B, known int64) {
	type peer struct {
		name string
		open func(*testing.B) backend
	}
	peers := []peer{{"sqlite-obvious", openSQLite}}
	if os.Getenv(postgresEnv) != "" {
		peers = append(peers, peer{"postgresql", openPostgres})
	}
	for _, peer := range peers {
		var store *obvious
		first := known
		start := func() *obvious {
			if store == nil {
				store = newObvious(b, peer.open(b))
				together(b, 64, int(known), store.register)
			}
			return store
		}
		b.Run("register/"+peer.name, func(b *testing.B) {
			o, from := start(), first
			first += int64(b.N)
			measure(b, 64, func(i int64) error { return o.register(from + i) })
		})
		b.Run("use/"+peer.name, func(b *testing.B) {
			o := start()
			measure(b, 64, func(i int64) error { return o.use(b.Context(), i*7919%known) })
		})
	}
}

// sqliteStore is the obvious schema in SQLite: WAL, synchronous=FULL.
type sqliteStore struct {
	writer  *sqlite.Conn
	readers *sqlitex.Pool
}

const sqliteSchema = `
	create table people (sid integer primary key, wrapped blob not null) strict;
	create table cells (sid integer not null, datum text not null, body blob not null, primary key (sid, datum)) strict, without rowid;
	create table tags (tag blob primary key, sid integer not null) strict, without rowid;
	create table leaves (n integer primary key, body blob not null) strict;`

func openSQLite(b *testing.B) backend {
	b.Helper()
	path := filepath.Join(benchDir(b), "obvious.db")
	c, err := sqlite.OpenConn(path)
	must(b, err)
	for _, pragma := range []string{"journal_mode=wal", "synchronous=full", "cache_size=-65536"} {
		must(b, sqlitex.ExecuteTransient(c, "pragma "+pragma, nil))
	}
	must(b, sqlitex.ExecuteScript(c, sqliteSchema, nil))
	readers, err := sqlitex.NewPool(path, sqlitex.PoolOptions{PoolSize: 4})
	must(b, err)
	return &sqliteStore{c, readers}
}

func (s *sqliteStore) close() error {
	if err := s.readers.Close(); err != nil {
		return err
	}
	return s.writer.Close()
}

func (s *sqliteStore) write(_ context.Context, group []*work) (err error) {
	end, err := sqlitex.ImmediateTransaction(s.writer)
	if err != nil {
		return err
	}
	defer end(&err)
	for _, w := range group {
		if w.person != nil {
			if err := s.insert(w); err != nil {
				return err
			}
		}
		if err := s.exec("insert into leaves (body) values (?)", w.leaf); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqliteStore) insert(w *work) error {
	if err := s.exec("insert into people (sid, wrapped) values (?, ?)", w.sid, w.key); err != nil {
		return err
	}
	for i, c := range w.cells {
		if err := s.exec("insert into cells (sid, datum, body) values (?, ?, ?)", w.sid, string(six[i]), c); err != nil {
			return err
		}
	}
	for _, t := range w.tags {
		if err := s.exec("insert into tags (tag, sid) values (?, ?)", t, w.sid); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqliteStore) exec(sql string, args ...any) error {
	stmt, err := s.writer.Prepare(sql)
	if err != nil {
		return err
	}
	bind(stmt, args)
	_, err = stmt.Step()
	if err != nil {
		return err
	}
	return stmt.Reset()
}

func bind(stmt *sqlite.Stmt, args []any) {
	for i, a := range args {
		switch a := a.(type) {
		case int64:
			stmt.BindInt64(i+1, a)
		case string:
			stmt.BindText(i+1, a)
		case []byte:
			stmt.BindBytes(i+1, a)
		}
	}
}

func (s *sqliteStore) read(ctx context.Context, tag []byte) (p person, err error) {
	c, err := s.readers.Take(ctx)
	if err != nil {
		return p, err
	}
	defer s.readers.Put(c)
	stmt, err := c.Prepare("select p.sid, p.wrapped, c.datum, c.body from tags t join people p using (sid) join cells c using (sid) where t.tag = ?")
	if err != nil {
		return p, err
	}
	stmt.BindBytes(1, tag)
	for n := 0; ; n++ {
		more, err := stmt.Step()
		if err != nil {
			return p, err
		}
		if !more {
			if n != len(p.cells) {
				return p, fmt.Errorf("%d cells found", n)
			}
			return p, stmt.Reset()
		}
		p.sid, p.key = stmt.ColumnInt64(0), column(stmt, 1)
		p.cells[n] = column(stmt, 3)
	}
}

func column(stmt *sqlite.Stmt, i int) []byte {
	body := make([]byte, stmt.ColumnLen(i))
	stmt.ColumnBytes(i, body)
	return body
}
