package centre

import (
	"net/http"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/web/html"
)

type childrenBody struct {
	Rules     []string
	Lang      string
	Known     bool
	Band      string
	Guardian  bool
	Ask       string
	Age       int64
	Door      string // where a guardian answers; empty where none is asked
	SignIn    string
	Guardians []gate.Guardianship
	Erasing   *gate.Departure // a guardian asked for it
	Young     string          // where somebody says that they are young; empty: it is known
	Erases    bool            // who is found to be young is erased
	Name      string          // where the form goes by which a guardian is named; empty: none may be
	Kinds     html.Group
	Fields    []html.Field
	Recall    string // empty: nobody waits for an answer
	Faults    html.Faults
}

// children says in short words what holds for young people, and to a parent what
// they can do. Who is signed in says that they are young, and names a parent.
func (v *visit) children() error { return v.childrenPage(http.StatusOK, "", nil) }

func (v *visit) childrenPage(status int, typed string, faults html.Faults) error {
	f := v.program.File()
	if len(f.Minors) == 0 && !v.program.AsksGuardian() {
		return errNowhere
	}
	body := childrenBody{Lang: v.text.lang, Known: v.known, Ask: v.at("/requests/new"), SignIn: v.at("/sign-in") + "?then=" + v.at("/children"), Faults: faults}
	for i := range f.Minors {
		body.Rules = append(body.Rules, v.t("children.rule-"+f.Minors[i].Rule.Text))
		body.Age = max(body.Age, f.Minors[i].Age.N)
		body.Erases = body.Erases || f.Minors[i].Rule.Text == "erase-when-found"
	}
	channels, err := v.gate().GuardianChannels(v.id)
	if err != nil {
		return err
	}
	if len(channels) > 0 {
		body.Door = v.at("/guardian")
	}
	if v.known {
		if err := v.ownChildhood(&body, channels, typed); err != nil {
			return err
		}
	}
	p := v.page("children")
	p.Lead = v.t("children.lead")
	return v.render(status, p, body)
}

// ownChildhood says what is known of the reader's age and guardian, and what they can do.
func (v *visit) ownChildhood(body *childrenBody, channels []string, typed string) error {
	st, err := v.standing()
	if err != nil {
		return err
	}
	body.Band, body.Guardian = st.Age.String(), st.Guardian
	if st.Age == avow.AgeNotKnown {
		body.Band = ""
		if body.Age > 0 && st.Account == avow.Open {
			body.Young = v.at("/children/young")
		}
	}
	if body.Guardians, err = v.gate().Guardians(v.r.Context(), v.id, v.ref()); err != nil {
		return err
	}
	if v.waits != nil && v.waits.Guardian {
		body.Erasing = v.waits
	}
	if len(body.Guardians) > 0 && body.Guardians[0].State == gate.GuardianAsked {
		body.Recall = v.at("/children/guardian/recall")
	}
	open := len(body.Guardians) > 0 && body.Guardians[0].State != gate.GuardianEnded
	if len(channels) > 0 && !open && st.Age == avow.KnownMinor && v.waits == nil {
		body.Name = v.at("/children/guardian")
		body.Kinds, body.Fields = v.guardianField(channels, typed, "children.address-hint", body.Faults)
		body.Fields[0].Label = v.t("children.address")
	}
	return nil
}

// sayYoung records that the reader is younger than the policy's age. Where the policy
// erases whom it finds to be young, that is what happens, and so it is asked twice.
func (v *visit) sayYoung() error {
	if v.r.PostFormValue("sure") != "yes" {
		var faults html.Faults
		faults.Add("sure", v.t("children.unsure"))
		return v.childrenPage(http.StatusUnprocessableEntity, "", faults)
	}
	r, err := v.gate().FoundMinor(v.r.Context(), v.id, v.ref())
	if err != nil {
		return err
	}
	if e, err := v.gate().Evidence(v.r.Context(), v.id, r.Index); err == nil && e.Leaf.Kind == "erase-done" {
		return v.to("/certificate/"+itoa(r.Index), "")
	}
	return v.to("/children", "young")
}

// askGuardian writes to the parent or guardian whom the reader names.
func (v *visit) askGuardian() error {
	channels, err := v.guardianChannels()
	if err != nil {
		return err
	}
	mail, to, typed := v.guardianTyped(channels)
	defer to.Wipe()
	_, err = v.gate().AskGuardian(v.r.Context(), v.id, v.ref(), &gate.GuardianAsking{Mail: mail, To: to, Language: avow.Language(v.text.lang)})
	if avow.CodeOf(err) == avow.Invalid && err != nil {
		var faults html.Faults
		faults.Add("address", v.t("children.not-theirs"))
		return v.childrenPage(http.StatusUnprocessableEntity, typed, faults)
	}
	if err != nil {
		return err
	}
	return v.to("/children", "guardian-asked")
}

func (v *visit) recallGuardian() error {
	if _, err := v.gate().RecallGuardian(v.r.Context(), v.id, v.ref()); err != nil {
		return err
	}
	return v.to("/children", "guardian-recalled")
}
