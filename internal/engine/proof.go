package engine

import (
	"context"
	"errors"
	"strings"

	"avow.dev/gate"
	"avow.dev/httpapi"
)

// checkAlerts refuses alerts that could not be sent: they lead to a page.
func (c *Config) checkAlerts() error {
	if len(c.Alerts) > 0 && c.BaseURL == "" {
		return errors.New("alerts lead to the public page, so the public address of the door has to be given with them")
	}
	for _, a := range c.Alerts {
		if strings.HasPrefix(a.To, "http") && len(a.Secret) == 0 {
			return errors.New("a webhook for alerts needs a secret that signs what it gets")
		}
	}
	return nil
}

// lastProof sums up the newest runs of the proof over all policies.
func (e *Engine) lastProof() (httpapi.Proof, bool) {
	var out httpapi.Proof
	for _, id := range e.gate.Policies() {
		p, err := e.gate.Promises(context.Background(), id)
		if err != nil || p.Full == nil && p.SelfTest == nil {
			continue
		}
		for _, run := range []*gate.ProofRun{p.Full, p.SelfTest} {
			if run != nil && run.At.After(out.At) {
				out.At = run.At
			}
		}
		out.Rows += len(p.List)
		out.Proved += p.Count(gate.PromiseProved)
		out.Failed += p.Count(gate.PromiseBroken)
	}
	return out, !out.At.IsZero()
}
