package gate_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/store/sqlite"
	"avow.dev/vault"
)

// A program embeds a gate: it opens a store and the keys, puts its policy in
// force, and from then on asks the gate for everything that is personal.
func Example() {
	dir, err := os.MkdirTemp("", "avow")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := embed(context.Background(), dir); err != nil {
		log.Fatal(err)
	}
	// Output:
	// nobody has agreed yet: refused: [no-account not-accepted]
	// signed up, evidence 3
	// li@mail.example
	// for marketing: refused: [purpose-undeclared]
	// erased
}

// morning is the clock of the example. An application passes time.Now.
func morning() time.Time { return time.Date(2026, time.November, 21, 9, 30, 0, 0, time.UTC) }

func embed(ctx context.Context, dir string) error {
	program, err := load("testdata/six.yaml")
	if err != nil {
		return err
	}
	keys, err := openKeys(ctx, dir, program.ID())
	if err != nil {
		return err
	}
	store, err := sqlite.Open(ctx, sqlite.Config{Dir: dir})
	if err != nil {
		return err
	}
	g, err := gate.Open(gate.Config{Store: store, Clock: morning})
	if err != nil {
		return err
	}
	if err := g.Serve(ctx, program, keys); err != nil {
		return err
	}
	return errors.Join(live(ctx, g, program), store.Close(), keys.Close())
}

func live(ctx context.Context, g *gate.Gate, program *policy.Program) error {
	signUp := &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: "user-1", Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   []gate.Item{{Datum: "email", Value: gate.NewValue([]byte("li@mail.example"))}},
	}
	_, err := g.Collect(ctx, signUp)
	fmt.Println("nobody has agreed yet:", err)

	signUp.Agree = &gate.Agreement{Policy: program.Hash(), Accept: true, Gesture: "accept-button", Language: "en"}
	receipt, err := g.Collect(ctx, signUp)
	if err != nil {
		return err
	}
	fmt.Println("signed up, evidence", receipt.Index)

	use := avow.Request{Policy: "club", Subject: "user-1", Data: []avow.Datum{"email"}, Purpose: "manage-account", Role: "desk"}
	shown, err := g.Use(ctx, &use)
	if err != nil {
		return err
	}
	fmt.Println(string(shown.Items[0].Value.Expose()))
	use.Purpose = "marketing"
	_, err = g.Use(ctx, &use)
	fmt.Println("for marketing:", err)
	if _, err := g.Erase(ctx, "club", "user-1"); err != nil {
		return err
	}
	fmt.Println("erased")
	return nil
}

func load(path string) (*policy.Program, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	file, faults := syntax.Parse(path, src)
	if len(faults) > 0 {
		return nil, errors.New(faults.Format())
	}
	program, faults := policy.Compile(file)
	if len(faults) > 0 {
		return nil, errors.New(faults.Format())
	}
	return program, nil
}

// openKeys makes the keys of a policy in a folder of their own.
func openKeys(ctx context.Context, dir string, id avow.PolicyID) (*vault.Vault, error) {
	root, folder := filepath.Join(dir, "root.key"), filepath.Join(dir, "keys")
	if err := errors.Join(os.Mkdir(folder, 0o700), vault.CreateRootFile(root)); err != nil {
		return nil, err
	}
	key, err := vault.OpenRootFile(root)
	if err != nil {
		return nil, err
	}
	if err := vault.Init(ctx, folder, key, morning()); err != nil {
		return nil, err
	}
	ring, err := vault.Open(ctx, folder, key)
	if err != nil {
		return nil, err
	}
	if err := ring.AddPolicy(ctx, string(id), morning()); err != nil {
		return nil, err
	}
	return ring.Vault(ctx, string(id), vault.Options{})
}
