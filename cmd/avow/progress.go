package main

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// barDelay is how long work must take before a bar is shown.
const barDelay = 2 * time.Second

// bar shows progress on a terminal, once the work has taken a while.
type bar struct {
	c     *console
	what  string
	began time.Time
	shown *progressbar.ProgressBar
}

// progress begins to watch work. Nothing is shown where nobody looks.
func (c *console) progress(what string) *bar { return &bar{c: c, what: what, began: c.now()} }

// step tells how far the work is.
func (b *bar) step(done, total int) { b.step64(int64(done), int64(total)) }

func (b *bar) step64(done, total int64) {
	if !b.c.bars || b.c.now().Sub(b.began) < barDelay {
		return
	}
	if b.shown == nil {
		b.shown = progressbar.NewOptions64(total, progressbar.OptionSetWriter(b.c.err), progressbar.OptionSetDescription(b.what),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
	}
	_ = b.shown.Set64(done) // a bar that cannot be drawn is no reason to stop
}

// end takes the bar away.
func (b *bar) end() {
	if b.shown != nil {
		_ = b.shown.Finish() // as above
	}
}
