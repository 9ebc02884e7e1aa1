package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"

	"avow.dev/consent"
	"avow.dev/evidence"
	"avow.dev/ledger"
)

type verifyCommand struct {
	Path        []string `arg:"" optional:"" help:"A receipt, or the folder of an exported log. With --consistency: an older checkpoint and an exported log."`
	VKey        []string `name:"vkey" required:"" placeholder:"KEY" help:"Verifier key of the log, or a file that holds it. Give the old and the new one while a log changes its key."`
	Leaf        string   `placeholder:"FILE" help:"The leaf that the receipt is for; the one inside it if left out."`
	Record      string   `placeholder:"FILE" help:"A consent record in JSON-LD: check that the receipt's leaf is about it."`
	Envelope    string   `placeholder:"FILE" help:"Instead of a path: the envelope in which a purpose travels with data that was handed over, alone or as a sealed file opens, with the payload below it. The key is that of the policy's log."`
	Payload     string   `placeholder:"FILE" help:"What came with the envelope: check that it is the very thing."`
	Consistency bool     `help:"Check that an exported log continues an older checkpoint."`
	JSON        bool     `help:"Write the result as JSON."`
}

func (*verifyCommand) examples() []string {
	return []string{
		"avow verify receipt.tlog-proof --vkey avow.local/airstep+1234abcd+…",
		"avow verify ./log --vkey vkey.txt                        the whole log, leaf by leaf",
		"avow verify receipt.tlog-proof --record consent.jsonld --vkey vkey.txt",
		"avow verify --envelope purpose.envelope --payload data.json --vkey vkey.txt",
		"avow verify --consistency old.checkpoint ./log --vkey vkey.txt",
	}
}

// verified is what a check has shown.
type verified struct {
	Origin string    `json:"origin"`
	Size   int64     `json:"size"`
	Root   string    `json:"root"`
	Index  *int64    `json:"index,omitempty"`
	Leaf   string    `json:"leaf,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Kind   string    `json:"kind,omitempty"`
	Record string    `json:"record,omitempty"`
}

// Run checks offline, trusting nothing but the keys given.
func (k *verifyCommand) Run(c *console) error {
	trusted, err := parseVerifiers(k.VKey)
	if err != nil {
		return err
	}
	if k.Envelope != "" || k.Payload != "" {
		return k.envelope(c, trusted)
	}
	v, err := k.check(c, trusted)
	if err != nil {
		return err
	}
	if k.JSON {
		return writeJSON(c, v)
	}
	_, err = fmt.Fprint(c.out, v.text())
	return err
}

func (k *verifyCommand) check(c *console, trusted []note.Verifier) (verified, error) {
	if k.Consistency {
		if len(k.Path) != 2 {
			return verified{}, usage("--consistency takes an older checkpoint and the folder of an exported log")
		}
		return checkConsistency(c, k.Path[0], k.Path[1], trusted)
	}
	if len(k.Path) != 1 {
		return verified{}, usage("name one receipt, or one folder of an exported log")
	}
	info, err := os.Stat(k.Path[0])
	if err != nil {
		return verified{}, err
	}
	if info.IsDir() {
		return checkExport(c, k.Path[0], trusted)
	}
	return k.receipt(k.Path[0], trusted)
}

// parseVerifiers reads verifier keys, or files that hold one.
func parseVerifiers(words []string) ([]note.Verifier, error) {
	var all []note.Verifier
	for _, w := range words {
		text := w
		if b, err := os.ReadFile(w); err == nil {
			text = strings.TrimSpace(string(b))
		}
		v, err := ledger.ParseVerifier(text)
		if err != nil {
			return nil, usage("--vkey: %w; it looks like name+1234abcd+base64", err)
		}
		all = append(all, v)
	}
	return all, nil
}

func checkExport(c *console, dir string, trusted []note.Verifier) (verified, error) {
	bar := c.progress("checking leaves")
	defer bar.end()
	cp, err := ledger.VerifyExport(os.DirFS(dir), bar.step64, trusted...)
	if err != nil {
		return verified{}, failed(err)
	}
	return tellCheckpoint(cp), nil
}

func checkConsistency(c *console, old, dir string, trusted []note.Verifier) (verified, error) {
	signed, err := os.ReadFile(old)
	if err != nil {
		return verified{}, err
	}
	known, err := ledger.OpenCheckpoint(signed, trusted...)
	if err != nil {
		return verified{}, failed(fmt.Errorf("%s: %w", old, err))
	}
	bar := c.progress("checking leaves")
	defer bar.end()
	now, err := ledger.VerifyExport(os.DirFS(dir), bar.step64, trusted...)
	if err != nil {
		return verified{}, failed(err)
	}
	if err := ledger.VerifyConsistency(os.DirFS(dir), known, now); err != nil {
		return verified{}, failed(err)
	}
	return tellCheckpoint(now), nil
}

func (k *verifyCommand) receipt(path string, trusted []note.Verifier) (verified, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return verified{}, err
	}
	r, err := ledger.ParseReceipt(data)
	if err != nil {
		return verified{}, failed(fmt.Errorf("%s: %w", path, err))
	}
	leaf := r.Extra
	if k.Leaf != "" {
		if leaf, err = os.ReadFile(k.Leaf); err != nil {
			return verified{}, err
		}
	}
	if len(leaf) == 0 {
		return verified{}, usage("the receipt does not bring its leaf along; name it by --leaf FILE")
	}
	cp, err := r.Verify(leaf, trusted...)
	if err != nil {
		return verified{}, failed(err)
	}
	v := tellCheckpoint(cp)
	v.Index, v.Leaf = &r.Index, string(leaf)
	l, err := evidence.Parse(leaf)
	if err == nil { // a log may hold leaves of a later version
		v.At, v.Kind = l.At, string(l.Kind)
	}
	if k.Record == "" {
		return v, nil
	}
	raw, fault := os.ReadFile(k.Record)
	if fault != nil {
		return verified{}, fault
	}
	rec, fault := consent.Parse(raw)
	if fault = errors.Join(fault, err); fault == nil {
		fault = rec.Check(&l)
	}
	if fault != nil {
		return verified{}, failed(fmt.Errorf("%s: %w", k.Record, fault))
	}
	v.Record = rec.Identifier
	return v, nil
}

func tellCheckpoint(cp ledger.Checkpoint) verified {
	return verified{Origin: cp.Origin, Size: cp.Size, Root: cp.Root.String()}
}

func (v *verified) text() string {
	if v.Index == nil {
		return fmt.Sprintf("ok: log %s with %d leaves, root %s\n", v.Origin, v.Size, v.Root)
	}
	if v.Record != "" {
		return fmt.Sprintf("ok: leaf %d of log %s, under the checkpoint of %d leaves, is about %s\n%s\n", *v.Index, v.Origin, v.Size, shown(v.Record), shown(v.Leaf))
	}
	return fmt.Sprintf("ok: leaf %d of log %s, under the checkpoint of %d leaves\n%s\n", *v.Index, v.Origin, v.Size, shown(v.Leaf))
}

// shown is a text that somebody else wrote, for a terminal: with characters that do
// something else than show, such as those that overwrite the line before, it is quoted.
func shown(s string) string {
	s = strings.TrimRight(s, "\n")
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return s
	}
	return strconv.Quote(s)
}
