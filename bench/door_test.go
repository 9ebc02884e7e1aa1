package bench_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"avow.dev/internal/auth"
)

const connections = 16

// BenchmarkDoor speaks HTTP/1.1 over loopback on 16 connections. Callers and
// server share the process and its cores; the answers are read to their end.
func BenchmarkDoor(b *testing.B) {
	w, known := newWorld(b, "127.0.0.1:0"), knownPeople(b)
	first := w.populate(b, int(known))
	c := newCallers(b, w)
	b.Run("collect", func(b *testing.B) {
		measure(b, connections, func(i int64) error {
			n := first + i*7919%known
			return c.post("collect", body{Subject: string(ref(n)), Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person", Items: doorItems(n)})
		})
	})
	b.Run("use", func(b *testing.B) {
		data := make([]string, len(six))
		for i, d := range six {
			data[i] = string(d)
		}
		measure(b, connections, func(i int64) error {
			return c.post("use", body{Subject: string(ref(first + i*7919%known)), Data: data, Purpose: "manage-account", Role: "desk"})
		})
	})
	b.Run("healthz", func(b *testing.B) {
		measure(b, connections, func(int64) error { return c.do("GET /healthz", nil) })
	})
}

// body is a request as an application writes it.
type body struct {
	Subject string     `json:"subject"`
	Purpose string     `json:"purpose"`
	Point   string     `json:"point,omitempty"`
	Feature string     `json:"feature,omitempty"`
	Source  string     `json:"source,omitempty"`
	Role    string     `json:"role,omitempty"`
	Data    []string   `json:"data,omitempty"`
	Items   []doorItem `json:"items,omitempty"`
}

type doorItem struct {
	Datum string `json:"datum"`
	Value string `json:"value"`
}

func doorItems(n int64) []doorItem {
	var list []doorItem
	for i, text := range values(n) {
		list = append(list, doorItem{string(six[i]), text})
	}
	return list
}

// callers share 16 connections. They write requests and read answers as plainly as
// HTTP/1.1 lets them, like the tools that are made to load servers: what is measured
// is the door, and a whole client in the same process would take half of the
// processor. Each answer is read to its end, and its status checked.
type callers struct {
	idle  chan *wire
	token string
}

// wire is one connection.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte
}

func newCallers(b *testing.B, w *world) *callers {
	b.Helper()
	token, err := w.IssueToken(b.Context(), auth.App)
	must(b, err)
	c := &callers{idle: make(chan *wire, connections), token: token}
	for range connections {
		conn, err := net.Dial("tcp", strings.TrimPrefix(w.URL(), "http://"))
		must(b, err)
		b.Cleanup(func() { must(b, conn.Close()) })
		c.idle <- &wire{conn: conn, in: bufio.NewReaderSize(conn, 8<<10)}
	}
	return c
}

func (c *callers) post(op string, in body) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return c.do("POST /v1/club/"+op, raw)
}

func (c *callers) do(line string, body []byte) error {
	w := <-c.idle
	defer func() { c.idle <- w }()
	w.out = fmt.Appendf(w.out[:0], "%s HTTP/1.1\r\nHost: door.example\r\nAuthorization: Bearer %s\r\n", line, c.token)
	if body != nil {
		w.out = fmt.Appendf(w.out, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	w.out = append(append(w.out, "\r\n"...), body...)
	if _, err := w.conn.Write(w.out); err != nil {
		return err
	}
	return w.answer()
}

// answer reads an answer to its end.
func (w *wire) answer() error {
	status, err := w.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	good := bytes.HasPrefix(status, []byte("HTTP/1.1 200 "))
	said := string(status)
	length := -1
	for {
		line, err := w.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if n, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(n))); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("an answer does not say how long it is")
	}
	if _, err := w.in.Discard(length); err != nil {
		return err
	}
	if !good {
		return errors.New(said)
	}
	return nil
}
