package httpapi

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"avow.dev"
)

// body is a request body in memory. It is wiped before it is used again.
type body struct{ bytes.Buffer }

// keptBody bounds the memory that a body keeps between requests.
const keptBody = 64 << 10

// read takes in the body of a request, which must say that it is JSON.
func (d *Door) read(w http.ResponseWriter, r *http.Request) (*body, error) {
	if !isJSON(r.Header.Get("Content-Type")) || r.Header.Get("Content-Encoding") != "" {
		return nil, &httpError{http.StatusUnsupportedMediaType, avow.Error{Code: avow.Invalid, Message: "the body is not declared as plain JSON",
			Try: "send Content-Type: application/json, and no Content-Encoding"}}
	}
	b, ok := d.bodies.Get().(*body)
	if !ok {
		b = new(body)
	}
	_, err := b.ReadFrom(http.MaxBytesReader(w, r.Body, d.cfg.Limits.Body))
	if err == nil {
		return b, nil
	}
	d.give(b)
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return nil, &avow.Error{Code: avow.TooLarge, Message: "the body is over the limit", Try: "send less at a time"}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, &httpError{http.StatusBadRequest, avow.Error{Code: avow.Invalid, Message: "the body ends too early", Try: "send the request again"}}
	}
	return nil, &httpError{http.StatusRequestTimeout, avow.Error{Code: avow.Unavailable, Message: "the body could not be read in time", Try: "send the request again"}}
}

// give wipes a body and keeps its memory for the next one.
func (d *Door) give(b *body) {
	b.Reset()
	clear(b.AvailableBuffer()[:b.Available()])
	if b.Cap() <= keptBody {
		d.bodies.Put(b)
	}
}

func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil || media != "application/json" {
		return false
	}
	for name, v := range params {
		if name != "charset" || !strings.EqualFold(v, "utf-8") {
			return false
		}
	}
	return true
}

// wiper is a request that holds values in the clear.
type wiper interface{ wipe() }

func wipe(in any) {
	if w, ok := in.(wiper); ok {
		w.wipe()
	}
}
