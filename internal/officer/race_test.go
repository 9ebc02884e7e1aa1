package officer_test

import (
	"context"
	"errors"
	"testing"

	"avow.dev/gate"
	"avow.dev/internal/officer"
)

// between is a store that lets something happen once, after an account was read and before
// it is written.
type between struct {
	officer.Store
	act func()
}

func (b *between) Commit(ctx context.Context, c *gate.Change) (int64, error) {
	if act := b.act; act != nil {
		b.act = nil
		act()
	}
	return b.Store.Commit(ctx, c)
}

// TestOneOfTwoChangesAnAccount: an account that is disabled while its owner makes it theirs
// stays disabled, and an invitation makes it the account of one.
func TestOneOfTwoChangesAnAccount(t *testing.T) {
	t.Parallel()
	w := setup(t)
	b := &between{Store: w.store}
	other := officer.New(b, w.clock, 2)
	e := map[string]officer.Enrolment{}
	accept := func(k *officer.Keeper, login, invitation string) error {
		t.Helper()
		if e[login].Secret == "" {
			made, err := k.Enrol(t.Context(), invitation, "Avow", "")
			must(t, err)
			e[login], w.secrets[login] = made, made.Secret
		}
		return k.Accept(t.Context(), invitation, password, e[login].Secret, w.code(login))
	}
	state := func(login string) string {
		t.Helper()
		all, err := w.List(t.Context())
		must(t, err)
		for _, a := range all {
			if a.Login == login {
				return a.State
			}
		}
		return ""
	}

	ada := w.invite("ada", "a", officer.Auditor)
	b.act = func() { must(t, w.Disable(t.Context(), "ada")) }
	if err := accept(other, "ada", ada); !errors.Is(err, officer.ErrInvitation) || state("ada") != officer.Disabled {
		t.Errorf("disabled meanwhile: %v, and the account is %s", err, state("ada"))
	}
	bo := w.invite("bo", "b", officer.Auditor)
	b.act = func() { must(t, accept(w.Keeper, "bo", bo)) }
	if err := accept(other, "bo", bo); !errors.Is(err, officer.ErrInvitation) || state("bo") != officer.Active {
		t.Errorf("made somebody's meanwhile: %v, and the account is %s", err, state("bo"))
	}
	// Whatever came before, the account goes through all its states again.
	must(t, w.Disable(t.Context(), "bo"))
	again, err := w.Reinvite(t.Context(), "bo")
	must(t, err)
	must(t, accept(w.Keeper, "bo", again))
	must(t, w.Disable(t.Context(), "bo"))
}
