package httpapi_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"avow.dev/httpapi"
)

// certificate makes a key and a certificate for 127.0.0.1 that signs itself.
func certificate(t *testing.T) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	card := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: began.AddDate(-10, 0, 0), NotAfter: began.AddDate(100, 0, 0), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, card, card, key.Public(), key)
	must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	must(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	roots = x509.NewCertPool()
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	roots.AddCert(cert)
	return certFile, keyFile, roots
}

func TestTLS(t *testing.T) {
	t.Parallel()
	certFile, keyFile, roots := certificate(t)
	w := setup(t, func(c *httpapi.Config) { c.BaseURL = "http://inside.example" })
	ctx, cancel := context.WithCancel(t.Context())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	closed := make(chan error, 1)
	go func() { closed <- w.Serve(ctx, l, certFile, keyFile) }()
	try := func(most uint16) (*http.Response, error) {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10, MaxVersion: most}}}
		return client.Get("https://" + l.Addr().String() + "/healthz")
	}
	got, err := try(tls.VersionTLS13)
	must(t, err)
	must(t, got.Body.Close())
	if got.StatusCode != 200 || got.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
	if got, err := try(tls.VersionTLS11); err == nil {
		t.Errorf("TLS 1.1 is spoken: %d", got.StatusCode)
	}
	cancel()
	must(t, <-closed)
	// Without TLS, browsers are not told to insist on it.
	if h := w.do("GET", "/healthz", "", "").Header(); h.Get("Strict-Transport-Security") != "" {
		t.Errorf("plain HTTP: %v", h)
	}
	l, err = net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	if err := w.Serve(t.Context(), l, certFile, certFile); err == nil {
		t.Error("a door without a key opens")
	}
}
