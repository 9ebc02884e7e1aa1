package engine

import (
	"fmt"

	"avow.dev/internal/officer"
	"avow.dev/internal/passkey"
	"avow.dev/web/console"
)

// hashesAtOnce is how many passwords of officers are compared at a time.
const hashesAtOnce = 2

// Officers returns the keeper of the accounts of the controller's own people.
func (e *Engine) Officers() *officer.Keeper { return e.officers }

// useProvider lets people sign in at the organisation's provider, who sends them back
// to the door.
func (e *Engine) useProvider(door string) {
	if cfg := e.cfg.Provider; cfg.Issuer != "" {
		cfg.RedirectURL = door + console.Base + "/return"
		e.officers.Use(officer.NewProvider(cfg, e.cfg.Clock))
	}
}

// takesPasskeys says where passkeys work, for the controller's own people and for those
// whose data is held: at the door's public address, if it has a name and TLS.
func (e *Engine) takesPasskeys(door string) (*passkey.Site, error) {
	site, err := passkey.At(door, siteName)
	if err != nil {
		return nil, fmt.Errorf("open door: %w", err)
	}
	e.officers.UsePasskeys(site)
	return site, nil
}

// siteName is what a device shows beside a passkey, under the address.
const siteName = "Avow"
