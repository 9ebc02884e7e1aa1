package httpapi

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/ledger"
)

const logTag = "The log"

// addLog serves each policy's log as C2SP tlog-tiles demands, under /log/{policy}.
func (d *Door) addLog() {
	d.open(operation{id: "checkpoint", path: "/log/{policy}/checkpoint", tag: logTag, media: "text/plain",
		summary: "The latest signed checkpoint of a policy's log",
		doc:     "C2SP tlog-checkpoint: origin, size, root, and a signature that the key at vkey verifies.",
	}, func(w http.ResponseWriter, r *http.Request) error { return d.resource(w, r, "checkpoint") })
	d.open(operation{id: "tile", path: "/log/{policy}/tile/{path}", pattern: "/log/{policy}/tile/{path...}", tag: logTag, media: "application/octet-stream",
		summary: "A tile of hashes, or a bundle of leaves",
		doc:     "C2SP tlog-tiles: tile/<level>/<n>[.p/<w>] and tile/entries/<n>[.p/<w>]. What is served never changes.",
		params:  []param{{"path", "path", "Level and number, as C2SP tlog-tiles writes them.", "0/000"}},
	}, func(w http.ResponseWriter, r *http.Request) error {
		return d.resource(w, r, "tile/"+r.PathValue("path"))
	})
	d.open(operation{id: "receipt", path: "/log/{policy}/receipt/{index}", tag: logTag, media: "text/plain",
		summary: "The receipt of a leaf",
		doc:     "C2SP tlog-proof, with the leaf as extra data: everything that is needed to check offline that the leaf is in the log. A leaf that is not published yet has none; that takes seconds.",
		params:  []param{{"index", "path", "Place of the leaf, from 0.", "0"}},
	}, d.receipt)
	d.open(operation{id: "vkey", path: "/log/{policy}/vkey", tag: logTag, media: "text/plain",
		summary: "The key that verifies the log's checkpoints",
		doc:     "C2SP signed-note verifier key. Whoever checks a log gets the key once and keeps it.",
	}, d.vkey)
}

func (d *Door) served(r *http.Request) (avow.PolicyID, error) {
	id := avow.PolicyID(r.PathValue("policy"))
	_, err := d.cfg.Gate.Program(id)
	return id, err
}

func (d *Door) resource(w http.ResponseWriter, r *http.Request, path string) error {
	id, err := d.served(r)
	if err != nil {
		return err
	}
	store := d.cfg.Gate.Store()
	state, err := store.LogState(r.Context(), id)
	if err != nil {
		return &avow.Error{Code: avow.Unavailable, Message: "the log could not be read", Try: "try again later", Cause: err}
	}
	res, err := ledger.Serve(r.Context(), gate.LogOf(store, id), state.Checkpoint, path)
	switch {
	case errors.Is(err, ledger.ErrPath), errors.Is(err, ledger.ErrNotFound):
		return &avow.Error{Code: avow.Unknown, Message: "the log shows nothing here", Try: "see C2SP tlog-tiles, and the size in the checkpoint"}
	case err != nil:
		return &avow.Error{Code: avow.Internal, Message: "the log could not be read", Try: "see the server's log", Cause: err}
	}
	cache := "public, max-age=" + strconv.Itoa(int(d.cfg.Limits.EvidenceLag.Seconds()))
	if res.Immutable {
		cache = "public, max-age=31536000, immutable"
	}
	w.Header().Set("Content-Type", res.ContentType)
	d.public(w, r, res.Body, cache)
	return nil
}

func (d *Door) receipt(w http.ResponseWriter, r *http.Request) error {
	id, err := d.served(r)
	if err != nil {
		return err
	}
	index, err := indexOf(r.PathValue("index"))
	if err != nil {
		return err
	}
	e, err := d.cfg.Gate.Evidence(r.Context(), id, index)
	if err != nil {
		return err
	}
	if e.Receipt == nil {
		w.Header().Set("Retry-After", "2")
		return &avow.Error{Code: avow.Unknown, Message: "the leaf is recorded and not published yet", Try: "ask again in a few seconds"}
	}
	text, err := e.Receipt.MarshalText()
	if err != nil {
		return &avow.Error{Code: avow.Internal, Message: "the receipt could not be written", Try: "see the server's log", Cause: err}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	d.public(w, r, text, "no-cache")
	return nil
}

func (d *Door) vkey(w http.ResponseWriter, r *http.Request) error {
	id, err := d.served(r)
	if err != nil {
		return err
	}
	key := d.cfg.VKeys[id]
	if key == "" {
		return &avow.Error{Code: avow.Unknown, Message: "no key of this log is made known here", Try: "ask the operator"}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	d.public(w, r, []byte(strings.TrimSpace(key)+"\n"), "public, max-age=300")
	return nil
}
