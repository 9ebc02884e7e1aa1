package envelope

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"avow.dev"
)

// Field is one value of a payload. A file is named by its id and fetched by another
// act: its bytes are not in the payload, nor in its hash.
type Field struct {
	Datum avow.Datum
	Value []byte
	File  string // instead of a value
}

// payload is what is handed over beside an envelope. The salt keeps a hash from
// telling values that somebody could guess.
type payload struct {
	Salt   string  `json:"salt"`
	Fields []field `json:"fields"`
}

// field has a text, or what is no UTF-8 in base64, or a file.
type field struct {
	Datum  string  `json:"datum"`
	Value  *string `json:"value,omitempty"`
	Base64 string  `json:"base64,omitempty"`
	File   string  `json:"file,omitempty"`
}

const saltSize = 16

// Seal writes a payload under a new salt. What it returns holds the values in clear.
func Seal(fields []Field) (raw []byte, sum [32]byte, err error) {
	var salt [saltSize]byte
	_, _ = rand.Read(salt[:]) // documented never to return an error
	raw, err = write(salt[:], fields)
	return raw, sha256.Sum256(raw), err
}

func write(salt []byte, fields []Field) ([]byte, error) {
	p := payload{Salt: encode(salt), Fields: make([]field, len(fields))}
	for i, f := range fields {
		out := &p.Fields[i]
		out.Datum, out.File = string(f.Datum), f.File
		switch {
		case f.File != "":
		case utf8.Valid(f.Value):
			text := string(f.Value)
			out.Value = &text
		default:
			out.Base64 = base64.StdEncoding.EncodeToString(f.Value)
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(p); err != nil {
		return nil, fmt.Errorf("write payload: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Read checks that a payload is the one of the envelope, byte for byte, and that it
// holds no other fields, and returns its values.
func (e *Envelope) Read(raw []byte) ([]Field, error) {
	if sha256.Sum256(raw) != e.Payload {
		return nil, fmt.Errorf("read payload: %w", ErrPayload)
	}
	fields, err := parsePayload(raw)
	if err != nil {
		return nil, fmt.Errorf("read payload: %w: %w", err, ErrForm)
	}
	for _, f := range fields {
		if !e.Has(f.Datum) {
			return nil, fmt.Errorf("read payload: a field that the envelope does not name: %w", ErrForm)
		}
	}
	return fields, nil
}

// parsePayload accepts only what [Seal] writes. Its errors quote nothing.
func parsePayload(raw []byte) ([]Field, error) {
	var p payload
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, fmt.Errorf("not a payload")
	}
	salt, err := decode(p.Salt)
	if err != nil || len(salt) != saltSize {
		return nil, fmt.Errorf("no salt of %d bytes", saltSize)
	}
	out := make([]Field, len(p.Fields))
	for i, f := range p.Fields {
		out[i].Datum, out[i].File = avow.Datum(f.Datum), f.File
		switch {
		case f.File != "":
		case f.Value != nil:
			out[i].Value = []byte(*f.Value)
		default:
			if out[i].Value, err = base64.StdEncoding.Strict().DecodeString(f.Base64); err != nil {
				return nil, fmt.Errorf("a value is neither text nor base64")
			}
		}
	}
	again, err := write(salt, out)
	if err != nil || !bytes.Equal(again, raw) {
		return nil, fmt.Errorf("a payload is not written as it should be")
	}
	return out, nil
}
