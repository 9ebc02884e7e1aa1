package engine_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/engine"
)

// The club stores in CN and keeps copies in SG.
func TestAnEngineStartsWhereThePolicySays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		region  avow.Region
		backups []avow.Region
		ok      bool
	}{
		{"CN", []avow.Region{"SG"}, true},
		{"US-CA", nil, false}, // data is only ever moved there
		{"SG", nil, false},
		{"CN", []avow.Region{"US-CA"}, false},
	} {
		w := newWorld(t)
		cfg := w.config()
		cfg.Create, cfg.Region, cfg.Backups = true, c.region, c.backups
		e, err := engine.Open(t.Context(), cfg)
		if c.ok {
			must(t, err)
			w.close(e)
		} else if !errors.Is(err, gate.ErrPlace) {
			t.Errorf("in %s with copies in %v: %v", c.region, c.backups, err)
		}
	}
}

func TestABackupLiesWhereThePolicySays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.first()
	defer w.close(e)
	for region, ok := range map[avow.Region]bool{"": true, "SG": true, "CN": true, "US-CA": false, "AQ": false} {
		to := filepath.Join(t.TempDir(), "copy")
		_, err := engine.Backup(t.Context(), w.data, to, region, w.clock(), nil)
		if ok {
			must(t, err)
			continue
		}
		if !errors.Is(err, gate.ErrPlace) {
			t.Errorf("a backup to %s: %v", region, err)
		}
		if _, err := os.Stat(to); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a backup to %s left something behind", region)
		}
	}
}
