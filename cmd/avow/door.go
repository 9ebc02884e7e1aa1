package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"avow.dev/httpapi"
)

// doorFlags lead to the door of a running server, and say whom a call is about. The
// token comes from a file or from the environment: on a command line it would stand in
// the process list and in the shell's history.
type doorFlags struct {
	URL       string `name:"url" env:"AVOW_URL" required:"" placeholder:"URL" help:"Address of the server, such as https://privacy.example."`
	Policy    string `env:"AVOW_POLICY_ID" required:"" placeholder:"ID" help:"Id of the policy, such as airstep."`
	TokenFile string `name:"token-file" env:"AVOW_TOKEN_FILE" placeholder:"FILE" help:"File with a token of scope app. The token itself may stand in AVOW_TOKEN instead."`
	Subject   string `env:"AVOW_SUBJECT" required:"" placeholder:"REF" help:"How the application refers to the person."`
}

// door is the door of a running server.
type door struct {
	base, token string
	http        *http.Client
}

// maxAnswer bounds what is read of an answer that is no file.
const maxAnswer = 16 << 20

func (f *doorFlags) open() (*door, error) {
	u, err := url.Parse(f.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !onThisMachine(u.Hostname())) {
		return nil, usage("--url: an https address; http only to this machine, for a token must not travel in clear")
	}
	token := os.Getenv("AVOW_TOKEN")
	if f.TokenFile != "" {
		raw, err := os.ReadFile(f.TokenFile)
		if err != nil {
			return nil, err
		}
		token = string(raw)
	}
	if token = strings.TrimSpace(token); token == "" {
		return nil, usage("no token: name a file with one by --token-file, or set AVOW_TOKEN; avow token create makes one")
	}
	return &door{strings.TrimSuffix(f.URL, "/") + "/v1/" + url.PathEscape(f.Policy) + "/", token, &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: 30 * time.Second, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// send sends a body to an operation. The caller closes the answer, which is one of
// success: anything else is an error that says what the door said.
func (d *door) send(ctx context.Context, op, kind string, body io.Reader) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.base+op, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+d.token)
	r.Header.Set("Content-Type", kind)
	res, err := d.http.Do(r)
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusOK {
		return res, nil
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return nil, err
	}
	return nil, problem(res.StatusCode, raw)
}

// ask sends a question and reads the answer.
func (d *door) ask(ctx context.Context, op string, in, out any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	res, err := d.send(ctx, op, "application/json", bytes.NewReader(raw))
	if err != nil {
		return err
	}
	return readAnswer(res, out)
}

func readAnswer(res *http.Response, out any) error {
	err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(out)
	return errors.Join(err, res.Body.Close())
}

// problem is the error for an answer that is no success. A refusal is a finding: the
// server works, and the policy says no.
func problem(status int, raw []byte) error {
	var p httpapi.Problem
	if err := json.Unmarshal(raw, &p); err != nil || p.Code == "" {
		return fmt.Errorf("the server answers %d %s", status, http.StatusText(status))
	}
	parts := []string{p.Title}
	if p.Detail != "" {
		parts = append(parts, p.Detail)
	}
	for i := range p.Reasons {
		parts = append(parts, p.Reasons[i].Code+": "+p.Reasons[i].Sentence.En)
	}
	if p.Where != "" {
		parts = append(parts, "at "+p.Where)
	}
	if p.Try != "" {
		parts = append(parts, "try: "+p.Try)
	}
	if r := p.Receipt; r != nil {
		parts = append(parts, fmt.Sprintf("evidence: leaf %s of %s", r.Leaf, r.Policy))
	}
	err := errors.New(strings.Join(slices.Compact(parts), "\n  "))
	if p.Code == "refused" {
		return failed(err)
	}
	return err
}
