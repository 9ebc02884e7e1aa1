package centre

import (
	"encoding/hex"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/web/html"
)

// The pages of a parent or guardian. They have no account: they type the address that a
// message went to, and the code that goes there. Nothing on them belongs to whoever else
// is signed in at this browser, which families share.

type guardianDoorBody struct {
	Kinds  html.Group
	Fields []html.Field
	Act    string
	Again  string // where another code is asked for
	Faults html.Faults
}

type guardianBody struct {
	Wards   []wardLink
	Out     string
	Contact []html.Line
}

type wardLink struct {
	Name  string
	State string
	At    time.Time
	Href  string
}

// wardLine is one kind of data of a young person, without its value.
type wardLine struct {
	Name  string
	Why   []string
	Until time.Time
}

type wardBody struct {
	State    string
	Until    time.Time
	Act      string
	Erase    string
	Undo     string
	Copy     string
	Out      string
	Age      int64
	Held     []wardLine
	Choices  []choice
	To       []string
	Formats  html.Group
	Contact  []html.Line
	Policy   string
	UndoFor  string
	Leaving  *gate.Departure
	ByChild  bool // they asked for the erasure themselves
	Proof    string
	Faults   html.Faults
	Answered bool // as a guardian
}

// guardianFrame is a page that is nobody's who has an account.
func (v *visit) guardianFrame(name string) html.Page {
	p := v.page(name)
	p.Nav, p.Account, p.Notices = nil, nil, slices.DeleteFunc(p.Notices, func(n html.Notice) bool { return n.Kind == "warn" })
	return p
}

// guardianDoor asks for the address, or lists whom a guardian decides for.
func (v *visit) guardianDoor() error {
	wards, err := v.gate().Wards(v.r.Context(), v.id, v.guardianSecret())
	if gate.NoSession(err) {
		return v.guardianDoorPage(http.StatusOK, "", nil)
	}
	if err != nil {
		return err
	}
	body := guardianBody{Out: v.at("/guardian/leave"), Contact: v.complainTo()}
	for i := range wards {
		body.Wards = append(body.Wards, wardLink{v.t("guardian.one", "n", i+1), string(wards[i].State), wards[i].Asked, v.at("/guardian/of/" + wards[i].ID)})
	}
	p := v.guardianFrame("guardian")
	p.Lead = v.t("guardian.lead", "name", v.text.names.Product())
	return v.render(http.StatusOK, p, body)
}

func (v *visit) guardianDoorPage(status int, typed string, faults html.Faults) error {
	channels, err := v.guardianChannels()
	if err != nil {
		return err
	}
	body := guardianDoorBody{Act: v.at("/guardian"), Faults: faults}
	body.Kinds, body.Fields = v.guardianField(channels, typed, "guardian-door.hint", faults)
	p := v.guardianFrame("guardian-door")
	p.Lead = v.t("guardian-door.lead")
	return v.render(status, p, body)
}

// guardianChannels are the channels by which guardians are written to; nowhere else is a
// page of theirs.
func (v *visit) guardianChannels() ([]string, error) {
	channels, err := v.gate().GuardianChannels(v.id)
	if err == nil && len(channels) == 0 {
		err = errNowhere
	}
	return channels, err
}

// guardianField asks for an address of a guardian.
func (v *visit) guardianField(channels []string, typed, hint string, faults html.Faults) (html.Group, []html.Field) {
	g := html.Group{Name: "by", Legend: v.t("sign-in.kind")}
	for i, c := range channels {
		g.Options = append(g.Options, html.Option{Value: c, Label: v.t("guardian-door.by-" + c), Checked: v.r.FormValue("by") == c || v.r.FormValue("by") == "" && i == 0})
	}
	f := html.Field{Name: "address", Label: v.t("guardian-door.address"), Hint: v.t(hint), Value: typed, Required: true, Max: 254}
	if len(channels) == 1 {
		f.Type, f.Autocomplete = inputOf(map[string]string{gate.ByMail: "email", gate.BySMS: "phone"}[channels[0]]), "off"
	}
	if len(faults) > 0 && faults[0].Field == "address" {
		f.Error = faults[0].Text
	}
	return g, []html.Field{f}
}

