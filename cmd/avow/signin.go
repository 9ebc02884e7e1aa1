package main

import "avow.dev/internal/officer"

// signInFlags say where officers sign in beside passwords. The secret comes from a
// file: what stands in a command line is read by everybody on the machine.
type signInFlags struct {
	Issuer     string `name:"sign-in-issuer" env:"AVOW_SIGN_IN_ISSUER" placeholder:"URL" help:"Provider at which officers sign in (OpenID Connect), as its description calls itself. It sends them back to BASE-URL/console/return."`
	ClientID   string `name:"sign-in-client" env:"AVOW_SIGN_IN_CLIENT" placeholder:"ID" help:"What the provider calls this console."`
	SecretFile string `name:"sign-in-secret-file" env:"AVOW_SIGN_IN_SECRET_FILE" placeholder:"FILE" help:"File with the secret that the provider gave this console."`
}

func (f *signInFlags) open() (officer.ProviderConfig, error) {
	if f.Issuer == "" {
		return officer.ProviderConfig{}, nil
	}
	if f.ClientID == "" {
		return officer.ProviderConfig{}, usage("--sign-in-issuer and --sign-in-client belong together")
	}
	secret, err := secretFile(f.SecretFile)
	return officer.ProviderConfig{Issuer: f.Issuer, ClientID: f.ClientID, ClientSecret: string(secret)}, err
}
