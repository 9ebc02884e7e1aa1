package centre

import (
	"net/http"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/web/html"
)

type deleteBody struct {
	Name  string
	Count int
	Why   []string
	Told  []string
	Back  string
}

// deleteForm says what deleting one kind of data means before it is done.
func (v *visit) deleteForm() error {
	held, err := v.heldOf()
	if err != nil {
		return err
	}
	t := thing{}
	for i := range held {
		v.fill(&t, &held[i])
	}
	told, err := v.received(held[0].Datum)
	if err != nil {
		return err
	}
	p := v.page("delete")
	p.Title = v.t("delete.title", "name", v.text.names.Of("data", string(held[0].Datum)))
	p.Back = &html.Link{Text: v.t("nav.data"), Href: v.at("/data")}
	return v.render(http.StatusOK, p, deleteBody{Name: v.text.names.Of("data", string(held[0].Datum)), Count: len(held), Why: t.Why, Told: told, Back: v.at("/data")})
}

// deleteData erases one kind of data, in every store and backup.
func (v *visit) deleteData() error {
	held, err := v.heldOf()
	if err != nil {
		return err
	}
	if _, err := v.gate().EraseData(v.r.Context(), v.id, v.ref(), []avow.Datum{held[0].Datum}); err != nil {
		return err
	}
	return v.to("/data", "deleted")
}

// heldOf returns what is held of the kind that the address names, without values.
func (v *visit) heldOf() ([]gate.Held, error) {
	all, err := v.gate().Holdings(v.r.Context(), v.id, v.ref())
	if err != nil {
		return nil, err
	}
	var out []gate.Held
	for _, h := range all {
		if string(h.Datum) == v.r.PathValue("datum") && !h.Hidden {
			out = append(out, h)
		}
	}
	if len(out) == 0 {
		return nil, &avow.Error{Code: avow.Unknown, Message: "nothing of this kind is held", Try: "choose something from the list"}
	}
	return out, nil
}
