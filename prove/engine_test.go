package prove_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/httpapi"
	"avow.dev/internal/auth"
	"avow.dev/internal/engine"
	"avow.dev/policy"
	"avow.dev/prove"
	"avow.dev/vault"
)

// running is an engine behind its door, on a port of its own.
type running struct {
	*engine.Engine
	url, token string
	stop       context.CancelFunc
	ended      chan error
}

func start(ctx context.Context, s prove.Setup) (prove.Engine, error) {
	root := filepath.Join(filepath.Dir(s.Keys), "root.key")
	if _, err := os.Stat(root); err != nil {
		if err := os.MkdirAll(filepath.Dir(root), 0o700); err != nil {
			return nil, err
		}
		if err := vault.CreateRootFile(root); err != nil {
			return nil, err
		}
	}
	r, err := vault.OpenRootFile(root)
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	e, err := engine.Open(ctx, engine.Config{Data: s.Data, Keys: s.Keys, Root: r, Policies: s.Policies, Create: true, Clock: s.Clock, Log: log, AcceptRollback: s.OldData})
	if err != nil {
		return nil, err
	}
	return open(ctx, s, e, log)
}

func open(ctx context.Context, s prove.Setup, e *engine.Engine, log *slog.Logger) (prove.Engine, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	keeper := auth.New(e.Store(), s.Clock)
	token, _, err := keeper.Issue(ctx, auth.Grant{Name: "proof", Scopes: auth.App | auth.Officer | auth.Auditor})
	if err != nil {
		return nil, err
	}
	cert, key, scheme := "", "", "http"
	if s.TLS {
		scheme = "https"
		if cert, key, err = certificate(filepath.Dir(s.Data)); err != nil {
			return nil, err
		}
	}
	out := &running{Engine: e, url: scheme + "://" + l.Addr().String(), token: token, ended: make(chan error, 1)}
	vkeys := make(map[avow.PolicyID]string)
	for _, p := range s.Policies {
		vkeys[p.ID()] = e.VKey(p.ID())
	}
	door, err := httpapi.New(httpapi.Config{Gate: e.Gate(), Auth: keeper, Clock: s.Clock, Log: log, BaseURL: out.url, VKeys: vkeys,
		Limits: httpapi.Limits{PerSecond: 1e6, Burst: 1e6, FailedAuth: 1e6}})
	if err != nil {
		return nil, err
	}
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	out.stop = cancel
	go func() { out.ended <- door.Serve(serving, l, cert, key) }()
	return out, nil
}

func (r *running) URL() string   { return r.url }
func (r *running) Token() string { return r.token }

func (r *running) Sweep(ctx context.Context) error {
	_, err := r.Engine.Sweep(ctx)
	return err
}

func (r *running) Close(ctx context.Context) error {
	r.stop()
	if err := <-r.ended; err != nil {
		return err
	}
	return r.Engine.Close(ctx)
}

func certificate(dir string) (cert, key string, err error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, &k.PublicKey, k)
	if err != nil {
		return "", "", err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return "", "", err
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if err := os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return "", "", err
	}
	return cert, key, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600)
}

var (
	_ prove.Engine = (*running)(nil)
	_ *policy.Program
	_ gate.Swept
)
