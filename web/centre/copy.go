package centre

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/web/html"
)

type copyBody struct {
	Format   html.Group
	Parts    html.Group
	Waiting  []packageLine
	Act      string
	Fresh    bool
	Faults   html.Faults
	Life     string
	Nothing  bool
	Review   string // people look at a copy before it goes out: how many; empty where they do not
	FreshFor int
}

type packageLine struct {
	Name  string
	Size  int64
	Made  time.Time
	Until time.Time
	Left  string
	Href  string
}

var formats = []string{"page", "json", "csv"}

// copyForm offers the formats and parts, and what waits to be fetched.
func (v *visit) copyForm() error { return v.copyPage(http.StatusOK, nil) }

func (v *visit) copyPage(status int, faults html.Faults) error {
	held, err := v.gate().Holdings(v.r.Context(), v.id, v.ref())
	if err != nil {
		return err
	}
	waiting, err := v.gate().Packages(v.r.Context(), v.id, v.ref())
	if err != nil {
		return err
	}
	body := copyBody{Act: v.at("/copy"), Fresh: v.isFresh(Fresh), Faults: faults, Nothing: len(held) == 0,
		Format: html.Group{Name: "format", Legend: v.t("copy.format")}, Parts: html.Group{Name: "part", Legend: v.t("copy.parts"), Hint: v.t("copy.parts-hint"), Many: true}}
	for i, f := range formats {
		body.Format.Options = append(body.Format.Options, html.Option{Value: f, Label: v.t("copy." + f), Hint: v.t("copy." + f + "-hint"), Checked: i == 0})
	}
	asked := v.r.URL.Query().Get("part")
	for _, info := range v.program.Data() {
		if slices.ContainsFunc(held, func(h gate.Held) bool { return h.Datum == info.Slug && !h.Hidden }) {
			body.Parts.Options = append(body.Parts.Options, html.Option{Value: string(info.Slug), Label: v.text.names.Title("data", string(info.Slug)), Checked: asked == string(info.Slug)})
		}
	}
	for i := range waiting {
		w := &waiting[i]
		body.Waiting = append(body.Waiting, packageLine{w.Name, w.Size, w.Made, w.Until, v.age(w.Until), v.at("/copy/" + w.ID)})
	}
	if right, ok := v.program.Right("copy"); ok && right.OnReview {
		body.Review = v.t("copy.review", "n", right.Approvals)
	}
	p := v.page("copy")
	p.Lead = v.t("copy.lead")
	return v.render(status, p, body)
}

// makeCopy reads everything, or the parts that were chosen, and keeps the copy for a
// day, sealed.
func (v *visit) makeCopy() error {
	if err := v.r.ParseForm(); err != nil {
		return &avow.Error{Code: avow.Invalid, Message: "the form could not be read", Try: "send it again", Cause: err}
	}
	if right, ok := v.program.Right("copy"); ok && right.OnReview {
		return v.askCopy()
	}
	format := v.r.PostForm.Get("format")
	if !slices.Contains(formats, format) {
		return &avow.Error{Code: avow.Invalid, Message: "there is no such format", Try: "choose one of the list"}
	}
	c, err := v.gate().Copy(v.r.Context(), v.id, v.ref())
	if err != nil {
		return err
	}
	defer wipe(c.Held)
	if parts := v.r.PostForm["part"]; len(parts) > 0 {
		c.Held = slices.DeleteFunc(c.Held, func(h gate.Held) bool { return !slices.Contains(parts, string(h.Datum)) })
	}
	name, media, content, err := v.archive(format, c, v.ref())
	if err != nil {
		return &avow.Error{Code: avow.Internal, Message: "the copy could not be written", Try: "try again later", Cause: err}
	}
	defer clear(content)
	if _, err := v.gate().Pack(v.r.Context(), v.id, c, name, media, content); err != nil {
		return err
	}
	return v.to("/copy", "copied")
}

// askCopy asks for a copy that people look at before it goes out.
func (v *visit) askCopy() error {
	text := gate.NewValue([]byte(v.t("right.copy")))
	defer text.Wipe()
	a, _, err := v.gate().Ask(v.r.Context(), v.id, v.ref(), &gate.Asking{Right: "copy", Text: text})
	if err != nil {
		return err
	}
	return v.to("/requests/of/"+a.ID, "asked")
}

