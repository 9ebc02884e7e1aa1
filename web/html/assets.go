package html

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// AssetPath is where style and script of the pages are served.
const AssetPath = "/assets/"

// asset is a file whose name says what is in it, so that it may be kept for ever.
type asset struct {
	name  string // with the hash
	media string
	body  []byte
	small []byte // compressed
}

var assets = sync.OnceValues(loadAssets)

func loadAssets() (map[string]*asset, error) {
	all := make(map[string]*asset)
	for _, a := range []struct {
		name, media string
		files       []string
	}{
		{"avow.css", "text/css; charset=utf-8", []string{"style/pico.css", "style/avow.css"}},
		{"page.js", "text/javascript; charset=utf-8", []string{"style/page.js"}},
		{"passkey.js", "text/javascript; charset=utf-8", []string{"style/passkey.js"}},
		{"icon.svg", "image/svg+xml", []string{"style/icon.svg"}},
	} {
		var b bytes.Buffer
		for _, file := range a.files {
			raw, err := own.ReadFile(file)
			if err != nil {
				return nil, err
			}
			b.Write(raw)
			b.WriteByte('\n')
		}
		sum := sha256.Sum256(b.Bytes())
		ext := path.Ext(a.name)
		name := strings.TrimSuffix(a.name, ext) + "." + hex.EncodeToString(sum[:8]) + ext
		small, err := compressed(b.Bytes())
		if err != nil {
			return nil, err
		}
		all[a.name] = &asset{name, a.media, b.Bytes(), small}
	}
	return all, nil
}

func compressed(raw []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Asset returns the address of a file that pages bring along, with the hash of its
// content in the name: avow.css, page.js, passkey.js or icon.svg.
func Asset(name string) (string, error) {
	all, err := assets()
	if err != nil {
		return "", err
	}
	a := all[name]
	if a == nil {
		return "", http.ErrMissingFile
	}
	return AssetPath + a.name, nil
}

// Assets serves the files under [AssetPath]. A name that does not carry the hash of
// the content is not found, so that an old page never gets a new style.
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all, err := assets()
		if err != nil {
			http.Error(w, "internal", http.StatusInternalServerError)
			return
		}
		for _, a := range all {
			if r.URL.Path == AssetPath+a.name {
				a.serve(w, r)
				return
			}
		}
		http.NotFound(w, r)
	})
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.media)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Vary", "Accept-Encoding")
	body := a.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.small
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	// The reader is gone if this fails, and nobody is left to be told.
	_, _ = w.Write(body)
}
