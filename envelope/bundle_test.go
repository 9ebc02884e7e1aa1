package envelope_test

import (
	"bytes"
	"errors"
	"testing"

	"avow.dev/envelope"
)

func TestBundle(t *testing.T) {
	t.Parallel()
	e, payload := sample(t)
	s, _ := key(t, log, 1)
	text, err := envelope.Sign(&e, s)
	must(t, err)
	raw, err := envelope.Bundle(text, payload, made)
	must(t, err)
	got, carried, at, err := envelope.Unbundle(raw)
	if err != nil || got != text || !bytes.Equal(carried, payload) || !at.Equal(made) {
		t.Errorf("%q %q %v %v", got, carried, at, err)
	}
	for name, bad := range map[string][]byte{
		"nothing":          nil,
		"another type":     bytes.Replace(raw, []byte(envelope.BundleType), []byte("avow.handed-out"), 1),
		"a key more":       bytes.Replace(raw, []byte(`{"type"`), []byte(`{"more":1,"type"`), 1),
		"a key twice":      bytes.Replace(raw, []byte(`"data":{`), []byte(`"data":{"envelope":"x",`), 1),
		"another spelling": bytes.Replace(raw, []byte(`"type":`), []byte(`"type": `), 1),
		"something behind": append(bytes.Clone(raw), '\n'),
		"no time":          bytes.Replace(raw, []byte("2026-11-21T"), []byte("yesterday, "), 1),
		"no payload":       []byte(`{"type":"avow.handed-over","timestamp":"2026-11-21T09:30:00Z","data":{"envelope":"a.b.c","payload":""}}`),
	} {
		if _, _, _, err := envelope.Unbundle(bad); !errors.Is(err, envelope.ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzUnbundle(f *testing.F) {
	raw, err := envelope.Bundle("a.b.c", []byte(`{"salt":"","fields":[]}`), made)
	must(f, err)
	f.Add(raw)
	f.Add([]byte(`{"type":"avow.handed-over"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		text, payload, at, err := envelope.Unbundle(raw)
		if err != nil {
			return
		}
		if again, err := envelope.Bundle(text, payload, at); err != nil || len(again) == 0 {
			t.Errorf("what was read is not written: %v", err)
		}
	})
}
