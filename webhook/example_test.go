package webhook_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"golang.org/x/mod/sumdb/note"

	"avow.dev/ledger"
	"avow.dev/webhook"
)

// The whole program of a recipient: it takes what the sender's policy lets out to it,
// and keeps the purpose and the end with the data.
func Example() {
	key, err := ledger.ParseVerifier(os.Getenv("SENDER_VKEY")) // what the sender serves at /log/{policy}/vkey
	if err != nil {
		log.Fatal(err)
	}
	r, err := webhook.New(webhook.Config{
		Recipient: "map-maker",                           // what the sender's policy calls us
		Secrets:   []string{os.Getenv("WEBHOOK_SECRET")}, // whsec_…, as the sender's officer gave it to us
		Logs:      []note.Verifier{key},
		Now:       time.Now,
		Take: func(_ context.Context, h *webhook.HandOver) error {
			// Keep it in one transaction with h.ID, and return webhook.ErrRepeated if that
			// id is there already: then a repetition is known after a restart too.
			for _, f := range h.Fields {
				fmt.Println(f.Datum, "for", h.Envelope.Purposes, "until", h.Envelope.Until)
			}
			return nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	srv := &http.Server{Addr: ":8443", Handler: r, ReadTimeout: time.Minute}
	log.Fatal(srv.ListenAndServeTLS("cert.pem", "key.pem"))
}
