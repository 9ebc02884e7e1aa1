package main

import (
	"bufio"
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"text/template"
	"time"

	"avow.dev/policy"
	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

//go:embed start
var startFiles embed.FS

type initCommand struct {
	Output    string   `arg:"" optional:"" default:"policy.yaml" help:"File to write; it must not exist."`
	Name      string   `help:"Legal name of whoever decides about the data."`
	Email     string   `help:"Address for questions and requests; people must be able to reach it."`
	ID        string   `name:"id" help:"Short name of the policy, such as shop; made from the name if left out."`
	Scope     string   `enum:"app,site,service,device," default:"" help:"What the policy covers: app, site, service or device."`
	Collects  string   `enum:"account,nothing," default:"" help:"What it collects: account (an e-mail address for an account, and for news if people agree) or nothing."`
	Languages []string `help:"Languages of the published text: en, zh."`
	Region    string   `help:"Where the controller is established, an ISO 3166 code such as DE or US-CA."`
	Law       []string `help:"Law packs that apply: cn, eu, us-ca."`
	Mode      string   `enum:"observe,enforce" default:"enforce" help:"observe records refusals and lets pass, for adoption; enforce refuses."`
	Effective string   `help:"Day from which it holds, as YYYY-MM-DD; today if left out."`
}

func (*initCommand) examples() []string {
	return []string{
		"avow init                    asks on a terminal",
		"avow init policy.yaml --name 'Haven Ltd' --email privacy@haven.example --scope app --collects account --languages en,zh --region DE --law eu",
	}
}

// Run writes a starting policy that passes check.
func (k *initCommand) Run(c *console) error {
	if _, err := os.Lstat(k.Output); !errors.Is(err, fs.ErrNotExist) {
		return usage("%s exists; name another file", k.Output)
	}
	if err := k.ask(c); err != nil {
		return err
	}
	text, err := k.write(c.now())
	if err != nil {
		return err
	}
	f, err := os.OpenFile(k.Output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	c.say("wrote %s; see what it says with avow render %s --as md", k.Output, k.Output)
	return nil
}

// ask fills what no flag has said: by asking, or where nobody is there to ask, by
// saying which flags are missing.
func (k *initCommand) ask(c *console) error {
	in := bufio.NewScanner(c.in)
	var missing []string
	one := func(to *string, flag, question, fallback string) {
		if *to != "" {
			return
		}
		if c.asks {
			*to = answer(c, in, question, fallback)
		}
		if *to == "" {
			missing = append(missing, "--"+flag)
		}
	}
	list := func(to *[]string, flag, question, fallback string) {
		joined := strings.Join(*to, ",")
		one(&joined, flag, question, fallback)
		*to = strings.FieldsFunc(joined, func(r rune) bool { return r == ',' || r == ' ' })
	}
	one(&k.Name, "name", "Legal name of whoever decides about the data", "")
	one(&k.Email, "email", "Address for questions and requests", "")
	one(&k.Scope, "scope", "What it covers: app, site, service or device", "app")
	one(&k.Collects, "collects", "What it collects: account or nothing", "account")
	list(&k.Languages, "languages", "Languages of the text, of en and zh", "en")
	one(&k.Region, "region", "Where you are established, such as DE or US-CA", "")
	list(&k.Law, "law", "Law packs that apply, of "+strings.Join(law.Packs(), ", "), "eu")
	if len(missing) > 0 {
		return usage("nobody is there to ask; give %s", strings.Join(missing, ", "))
	}
	return nil
}

func answer(c *console, in *bufio.Scanner, question, fallback string) string {
	if fallback != "" {
		question += " [" + fallback + "]"
	}
	_, _ = fmt.Fprint(c.err, question+": ") // whoever cannot read it cannot answer
	if in.Scan() && strings.TrimSpace(in.Text()) != "" {
		return strings.TrimSpace(in.Text())
	}
	return fallback
}

// started is what the templates are filled with.
type started struct {
	*initCommand
	File, App string
	Languages string
	Law       string
	Rights    []string
}

// write makes the policy, and makes sure that it is one.
func (k *initCommand) write(now time.Time) ([]byte, error) {
	if k.ID == "" {
		k.ID = slug(k.Name)
	}
	if k.Effective == "" {
		k.Effective = now.Format(time.DateOnly)
	}
	t, err := template.New("").Funcs(template.FuncMap{"quote": quote, "text": quote, "say": k.say}).ParseFS(startFiles, "start/*.tmpl")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, k.Collects+".yaml.tmpl", &started{k, k.Output, "other", strings.Join(k.Languages, ", "), strings.Join(k.Law, ", "),
		[]string{"access", "copy", "correct", "erase", "withdraw", "restrict", "object", "close-account", "explain", "complain", "ask"}}); err != nil {
		return nil, usage("%w", err)
	}
	text, err := syntax.Format(b.Bytes())
	if err != nil {
		return nil, usage("the answers do not make a policy: %w", err)
	}
	file, faults := syntax.Parse(k.Output, text)
	if len(faults) == 0 {
		_, faults = policy.Compile(file)
	}
	return text, faults.Err()
}

// say writes a text in the languages of the policy.
func (k *initCommand) say(en, zh string) string {
	words := map[string]string{"en": en, "zh": zh}
	var parts []string
	for _, lang := range k.Languages {
		if words[lang] != "" {
			parts = append(parts, lang+": "+quote(words[lang]))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// quote writes a text as YAML, whatever is in it.
func quote(s string) string {
	return `'` + strings.ReplaceAll(strings.Join(strings.Fields(s), " "), `'`, `''`) + `'`
}

// slug makes a short name of a long one.
func slug(name string) string {
	words := strings.FieldsFunc(strings.ReplaceAll(strings.ToLower(name), "'", ""), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	words = slices.DeleteFunc(words, func(w string) bool { return slices.Contains([]string{"ltd", "inc", "gmbh", "llc", "co", "the"}, w) })
	if len(words) == 0 || words[0][0] <= '9' {
		return "policy"
	}
	return strings.Join(words, "-")
}