// fetchCopy hands a waiting copy to the person whose it is.
func (v *visit) fetchCopy() error {
	p, content, err := v.gate().Unpack(v.r.Context(), v.id, v.ref(), v.r.PathValue("package"))
	if err != nil {
		return err
	}
	defer clear(content)
	h := v.w.Header()
	h.Set("Content-Type", p.Media)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": p.Name}))
	h.Set("Content-Length", itoa(p.Size))
	_, err = v.w.Write(content)
	return err
}

// entry is one thing of a copy, as the machine-readable formats have it.
type entry struct {
	Datum    avow.Datum       `json:"datum"`
	Name     string           `json:"name"`
	Value    string           `json:"value,omitempty"`
	File     string           `json:"file,omitempty"` // its name in the archive
	Secret   bool             `json:"withheld,omitempty"`
	Source   avow.Source      `json:"source"`
	Purposes []avow.Purpose   `json:"purposes"`
	Rule     avow.RuleID      `json:"rule"`
	Taken    time.Time        `json:"collected"`
	Until    *time.Time       `json:"kept_until,omitempty"`
	Keep     string           `json:"kept,omitempty"`
	Public   []avow.Recipient `json:"public_to,omitempty"`
}

type copied struct {
	Policy   avow.PolicyID  `json:"policy"`
	Version  string         `json:"version"`
	Hash     avow.Hash      `json:"policy_hash"`
	Made     time.Time      `json:"made"`
	Subject  string         `json:"subject"`
	Account  string         `json:"account"`
	Since    *time.Time     `json:"since,omitempty"`
	Data     []entry        `json:"data"`
	Choices  []choiceEntry  `json:"choices"`
	Requests []requestEntry `json:"requests"`
	Passkeys []passkeyEntry `json:"passkeys"`
	Evidence []int64        `json:"evidence"` // places in the log of the entries about the person
}

type choiceEntry struct {
	Choice avow.Choice `json:"choice"`
	State  string      `json:"state"`
	At     time.Time   `json:"at"`
	Words  avow.Hash   `json:"notice,omitempty"`
}

// passkeyEntry says that there is a passkey. Its public half is of no use to anybody
// else, and its device has the other.
type passkeyEntry struct {
	Name   string     `json:"name"`
	Added  time.Time  `json:"added"`
	Used   *time.Time `json:"used,omitempty"`
	Synced bool       `json:"synced"`
}

type requestEntry struct {
	Right    string    `json:"right"`
	State    string    `json:"state"`
	Received time.Time `json:"received"`
	Text     string    `json:"text"`
	Answer   string    `json:"answer,omitempty"`
}

func (v *visit) gather(c *gate.Copy) copied {
	out := copied{Policy: v.id, Version: v.program.Version(), Hash: v.program.Hash(), Made: v.now, Subject: string(c.Subject), Account: c.Standing.Account.String(), Evidence: c.Trail,
		Data: []entry{}, Choices: []choiceEntry{}, Requests: []requestEntry{}, Passkeys: []passkeyEntry{}}
	if !c.Opened.IsZero() {
		out.Since = &c.Opened
	}
	for i := range c.Held {
		h := &c.Held[i]
		e := entry{Datum: h.Datum, Name: v.text.names.Title("data", string(h.Datum)), Secret: h.Secret || h.Hidden, Source: h.Source, Purposes: h.Purposes, Rule: h.Rule, Taken: h.At,
			Keep: v.text.names.Keep(string(h.UntilBy)), Public: h.Audience}
		if !h.Until.IsZero() {
			e.Until = &h.Until
		}
		switch {
		case h.File != nil:
			e.File = fmt.Sprintf("files/%s-%d", h.Datum, i+1)
		case !e.Secret:
			e.Value = string(h.Value.Expose())
		}
		out.Data = append(out.Data, e)
	}
	for _, e := range c.Events {
		out.Choices = append(out.Choices, choiceEntry{e.Choice, e.State.String(), e.At, e.Notice})
	}
	for i := range c.Requests {
		r := &c.Requests[i]
		out.Requests = append(out.Requests, requestEntry{r.Right, r.State.String(), r.Received, string(r.Text.Expose()), string(r.Answer.Expose())})
	}
	for i := range c.Passkeys {
		p := &c.Passkeys[i]
		e := passkeyEntry{Name: p.Name, Added: p.Made, Synced: p.Synced}
		if !p.Used.IsZero() {
			e.Used = &p.Used
		}
		out.Passkeys = append(out.Passkeys, e)
	}
	return out
}

