package main

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"

	"avow.dev/deliver"
	"avow.dev/internal/engine"
	"avow.dev/notice/letter"
)

// postFlags say how messages leave. Secrets come from files: what stands in a
// command line is read by everybody on the machine.
type postFlags struct {
	Mail         string   `name:"mail-server" env:"AVOW_MAIL_SERVER" placeholder:"URL" help:"Mail server: smtps://HOST:465, smtp://HOST:587 (STARTTLS is required), or on this machine smtp+plain://HOST:25."`
	MailFrom     string   `name:"mail-from" env:"AVOW_MAIL_FROM" placeholder:"ADDRESS" help:"Sender of mail, such as privacy@club.example."`
	MailReturn   string   `name:"mail-return" env:"AVOW_MAIL_RETURN" placeholder:"ADDRESS" help:"Where bounces go; the sender if left out."`
	MailUser     string   `name:"mail-user" env:"AVOW_MAIL_USER" placeholder:"NAME" help:"User at the mail server."`
	MailPassword string   `name:"mail-password-file" env:"AVOW_MAIL_PASSWORD_FILE" placeholder:"FILE" help:"File with the password at the mail server."`
	SMS          string   `name:"sms-gateway" env:"AVOW_SMS_GATEWAY" placeholder:"URL" help:"Takes text messages as signed JSON."`
	Push         string   `name:"push-gateway" env:"AVOW_PUSH_GATEWAY" placeholder:"URL" help:"Takes push notifications as signed JSON."`
	GatewayKey   string   `name:"gateway-key-file" env:"AVOW_GATEWAY_KEY_FILE" placeholder:"FILE" help:"File with the key that signs what goes to the gateways, 16 bytes or more."`
	Inside       []string `name:"webhook-network" env:"AVOW_WEBHOOK_NETWORK" placeholder:"CIDR" help:"Private networks that webhooks may lie in all the same."`
	Messages     string   `name:"messages" env:"AVOW_MESSAGES" placeholder:"DIR" help:"Folder with texts of messages of your own: list.txt and lang/LANGUAGE.txt."`
}

func (f *postFlags) open() (engine.Post, error) {
	var p engine.Post
	if f.Mail != "" {
		password, err := secretFile(f.MailPassword)
		if err != nil {
			return p, err
		}
		p.Mail = &deliver.MailConfig{Server: f.Mail, From: f.MailFrom, Return: f.MailReturn, User: f.MailUser, Password: string(password)}
	}
	if f.SMS != "" || f.Push != "" {
		key, err := secretFile(f.GatewayKey)
		if err != nil {
			return p, err
		}
		if f.SMS != "" {
			p.SMS = &deliver.GatewayConfig{URL: f.SMS, Key: key}
		}
		if f.Push != "" {
			p.Push = &deliver.GatewayConfig{URL: f.Push, Key: key}
		}
	}
	for _, s := range f.Inside {
		network, err := netip.ParsePrefix(s)
		if err != nil {
			return p, usage("--webhook-network takes networks such as 10.1.0.0/16")
		}
		p.Inside = append(p.Inside, network.Masked())
	}
	if f.Messages != "" {
		texts, err := letter.Builtin().With(os.DirFS(f.Messages))
		if err != nil {
			return p, fmt.Errorf("--messages: %w", err)
		}
		p.Texts = texts
	}
	return p, nil
}

// secretFile reads a secret, without the line end that editors add.
func secretFile(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return bytes.TrimRight(raw, "\r\n"), nil
}
