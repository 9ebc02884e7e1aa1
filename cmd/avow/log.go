package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/engine"
	"avow.dev/ledger"
	"avow.dev/store/sqlite"
)

type logCommand struct {
	Export logExport `cmd:"" help:"Write a whole log as files, for whoever wants to check it or keep a copy."`
}

type logExport struct {
	Dir    string   `arg:"" help:"Folder for the log."`
	URL    string   `name:"url" placeholder:"URL" help:"Public address of a log, such as https://privacy.example/log/airstep. It is copied as anyone can copy it."`
	Data   string   `env:"AVOW_DATA" placeholder:"DIR" help:"Data folder with no server running on it, or the folder of a backup."`
	Policy string   `help:"The policy, with --data."`
	VKey   []string `name:"vkey" placeholder:"KEY" help:"Verifier key that the checkpoint must be signed with. Without it the copy is only as good as where it came from, until avow verify has checked it."`
}

func (*logExport) examples() []string {
	return []string{
		"avow log export ./log --url https://privacy.example/log/airstep --vkey vkey.txt",
		"avow log export ./log --data /backup/2026-11-21 --policy airstep",
	}
}

// Run exports a log. Every hash is computed anew on the way.
func (k *logExport) Run(ctx context.Context, c *console) error {
	if (k.URL == "") == (k.Data == "") {
		return usage("name the log's address by --url, or its data folder by --data")
	}
	if k.URL != "" {
		r := &remoteLog{prefix: strings.TrimSuffix(k.URL, "/") + "/"}
		signed, err := r.get(ctx, "checkpoint")
		if err != nil {
			return err
		}
		return k.write(ctx, c, r, signed)
	}
	return k.local(ctx, c)
}

func (k *logExport) local(ctx context.Context, c *console) (err error) {
	if k.Policy == "" {
		return usage("--data needs --policy")
	}
	if err := engine.CheckData(k.Data); err != nil {
		return refused(err)
	}
	s, err := sqlite.Open(ctx, sqlite.Config{Dir: k.Data})
	if err != nil {
		return refused(fmt.Errorf("%w; a running server's log is exported by --url", err))
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	state, err := s.LogState(ctx, avow.PolicyID(k.Policy))
	if err != nil {
		return err
	}
	if len(state.Checkpoint) == 0 {
		return failed(fmt.Errorf("the log of %s has published nothing", k.Policy))
	}
	return k.write(ctx, c, gate.LogOf(s, avow.PolicyID(k.Policy)), state.Checkpoint)
}

func (k *logExport) write(ctx context.Context, c *console, r ledger.Reader, signed []byte) error {
	if len(k.VKey) > 0 {
		trusted, err := parseVerifiers(k.VKey)
		if err != nil {
			return err
		}
		if _, err := ledger.OpenCheckpoint(signed, trusted...); err != nil {
			return failed(err)
		}
	}
	if err := os.MkdirAll(k.Dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(k.Dir)
	if err != nil {
		return err
	}
	bar := c.progress("exporting")
	cp, err := ledger.Export(ctx, r, signed, ledger.WriteInto(root), bar.step64)
	bar.end()
	if err = errors.Join(err, root.Close()); err != nil {
		if errors.Is(err, ledger.ErrCorrupt) {
			return failed(err)
		}
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s: %d leaves\n", cp.Origin, cp.Size)
	return err
}

// remoteLog reads a log over HTTP, by what C2SP tlog-tiles says.
type remoteLog struct{ prefix string }

// mostOfALog bounds one file of a log: a full bundle of the longest leaves.
const mostOfALog = ledger.TileWidth * (ledger.MaxLeaf + 2)

func (r *remoteLog) get(ctx context.Context, name string) (body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.prefix+name, nil)
	if err != nil {
		return nil, usage("--url: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("get %s: %s", r.prefix+name, res.Status)
	}
	return io.ReadAll(io.LimitReader(res.Body, mostOfALog))
}

// Tile implements ledger.Reader.
func (r *remoteLog) Tile(ctx context.Context, level int, n int64) ([]byte, error) {
	return r.get(ctx, ledger.Path{Kind: ledger.KindTile, Level: level, N: n, Width: ledger.TileWidth}.String())
}

// Leaves implements ledger.Reader. The exporter asks for the leaves of one bundle.
func (r *remoteLog) Leaves(ctx context.Context, from, to int64) ([][]byte, error) {
	n := from / ledger.TileWidth
	width := int(to - n*ledger.TileWidth)
	if width < 1 || width > ledger.TileWidth {
		return nil, fmt.Errorf("leaves %d to %d are not of one bundle", from, to)
	}
	data, err := r.get(ctx, ledger.Path{Kind: ledger.KindEntries, N: n, Width: width}.String())
	if err != nil {
		return nil, err
	}
	leaves, err := ledger.ParseBundle(data, width)
	if err != nil {
		return nil, err
	}
	return leaves[from-n*ledger.TileWidth:], nil
}
