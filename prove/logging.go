package prove

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"avow.dev"
	"avow.dev/ledger"
)

// logVerifies does what a stranger would: it downloads the public log, checks
// every hash and the signature, and then changes one byte and expects to be
// told.
func (s *stage) logVerifies() error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	if err := s.engine.Seal(s.ctx); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	dir, err := folder()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	size, err := s.download(dir)
	if err != nil {
		return err
	}
	key, err := ledger.ParseVerifier(s.engine.VKey(avow.PolicyID(s.text.Policy.Text)))
	if err != nil {
		return err
	}
	if _, err := ledger.VerifyExport(os.DirFS(dir), nil, key); err != nil {
		return &mismatch{"a public log that verifies offline", err.Error()}
	}
	entries := filepath.Join(dir, filepath.FromSlash(lastBundle(size)))
	raw, err := os.ReadFile(entries)
	if err != nil {
		return err
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(entries, raw, 0o600); err != nil {
		return err
	}
	_, err = ledger.VerifyExport(os.DirFS(dir), nil, key)
	return expect(err != nil, "a changed byte noticed", "the changed log verifies")
}

func lastBundle(size int64) string {
	n, width := (size-1)/ledger.TileWidth, (size-1)%ledger.TileWidth+1
	return ledger.Path{Kind: ledger.KindEntries, N: n, Width: int(width)}.String()
}

// download mirrors the log by its public paths.
func (s *stage) download(dir string) (int64, error) {
	base := "/log/" + s.text.Policy.Text + "/"
	get := func(path string) ([]byte, error) {
		a, err := s.do(http.MethodGet, base+path, nil)
		if err != nil {
			return nil, err
		}
		if a.status != http.StatusOK {
			return nil, &mismatch{"the public log at " + path, fmt.Sprintf("status %d", a.status)}
		}
		name := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return nil, err
		}
		return a.raw, os.WriteFile(name, a.raw, 0o600)
	}
	signed, err := get("checkpoint")
	if err != nil {
		return 0, err
	}
	cp, err := ledger.ParseUnverified(signed)
	if err != nil {
		return 0, &mismatch{"a checkpoint that parses", err.Error()}
	}
	for _, path := range logPaths(cp.Size) {
		if _, err := get(path); err != nil {
			return 0, err
		}
	}
	return cp.Size, nil
}

// logPaths are the resources of a log of a size (C2SP tlog-tiles).
func logPaths(size int64) []string {
	var out []string
	for level, n := 0, size; n > 0; level, n = level+1, n/ledger.TileWidth {
		for i := int64(0); i*ledger.TileWidth < n; i++ {
			width := int(min(n-i*ledger.TileWidth, ledger.TileWidth))
			out = append(out, ledger.Path{Kind: ledger.KindTile, Level: level, N: i, Width: width}.String())
			if level == 0 {
				out = append(out, ledger.Path{Kind: ledger.KindEntries, N: i, Width: width}.String())
			}
		}
	}
	return out
}
