package main

import (
	"os"
	"strings"

	"avow.dev/gate"
)

// alertFlags say whom to tell when a promise breaks or an attestation runs out.
type alertFlags struct {
	Alert       []string `env:"AVOW_ALERT" placeholder:"ADDRESS" help:"Whom to tell when a promise breaks or an attestation runs out: mail addresses, or https addresses of webhooks. Needs --base-url."`
	AlertSecret string   `name:"alert-secret-file" env:"AVOW_ALERT_SECRET_FILE" placeholder:"FILE" help:"File with the secret that signs what webhooks get."`
}

func (f *alertFlags) alerts() ([]gate.Alert, error) {
	var secret []byte
	if f.AlertSecret != "" {
		raw, err := os.ReadFile(f.AlertSecret)
		if err != nil {
			return nil, err
		}
		secret = []byte(strings.TrimSpace(string(raw)))
	}
	var out []gate.Alert
	for _, to := range f.Alert {
		a := gate.Alert{To: to}
		if strings.HasPrefix(to, "http") {
			if secret == nil {
				return nil, usage("--alert with a webhook needs --alert-secret-file")
			}
			a.Secret = secret
		}
		out = append(out, a)
	}
	return out, nil
}
