//go:build !linux

package sqlite_test

import (
	"os"
	"testing"
	"time"
)

func flush(f *os.File) error { return f.Sync() }

func cpu(*testing.B) time.Duration { return 0 }