// archive makes an archive: the copy in the format that was asked for, and the files.
func (v *visit) archive(format string, c *gate.Copy, of avow.SubjectRef) (name, media string, content []byte, err error) {
	all := v.gather(c)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	switch format {
	case "json":
		err = v.addFile(z, "data.json", func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			return e.Encode(&all)
		})
	case "csv":
		err = v.addFile(z, "data.csv", func(w io.Writer) error { return writeTable(w, &all) })
	default:
		err = v.addPages(z, c)
	}
	if err != nil {
		return "", "", nil, err
	}
	for i := range c.Held {
		if c.Held[i].File == nil {
			continue
		}
		if err := v.addHeldFile(z, all.Data[i].File, &c.Held[i], of); err != nil {
			return "", "", nil, err
		}
	}
	if err := z.Close(); err != nil {
		return "", "", nil, err
	}
	return string(v.id) + "-" + v.now.Format(time.DateOnly) + "-" + format + ".zip", "application/zip", b.Bytes(), nil
}

// addPages writes the page of a copy in the reader's language, and beside it in every
// other one that the policy is published in: nobody can ask a folder for another language.
func (v *visit) addPages(z *zip.Writer, c *gate.Copy) error {
	var editions []pageEdition
	for _, tag := range v.centre.set.Languages() {
		tongue, ok := v.centre.set.In(tag)
		if own := tag == v.tongue.Tag(); !ok || !own && !published(v.program, tag) {
			continue
		}
		name, err := tongue.Say("language")
		if err != nil {
			return err
		}
		editions = append(editions, pageEdition{Tag: tag, File: pageName(tag, v.tongue.Tag()), Name: name, tongue: tongue})
	}
	for _, e := range editions {
		other := *v
		other.tongue = e.tongue
		var err error
		if other.text, err = v.centre.texts.of(v.program, e.Tag, v.now); err != nil {
			return err
		}
		all := other.gather(c)
		if err := v.addFile(z, e.File, func(w io.Writer) error { return other.writePage(w, &all, editions) }); err != nil {
			return err
		}
	}
	return nil
}

// pageEdition is the page of a copy in one language.
type pageEdition struct {
	Tag, File, Name string
	tongue          *html.Tongue
}

// pageName is the file of a page: the reader's own is the one that opens first.
func pageName(tag, own string) string {
	if tag == own {
		return "index.html"
	}
	return "index." + tag + ".html"
}

func (v *visit) addFile(z *zip.Writer, name string, write func(io.Writer) error) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: v.now})
	if err != nil {
		return err
	}
	return write(w)
}

