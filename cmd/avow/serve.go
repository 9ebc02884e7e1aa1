package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"avow.dev"
	"avow.dev/internal/caller"
	"avow.dev/internal/engine"
)

// folderFlags say where data and keys are.
type folderFlags struct {
	Data string `env:"AVOW_DATA" required:"" placeholder:"DIR" help:"Data folder."`
	Keys string `env:"AVOW_KEYS" placeholder:"DIR" help:"Keys folder; DATA/keys if left out. A disk of its own is advised."`
}

func (f folderFlags) keys() string {
	if f.Keys != "" {
		return f.Keys
	}
	return filepath.Join(f.Data, engine.KeysFolder)
}

type serveCommand struct {
	folderFlags
	rootFlags
	postFlags
	alertFlags
	signInFlags
	Policy  []string      `env:"AVOW_POLICY" required:"" placeholder:"FILE" help:"Policy files."`
	Listen  string        `env:"AVOW_LISTEN" default:"127.0.0.1:8080" help:"Address to listen at."`
	BaseURL string        `name:"base-url" env:"AVOW_BASE_URL" placeholder:"URL" help:"Public address, if it is another one, such as https://privacy.example."`
	TLSCert string        `name:"tls-cert" env:"AVOW_TLS_CERT" placeholder:"FILE" help:"Certificate chain, PEM. Without it the door speaks plain HTTP, for a proxy in front of it."`
	TLSKey  string        `name:"tls-key" env:"AVOW_TLS_KEY" placeholder:"FILE" help:"Private key of the certificate, PEM."`
	Proxies []string      `name:"trusted-proxy" env:"AVOW_TRUSTED_PROXY" placeholder:"CIDR" help:"Addresses of the proxies in front of the door, which write X-Forwarded-For anew or add to its end: limits then count the people behind them. Without it all who come through a proxy count as one."`
	Rights  string        `env:"AVOW_RIGHTS" placeholder:"URL" help:"Where people exercise their rights."`
	Contact string        `env:"AVOW_CONTACT" placeholder:"URI" help:"Where security researchers write, such as mailto:security@privacy.example."`
	Region  string        `env:"AVOW_REGION" placeholder:"CODE" help:"Where the data folder lies, an ISO 3166 code such as CN or US-CA. A policy whose data may not lie there is not served."`
	Backups []string      `env:"AVOW_BACKUPS" placeholder:"CODE" help:"Where backups of it lie."`
	Keep    string        `name:"keep-backups" env:"AVOW_KEEP_BACKUPS" default:"never" placeholder:"90d" help:"How old a backup may be that is ever put back. What only an older one would need is forgotten beside the keys, and an older one is refused; never forgets nothing."`
	Create  bool          `env:"AVOW_CREATE" help:"Make folders and keys on the very first start."`
	URLFile string        `name:"url-file" placeholder:"FILE" help:"File to write the address to once the door is open, for supervisors and for port 0."`
	Grace   time.Duration `default:"30s" help:"How long requests under way may take at the end."`
	LogJSON bool          `env:"AVOW_LOG_JSON" help:"Write log lines as JSON."`
	Debug   bool          `env:"AVOW_DEBUG" help:"Say more."`
}

func (*serveCommand) examples() []string {
	return []string{
		"avow serve --data /var/lib/avow --keys /mnt/keys --root-key /etc/avow/root.key --policy policy.yaml --create",
		"kill -HUP PID    read the policy files again",
		"kill -TERM PID   finish what is under way, publish the evidence, and stop",
	}
}

// Run serves until it is told to stop.
func (k *serveCommand) Run(ctx context.Context, c *console) error {
	if (k.TLSCert == "") != (k.TLSKey == "") {
		return usage("--tls-cert and --tls-key belong together")
	}
	engine.Tune()
	engine.Warm()
	programs, err := compileFiles(k.Policy)
	if err != nil {
		return err
	}
	root, err := k.rootFlags.open(k.keys(), k.Create)
	if err != nil {
		return err
	}
	post, err := k.postFlags.open()
	if err != nil {
		return err
	}
	provider, err := k.signInFlags.open()
	if err != nil {
		return err
	}
	kept, err := k.kept(c.now())
	if err != nil {
		return err
	}
	proxies, err := caller.ParseProxies(k.Proxies)
	if err != nil {
		return usage("--trusted-proxy: %w", err)
	}
	log := k.logger(c)
	again := make(chan os.Signal, 1)
	if s := reloadSignals(); len(s) > 0 { // before anybody knows where to send one
		signal.Notify(again, s...)
		defer signal.Stop(again)
	}
	alerts, err := k.alerts()
	if err != nil {
		return err
	}
	e, err := engine.Open(ctx, engine.Config{Alerts: alerts, Data: k.Data, Keys: k.keys(), Root: root, Policies: programs, Create: k.Create, Clock: c.now, Log: log,
		Listen: k.Listen, BaseURL: k.BaseURL, TLSCert: k.TLSCert, TLSKey: k.TLSKey, Proxies: proxies, Rights: k.Rights, Contact: k.Contact, Control: true, Grace: k.Grace,
		Region: avow.Region(k.Region), Backups: regions(k.Backups), Post: post, Provider: provider, BackupsKept: kept})
	if err != nil {
		return refused(err)
	}
	c.say("listening at %s", e.URL())
	for _, p := range programs {
		c.say("serving %s %s, log key %s", p.ID(), p.Hash(), e.VKey(p.ID()))
	}
	if k.URLFile != "" {
		if err := writeOutput(k.URLFile, []byte(e.URL()+"\n")); err != nil {
			return errors.Join(err, e.Close(ctx))
		}
	}
	k.wait(ctx, e, log, again)
	log.Info("stopping")
	return e.Close(context.WithoutCancel(ctx))
}

// kept is how old a backup may be that is put back, 0 for any age.
func (k *serveCommand) kept(now time.Time) (time.Duration, error) {
	end, err := parseExpiry(k.Keep, now)
	switch {
	case err != nil:
		return 0, usage("--keep-backups: %w", err)
	case end.IsZero():
		return 0, nil
	}
	return end.Sub(now), nil
}

func regions(codes []string) []avow.Region {
	out := make([]avow.Region, len(codes))
	for i, c := range codes {
		out[i] = avow.Region(c)
	}
	return out
}

func (k *serveCommand) logger(c *console) *slog.Logger {
	options := &slog.HandlerOptions{}
	if k.Debug {
		options.Level = slog.LevelDebug
	}
	if k.LogJSON {
		return slog.New(slog.NewJSONHandler(c.err, options))
	}
	return slog.New(slog.NewTextHandler(c.err, options))
}

// wait serves until ctx is done, and reads the policies again when told to.
func (k *serveCommand) wait(ctx context.Context, e *engine.Engine, log *slog.Logger, again <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-again:
			if err := k.reload(ctx, e); err != nil {
				log.Error("policies not reloaded; the old ones stay in force", "error", err.Error())
				continue
			}
			log.Info("policies reloaded")
		}
	}
}

// reload puts the policy files in force as they are now: all, or none if any of
// them has a fault.
func (k *serveCommand) reload(ctx context.Context, e *engine.Engine) error {
	programs, err := compileFiles(k.Policy)
	if err != nil {
		return err
	}
	for _, p := range programs {
		if e.VKey(p.ID()) == "" {
			return fmt.Errorf("policy %s is not served; a new policy needs a restart", p.ID())
		}
	}
	for _, p := range programs {
		if err := e.Replace(ctx, p); err != nil {
			return err
		}
	}
	return nil
}