// guardianTyped reads the address of a guardian. Who calls it wipes the value.
func (v *visit) guardianTyped(channels []string) (mail bool, to gate.Value, typed string) {
	typed = strings.TrimSpace(v.r.PostFormValue("address"))
	by := v.r.PostFormValue("by")
	if len(channels) == 1 {
		by = channels[0]
	}
	return by != gate.BySMS, gate.NewValue([]byte(typed)), typed
}

// guardianCode has a code sent. The answer is the same for an address that nobody named.
func (v *visit) guardianCode() error {
	channels, err := v.guardianChannels()
	if err != nil {
		return err
	}
	mail, to, typed := v.guardianTyped(channels)
	defer to.Wipe()
	err = v.centre.cfg.Desk.AskGuardianCode(v.w, v.r, v.id, &gate.GuardianCode{Mail: mail, To: to, Language: avow.Language(v.tongue.Tag())})
	if avow.CodeOf(err) == avow.Invalid && err != nil {
		var faults html.Faults
		faults.Add("address", v.t("sign-in.malformed"))
		return v.guardianDoorPage(http.StatusUnprocessableEntity, typed, faults)
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, v.at("/guardian/code"), http.StatusSeeOther)
	return nil
}

// guardianCodeForm asks for the code that was sent.
func (v *visit) guardianCodeForm() error { return v.guardianCodePage(http.StatusOK, nil) }

func (v *visit) guardianCodePage(status int, faults html.Faults) error {
	if _, err := v.guardianChannels(); err != nil {
		return err
	}
	if !v.centre.cfg.Desk.GuardianAsked(v.r, v.id) {
		return v.to("/guardian", "")
	}
	f := html.Field{Name: "code", Label: v.t("sign-in.code"), Hint: v.t("sign-in.code-hint"), Required: true, Autocomplete: "one-time-code", Inputmode: "numeric", Max: 12}
	if len(faults) > 0 {
		f.Error = faults[0].Text
	}
	p := v.guardianFrame("guardian-code")
	p.Lead = v.t("guardian-code.lead")
	return v.render(status, p, guardianDoorBody{Fields: []html.Field{f}, Act: v.at("/guardian/code"), Again: v.at("/guardian"), Faults: faults})
}

// guardianEnter lets a guardian in by the code.
func (v *visit) guardianEnter() error {
	code := gate.NewValue([]byte(strings.Join(strings.Fields(v.r.PostFormValue("code")), "")))
	defer code.Wipe()
	secret, err := v.centre.cfg.Desk.GuardianByCode(v.w, v.r, v.id, code)
	if gate.WrongCode(err) {
		var faults html.Faults
		faults.Add("code", v.t("guardian-code.wrong"))
		return v.guardianCodePage(http.StatusUnprocessableEntity, faults)
	}
	if err != nil {
		return err
	}
	wards, err := v.gate().Wards(v.r.Context(), v.id, secret)
	if err != nil {
		return err
	}
	if len(wards) == 1 {
		return v.to("/guardian/of/"+wards[0].ID, "")
	}
	return v.to("/guardian", "")
}

// guardianLeave ends what the code opened.
func (v *visit) guardianLeave() error {
	if err := v.centre.cfg.Desk.SignOutGuardian(v.w, v.r, v.id); err != nil {
		return err
	}
	return v.to("/guardian", "signed-out")
}

func (v *visit) guardianSecret() string { return v.centre.cfg.Desk.GuardianSecret(v.r, v.id) }

// ward shows a guardian what is held of one young person: kinds and choices, no value.
func (v *visit) ward() error { return v.wardPage(http.StatusOK, nil) }

