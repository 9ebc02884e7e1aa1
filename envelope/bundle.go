package envelope

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// A bundle is the body of the request by which a hand-over reaches a recipient's
// webhook: one JSON object in the form that the Standard Webhooks specification
// (1.0.0, "Payload structure") recommends, with the envelope and the payload as two
// texts, so that the bytes that the envelope speaks of survive the way.

// BundleType is the type of event that stands in every bundle.
const BundleType = "avow.handed-over"

// MostBundle bounds what is read of a bundle, in bytes.
const MostBundle = 64 << 20

type bundle struct {
	Type string  `json:"type"`
	Made string  `json:"timestamp"` // RFC 3339, whole seconds
	Data carried `json:"data"`
}

type carried struct {
	Envelope string `json:"envelope"`
	Payload  string `json:"payload"`
}

// Bundle writes the body of a request with an envelope and its payload.
func Bundle(text string, payload []byte, made time.Time) ([]byte, error) {
	return writeBundle(&bundle{BundleType, made.UTC().Format(time.RFC3339), carried{text, string(payload)}})
}

func writeBundle(in *bundle) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(in); err != nil {
		return nil, fmt.Errorf("write bundle: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Unbundle takes the body of a request apart. It believes nothing of what it finds:
// pass it to [Open] and [Envelope.Read]. It accepts only what [Bundle] writes, and
// its errors quote nothing.
func Unbundle(raw []byte) (text string, payload []byte, made time.Time, err error) {
	var in bundle
	if len(raw) > MostBundle || json.Unmarshal(raw, &in) != nil || in.Type != BundleType || in.Data.Envelope == "" || in.Data.Payload == "" {
		return "", nil, time.Time{}, fmt.Errorf("read bundle: no hand-over: %w", ErrForm)
	}
	if made, err = time.Parse(time.RFC3339, in.Made); err != nil {
		return "", nil, time.Time{}, fmt.Errorf("read bundle: no time: %w", ErrForm)
	}
	if again, err := writeBundle(&in); err != nil || !bytes.Equal(again, raw) {
		return "", nil, time.Time{}, fmt.Errorf("read bundle: not written as it should be: %w", ErrForm)
	}
	return in.Data.Envelope, []byte(in.Data.Payload), made, nil
}
