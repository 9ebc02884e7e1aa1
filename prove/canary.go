package prove

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode/utf16"
)

// needle is a planted marker in one of the forms in which it might lie about.
type needle struct {
	mark  string
	form  string
	bytes []byte
}

// needles returns every form in which a marker is looked for: plain, hex in
// both cases, UTF-16 in both orders, and base64 at each of its three alignments.
// Gzip is looked into and not a form of its own.
func needles(marks []string) []needle {
	var out []needle
	for _, m := range marks {
		plain := []byte(m)
		out = append(out, needle{m, "plain", plain}, needle{m, "hex", []byte(hex.EncodeToString(plain))},
			needle{m, "HEX", []byte(strings.ToUpper(hex.EncodeToString(plain)))}, needle{m, "utf-16le", wide(m, false)}, needle{m, "utf-16be", wide(m, true)})
		for shift := range 3 {
			for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				s := enc.EncodeToString(append(make([]byte, shift), plain...))
				lo, hi := (shift*8+5)/6, (shift+len(plain))*8/6
				out = append(out, needle{m, "base64", []byte(s[lo:hi])})
			}
		}
	}
	return out
}

func wide(s string, big bool) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

// haystack finds any of many needles in one pass.
type haystack struct {
	first [1 << 16]bool       // the first two bytes of all needles
	by    map[uint16][]needle // by their first two bytes
}

func looking(list []needle) *haystack {
	h := &haystack{by: make(map[uint16][]needle)}
	for _, n := range list {
		k := uint16(n.bytes[0]) | uint16(n.bytes[1])<<8
		h.first[k] = true
		h.by[k] = append(h.by[k], n)
	}
	return h
}

// in returns which needle is found first in raw, or "".
func (h *haystack) in(raw []byte) string {
	for i := 0; i+1 < len(raw); i++ {
		k := uint16(raw[i]) | uint16(raw[i+1])<<8
		if !h.first[k] {
			continue
		}
		for _, n := range h.by[k] {
			if bytes.HasPrefix(raw[i:], n.bytes) {
				return n.mark + " as " + n.form
			}
		}
	}
	return ""
}

// find returns where the first needle is found in raw, or "".
func find(raw []byte, list []needle, depth int) string { return looking(list).find(raw, depth) }

func (h *haystack) find(raw []byte, depth int) string {
	for part := range inked(raw) {
		if where := h.in(part); where != "" {
			return where
		}
	}
	if depth == 0 {
		return ""
	}
	magic := []byte{0x1f, 0x8b, 8}
	for rest := raw; ; {
		i := bytes.Index(rest, magic)
		if i < 0 {
			return ""
		}
		if inner := gunzip(rest[i:]); inner != nil {
			if where := h.find(inner, depth-1); where != "" {
				return where + " in gzip"
			}
		}
		rest = rest[i+1:]
	}
}

// inked yields the parts of raw between long runs of zeros, of which the files of a
// store have many, with a few zeros around: no marker lies in nothing but zeros.
func inked(raw []byte) iter.Seq[[]byte] {
	const block, around = 4096, 64
	blank := make([]byte, block)
	inkless := func(at int) bool {
		b := raw[at:min(at+block, len(raw))]
		return bytes.Equal(b, blank[:len(b)])
	}
	return func(yield func([]byte) bool) {
		for at := 0; at < len(raw); at += block {
			end := at
			for end < len(raw) && !inkless(end) {
				end += block
			}
			if end > at && !yield(raw[max(at-around, 0):min(end+around, len(raw))]) {
				return
			}
			at = end
		}
	}
}

func gunzip(b []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	out, err := io.ReadAll(io.LimitReader(z, 16<<20))
	if err != nil && len(out) == 0 {
		return nil
	}
	return out
}

// scan reads every byte of every file below the folders.
func scan(marks []string, folders ...string) (string, int, error) {
	for _, m := range marks {
		if len(m) < 2 {
			return "", 0, fmt.Errorf("scan files: a marker of %d bytes would be found anywhere", len(m))
		}
	}
	h := looking(needles(marks))
	files := 0
	found := ""
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || found != "" {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files++
			if where := h.find(raw, 2); where != "" {
				found = filepath.Base(path) + " holds " + where
			}
			return nil
		})
		if err != nil {
			return "", files, fmt.Errorf("scan files: %w", err)
		}
	}
	return found, files, nil
}

// controlled makes sure that the scanner would find what it looks for, by
// planting the marker in each form in a file of its own.
func controlled(mark, dir string) error {
	plain := []byte("x" + mark + "y")
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(plain); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	for form, raw := range map[string][]byte{"plain": plain, "hex": []byte(hex.EncodeToString(plain)), "base64": []byte(base64.StdEncoding.EncodeToString(plain)),
		"utf-16": wide(string(plain), false), "gzip": append([]byte("head"), zipped.Bytes()...)} {
		sub := filepath.Join(dir, "control-"+form)
		if err := os.MkdirAll(sub, 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(sub, "planted"), raw, 0o600); err != nil {
			return err
		}
		where, _, err := scan([]string{mark}, sub)
		if err != nil {
			return err
		}
		if where == "" {
			return fmt.Errorf("the scanner does not find a marker planted as %s", form)
		}
	}
	return nil
}

// marks are what no file may hold: the markers of every made-up person, their
// references, and the beginning of their phone numbers.
func (s *stage) marks() []string {
	return []string{"Canary", "canary", "person-" + s.text.Policy.Text + "-", "+86138"}
}

// nothingInClear plants markers by every door, in good requests and bad ones,
// and then reads every byte that the engine wrote.
func (s *stage) nothingInClear() error {
	p := s.someone()
	if _, err := p.fill(); err != nil {
		return err
	}
	for _, q := range []*ask{
		{Subject: p.ref, Items: []item{{Datum: p.mark, Value: p.mark}}, Point: p.mark, Purpose: p.mark, Source: p.mark},
		{Subject: p.ref, Data: []string{p.mark}, Purpose: p.mark, Role: p.mark, Recipient: p.mark},
	} {
		for _, op := range []string{"collect", "use", "share"} {
			a, err := s.send(op, q)
			if err != nil {
				return err
			}
			if strings.Contains(string(a.raw), p.mark) {
				return &mismatch{"no submitted word in an answer", "the answer to " + op + " echoes one"}
			}
		}
	}
	if err := s.engine.Seal(s.ctx); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return s.scanned()
}

func (s *stage) scanned() error {
	dir, err := folder()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := controlled("Canary", dir); err != nil {
		return err
	}
	where, files, err := scan(s.marks(), s.setup.Data, s.setup.Keys)
	if err != nil {
		return err
	}
	if where == "" {
		where = find(s.log.bytes(), needles(s.marks()), 1)
	}
	if where != "" {
		return &mismatch{"no planted marker in any file, key file or log", where}
	}
	return expect(files > 2, "files to scan", "%d files", files)
}

// logBook keeps what an engine logs.
type logBook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logBook) bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.buf.Bytes())
}