func (v *visit) addHeldFile(z *zip.Writer, name string, h *gate.Held, of avow.SubjectRef) (err error) {
	f, err := v.gate().CopyFile(v.r.Context(), v.id, of, h.Datum, h.File.ID)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	return v.addFile(z, name, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}

// writeTable writes one row for each value. A value that a spreadsheet would take
// for a formula gets an apostrophe before it.
func writeTable(w io.Writer, c *copied) error {
	t := csv.NewWriter(w)
	rows := [][]string{{"datum", "name", "value", "file", "source", "purposes", "rule", "collected", "kept_until", "kept"}}
	for i := range c.Data {
		e := &c.Data[i]
		until := ""
		if e.Until != nil {
			until = e.Until.Format(time.RFC3339)
		}
		var why []string
		for _, p := range e.Purposes {
			why = append(why, string(p))
		}
		rows = append(rows, []string{string(e.Datum), html.PlainCell(e.Name), html.PlainCell(e.Value), e.File, string(e.Source), strings.Join(why, " "), string(e.Rule), e.Taken.Format(time.RFC3339), until, html.PlainCell(e.Keep)})
	}
	if err := t.WriteAll(rows); err != nil {
		return err
	}
	return t.Error()
}

// offline is the page of a copy. It needs nothing from anywhere: it opens from a
// folder, without a network, for as long as there are browsers.
var offline = template.Must(template.New("offline").Parse(`<!DOCTYPE html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self'">
<title>{{.Title}}</title>
<style>body{font:1rem/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b2226;background:#fff}h1{font-size:1.6rem;line-height:1.25}table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{text-align:left;vertical-align:top;padding:.5rem .8rem .5rem 0;border-bottom:1px solid #d8dee2;overflow-wrap:anywhere}h1,h2,h3,p{overflow-wrap:anywhere}@media (max-width:40rem){thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}tr{display:block;padding:.5rem 0;border-bottom:1px solid #d8dee2}th,td{display:block;border:0;padding:.1rem 0}}thead th{color:#566069;font-weight:500}p.soft{color:#566069}@media (prefers-color-scheme:dark){body{color:#e4e9eb;background:#13191d}th,td,tr{border-color:#37424a}thead th,p.soft{color:#a7b1b8}a{color:#7cc4e2}}@media print{body{margin:0;max-width:none;color:#000;background:#fff}nav{display:none}th,td,tr{border-color:#999}thead{display:table-header-group}tr{break-inside:avoid}thead th,p.soft,a{color:#000}}</style>
</head><body>{{if gt (len .Editions) 1}}<nav>{{range .Editions}}{{if eq .Tag $.Lang}}<span aria-current="page">{{.Name}}</span> {{else}}<a href="{{.File}}" lang="{{.Tag}}" hreflang="{{.Tag}}">{{.Name}}</a> {{end}}{{end}}</nav>{{end}}<main><h1>{{.Title}}</h1><p class="soft">{{.Made}}</p>
<table><thead><tr>{{range .Columns}}<th scope="col">{{.}}</th>{{end}}</tr></thead><tbody>
{{range .Rows}}<tr><th scope="row">{{.Name}}</th><td>{{if .File}}<a href="{{.File}}">{{.File}}</a>{{else if .Secret}}{{$.Withheld}}{{else}}{{.Value}}{{end}}</td><td>{{.Why}}</td><td>{{.Taken}}</td><td>{{.Until}}</td></tr>
{{end}}</tbody></table>
{{if .Choices}}<h2>{{.ChoicesTitle}}</h2><table><tbody>{{range .Choices}}<tr><th scope="row">{{.Name}}</th><td>{{.State}}</td><td>{{.At}}</td></tr>{{end}}</tbody></table>{{end}}
{{if .Passkeys}}<h2>{{.PasskeysTitle}}</h2><table><tbody>{{range .Passkeys}}<tr><th scope="row">{{.Name}}</th><td>{{.State}}</td><td>{{.At}}</td></tr>{{end}}</tbody></table>{{end}}
{{if .Requests}}<h2>{{.RequestsTitle}}</h2>{{range .Requests}}<h3>{{.Right}}</h3><p>{{.Text}}</p>{{with .Answer}}<p><em>{{.}}</em></p>{{end}}{{end}}{{end}}
<p class="soft">{{.Hash}}</p></main></body></html>
`))

func (v *visit) writePage(w io.Writer, c *copied, editions []pageEdition) error {
	type row struct {
		Name, Value, File, Why, Taken, Until string
		Secret                               bool
	}
	type line struct{ Name, State, At string }
	type asked struct{ Right, Text, Answer string }
	page := struct {
		Lang, Title, Made, Withheld, ChoicesTitle, RequestsTitle string
		Columns                                                  []string
		Rows                                                     []row
		Choices, Passkeys                                        []line
		PasskeysTitle                                            string
		Requests                                                 []asked
		Hash                                                     avow.Hash
		Editions                                                 []pageEdition
	}{Editions: editions, Lang: v.tongue.Tag(), Title: v.t("copy.page-title", "name", v.text.names.Product()), Made: v.t("copy.page-made", "date", v.tongue.Moment(c.Made)), Withheld: v.t("data.secret"),
		ChoicesTitle: v.t("nav.choices"), RequestsTitle: v.t("nav.requests"), PasskeysTitle: v.t("passkeys.title"), Hash: c.Hash,
		Columns: []string{v.t("col.what"), v.t("col.value"), v.t("col.why"), v.t("col.taken"), v.t("col.until")}}
	for i := range c.Data {
		e := &c.Data[i]
		r := row{Name: e.Name, Value: e.Value, File: e.File, Secret: e.Secret, Taken: v.tongue.Date(e.Taken), Until: e.Keep, Why: strings.Join(v.titlesOf(e.Purposes), "; ")}
		if e.Until != nil {
			r.Until = v.tongue.Date(*e.Until)
		}
		page.Rows = append(page.Rows, r)
	}
	for _, e := range c.Choices {
		page.Choices = append(page.Choices, line{v.text.names.Title("choices", string(e.Choice)), v.t("choices.said-" + e.State), v.tongue.Moment(e.At)})
	}
	for _, p := range c.Passkeys {
		l := line{Name: p.Name, State: v.t("passkeys.device"), At: v.tongue.Moment(p.Added)}
		if l.Name == "" {
			l.Name = v.t("passkeys.unnamed")
		}
		if p.Synced {
			l.State = v.t("passkeys.synced")
		}
		page.Passkeys = append(page.Passkeys, l)
	}
	for _, r := range c.Requests {
		page.Requests = append(page.Requests, asked{v.t("right." + r.Right), r.Text, r.Answer})
	}
	return offline.Execute(w, page)
}
