package browser

import (
	"encoding/json"
	"fmt"
	"time"

	"avow.dev/cookies"
	"avow.dev/notice"
	"avow.dev/policy"
)

// config is what the script knows of a policy.
type config struct {
	Hash     string   `json:"hash"`
	Revision uint32   `json:"revision"`
	Base     string   `json:"base"`
	Only     bool     `json:"only,omitempty"`
	Hosts    []string `json:"hosts,omitempty"`
	// Remember is how long the choice cookie lives, in seconds: 0 until the browser is
	// closed, and nil where the policy declares none.
	Remember *int64           `json:"remember,omitempty"`
	Choices  []choice         `json:"choices"`
	Trackers []tracker        `json:"trackers"`
	Words    map[string]words `json:"words,omitempty"`
}

type choice struct {
	ID    string   `json:"id"`
	Out   bool     `json:"out,omitempty"`
	GPC   bool     `json:"gpc,omitempty"`
	Hosts []string `json:"hosts,omitempty"`
}

type tracker struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Need    bool     `json:"need,omitempty"`
	Choices []string `json:"choices,omitempty"`
	Third   bool     `json:"third,omitempty"`
	Life    int64    `json:"life,omitempty"`
}

func configOf(p *policy.Program, base string, now time.Time) config {
	r := cookies.Of(p)
	c := config{Hash: string(p.Hash()), Revision: r.Revision(), Base: base, Only: r.Only(), Hosts: r.Hosts(), Choices: []choice{}, Trackers: []tracker{}}
	if life, ok := r.Remembers(now); ok {
		seconds := int64(life / time.Second)
		c.Remember = &seconds
	}
	for _, o := range r.Choices() {
		c.Choices = append(c.Choices, choice{string(o.ID), o.OptOut, o.GPC, o.Hosts})
	}
	for _, t := range r.Trackers() {
		if t.Mail {
			continue
		}
		out := tracker{Name: t.Name, Kind: t.Kind, Need: t.Category == "necessary", Third: len(t.By) > 0}
		for _, id := range t.Choices {
			out.Choices = append(out.Choices, string(id))
		}
		if t.Lifetime.N > 0 {
			out.Life = int64(policy.After(now, t.Lifetime).Sub(now) / time.Second)
		}
		c.Trackers = append(c.Trackers, out)
	}
	return c
}

// script is a bundle with what it has to know of a policy behind it.
func script(bundle []byte, c config) ([]byte, error) {
	// Marshal escapes <, > and the line separators of JavaScript.
	raw, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write the browser script: %w", err)
	}
	out := append([]byte{}, bundle...)
	out = append(out, "avowStart.default("...)
	out = append(out, raw...)
	return append(out, ");\n"...), nil
}

func withWords(p *policy.Program, c config, policyAt string, now time.Time) (config, error) {
	r := cookies.Of(p)
	c.Words = make(map[string]words)
	for _, l := range p.Languages() {
		doc, err := notice.Render(p.File(), notice.Options{Lang: string(l), Now: now, Hash: string(p.Hash())})
		if err != nil {
			return config{}, fmt.Errorf("put the banner into words: %w", err)
		}
		c.Words[string(l)] = shown(p, r, doc, policyAt+"?lang="+string(l))
	}
	return c, nil
}