func (v *visit) wardPage(status int, faults html.Faults) error {
	w, ref, err := v.gate().Ward(v.r.Context(), v.id, v.guardianSecret(), v.r.PathValue("ward"))
	if err != nil {
		return err
	}
	at := v.at("/guardian/of/" + w.ID)
	body := wardBody{State: string(w.State), Until: w.Until, Act: at, Erase: at + "/erase", Undo: at + "/undo", Out: v.at("/guardian/leave"), Age: gate.GuardianAge(v.program),
		Contact: v.complainTo(), Policy: v.at("/policy"), Leaving: w.Leaving, Faults: faults, Answered: w.State != gate.GuardianAsked}
	undo, err := v.gate().GuardianUndo(v.id)
	if err != nil {
		return err
	}
	body.UndoFor = v.t("period."+string(undo.Unit), "n", undo.N)
	if body.Answered && v.gate().GuardianSees(v.id) {
		body.Copy = at + "/copy"
		body.Formats = html.Group{Name: "format", Legend: v.t("copy.format")}
		for i, f := range formats {
			body.Formats.Options = append(body.Formats.Options, html.Option{Value: f, Label: v.t("copy." + f), Hint: v.t("copy." + f + "-hint"), Checked: i == 0})
		}
	}
	if w.Leaving != nil {
		body.ByChild, body.Proof = !w.Leaving.Guardian, v.at("/erased/"+hex.EncodeToString(w.Leaving.Leaf[:]))
	}
	held, err := v.gate().Holdings(v.r.Context(), v.id, ref)
	if err != nil {
		return err
	}
	for i := range held {
		h := &held[i]
		name := v.text.names.Title("data", string(h.Datum))
		if h.Hidden || slices.ContainsFunc(body.Held, func(l wardLine) bool { return l.Name == name }) {
			continue
		}
		body.Held = append(body.Held, wardLine{name, v.titlesOf(h.Purposes), h.Until})
	}
	st, err := v.gate().Standing(v.r.Context(), v.id, ref)
	if err != nil {
		return err
	}
	body.Choices = v.switches(&st)
	for i := range v.program.File().Parties {
		body.To = append(body.To, v.text.names.Of("recipients", v.program.File().Parties[i].ID.Text))
	}
	p := v.guardianFrame("ward")
	p.Lead = v.t("guardian.lead", "name", v.text.names.Product())
	p.Back = &html.Link{Text: v.t("guardian.title"), Href: v.at("/guardian")}
	return v.render(status, p, body)
}

// answerWard records what a guardian decides.
func (v *visit) answerWard() error {
	says := gate.GuardianSays(v.r.PostFormValue("answer"))
	name := v.r.PathValue("ward")
	if _, err := v.gate().AnswerGuardian(v.r.Context(), v.id, v.guardianSecret(), name, says); err != nil {
		return err
	}
	if says == gate.GuardianNotMine {
		return v.to("/guardian", "guardian-not-me")
	}
	return v.to("/guardian/of/"+name, "guardian-"+string(says))
}

// eraseWard has everything of a young person erased, after the time for a change of mind.
func (v *visit) eraseWard() error {
	if v.r.PostFormValue("sure") != "yes" {
		var faults html.Faults
		faults.Add("sure", v.t("leave.unsure"))
		return v.wardPage(http.StatusUnprocessableEntity, faults)
	}
	name := v.r.PathValue("ward")
	if _, _, err := v.gate().EraseWard(v.r.Context(), v.id, v.guardianSecret(), name); err != nil {
		return err
	}
	return v.to("/guardian/of/"+name, "guardian-erase")
}

// keepWard undoes that.
func (v *visit) keepWard() error {
	name := v.r.PathValue("ward")
	if _, err := v.gate().KeepWard(v.r.Context(), v.id, v.guardianSecret(), name); err != nil {
		return err
	}
	return v.to("/guardian/of/"+name, "guardian-kept")
}

// copyWard hands a guardian a copy at once. It is kept nowhere.
func (v *visit) copyWard() error {
	format := v.r.PostFormValue("format")
	if !slices.Contains(formats, format) {
		return &avow.Error{Code: avow.Invalid, Message: "there is no such format", Try: "choose one of the list"}
	}
	w, ref, err := v.gate().Ward(v.r.Context(), v.id, v.guardianSecret(), v.r.PathValue("ward"))
	if err != nil {
		return err
	}
	c, err := v.gate().CopyForGuardian(v.r.Context(), v.id, v.guardianSecret(), w.ID)
	if err != nil {
		return err
	}
	defer wipe(c.Held)
	name, media, content, err := v.archive(format, c, ref)
	if err != nil {
		return &avow.Error{Code: avow.Internal, Message: "the copy could not be written", Try: "try again later", Cause: err}
	}
	defer clear(content)
	h := v.w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Length", itoa(int64(len(content))))
	_, err = v.w.Write(content)
	return err
}
