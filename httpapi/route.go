package httpapi

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
	"avow.dev/internal/strict"
	"avow.dev/policy"
)

// operation is what a route is and who may take it.
type operation struct {
	id      string
	method  string
	path    string // as in the OpenAPI document
	pattern string // of the multiplexer, where it differs from path
	tag     string
	summary string
	doc     string
	scopes  auth.Scope // 0: open to everyone
	once    bool       // takes an Idempotency-Key
	verb    avow.Verb  // for the metrics
	example string     // of the request body
	media   string     // of an answer that is not JSON
	upload  bool       // the body is a form with a file
	params  []param
}

type param struct{ name, in, doc, example string }

// route is an operation with the types of its bodies.
type route struct {
	operation
	in, out reflect.Type // nil: none
}

// call is one request on its way through an operation.
type call struct {
	context.Context
	policy  avow.PolicyID
	program *policy.Program
	token   auth.Token
	r       *http.Request
	replay  *gate.Replay
	gate    *gate.Gate
}

// post adds an operation with a JSON body, which is read exactly.
func post[I, O any](d *Door, op operation, act func(*call, *I) (O, error)) error {
	plan, err := strict.Compile[I]()
	if err != nil {
		return err
	}
	op.method = http.MethodPost
	d.add(op, reflect.TypeFor[I](), reflect.TypeFor[O](), func(w http.ResponseWriter, r *http.Request) {
		c, err := d.admit(r, &op)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		b, err := d.read(w, r)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		defer d.give(b)
		var in I
		defer wipe(&in)
		if err := plan.Decode(b.Bytes(), &in); err != nil {
			d.fail(w, r, err)
			return
		}
		if err := d.identify(c, &op, b.Bytes()); err != nil {
			d.fail(w, r, err)
			return
		}
		out, err := act(c, &in)
		d.count(c, &op, out, err)
		if c.replay != nil && c.replay.Done() {
			w.Header().Set("Idempotency-Replayed", "true")
		}
		if err != nil {
			d.fail(w, r, err)
			return
		}
		d.answer(w, r, out)
	})
	return nil
}

// get adds an operation that only reads, for callers with a token.
func get[O any](d *Door, op operation, act func(*call) (O, error)) {
	op.method = http.MethodGet
	d.add(op, nil, reflect.TypeFor[O](), func(w http.ResponseWriter, r *http.Request) {
		c, err := d.admit(r, &op)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		out, err := act(c)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		d.answer(w, r, out)
	})
}

// open adds a page for everyone, which writes its own answer.
func (d *Door) open(op operation, serve func(http.ResponseWriter, *http.Request) error) {
	op.method = http.MethodGet
	d.add(op, nil, nil, d.shared(func(w http.ResponseWriter, r *http.Request) {
		if err := serve(w, r); err != nil {
			d.fail(w, r, err)
		}
	}))
}

func (d *Door) add(op operation, in, out reflect.Type, serve http.HandlerFunc) {
	if op.pattern == "" {
		op.pattern = op.path
	}
	d.routes = append(d.routes, &route{op, in, out})
	d.mux.HandleFunc(op.method+" "+op.pattern, func(w http.ResponseWriter, r *http.Request) {
		if seen, ok := w.(*recorder); ok {
			seen.route = op.id
		}
		serve(w, r)
	})
}

// officer is the person who acts with the caller's token.
func (c *call) officer(role avow.Role) gate.Officer {
	return gate.Officer{Person: c.token.Person, Via: c.token.ID, Role: role}
}

// identify prepares a request that carries an Idempotency-Key.
func (d *Door) identify(c *call, op *operation, body []byte) error {
	keys := c.r.Header.Values("Idempotency-Key")
	if !op.once || len(keys) == 0 {
		return nil
	}
	if len(keys) != 1 || keys[0] == "" || len(keys[0]) > maxKey {
		return &avow.Error{Code: avow.Invalid, Message: "the Idempotency-Key is not usable", Try: "send one key of 1 to 128 characters, such as a random UUID"}
	}
	c.replay = gate.NewReplay(c.token.ID, keys[0], op.id, body)
	c.Context = gate.Once(c.Context, c.replay)
	return nil
}

const maxKey = 128

// admit lets a caller in who may take this operation.
func (d *Door) admit(r *http.Request, op *operation) (*call, error) {
	if r.URL.RawQuery != "" {
		return nil, &avow.Error{Code: avow.Invalid, Message: "this operation takes no query", Try: "send everything in the body; addresses end up in logs"}
	}
	t, err := d.caller(r)
	if err != nil {
		return nil, err
	}
	if err := op.allows(&t); err != nil {
		return nil, err
	}
	c := &call{Context: r.Context(), token: t, r: r, gate: d.cfg.Gate}
	name := r.PathValue("policy")
	if name == "" {
		return c, nil
	}
	c.policy = avow.PolicyID(name)
	if !t.May(c.policy) {
		return nil, &avow.Error{Code: avow.Forbidden, Message: "this token does not speak for the policy", Try: "use a token that was issued for it"}
	}
	c.program, err = d.cfg.Gate.Program(c.policy)
	return c, err
}

// caller finds out who asks.
func (d *Door) caller(r *http.Request) (auth.Token, error) {
	now, secret := d.now(), bearer(r)
	if !d.pace.mayTry(r.RemoteAddr, now) && !d.cfg.Auth.Seen(secret) {
		return auth.Token{}, &avow.Error{Code: avow.TooMany, Message: "too many requests from here came without a live token", Try: "wait a minute, and check the token"}
	}
	t, err := d.cfg.Auth.Check(r.Context(), secret)
	switch {
	case err == nil:
		return t, d.pace.token(t.ID, now)
	case errors.Is(err, auth.ErrMalformed), errors.Is(err, auth.ErrUnknown), errors.Is(err, auth.ErrExpired), errors.Is(err, auth.ErrRevoked):
		d.pace.failed(r.RemoteAddr, now)
		return auth.Token{}, errNobody
	}
	return auth.Token{}, &avow.Error{Code: avow.Unavailable, Message: "the token could not be checked", Try: "try again later", Cause: err}
}

// errNobody says the same whatever was wrong with the token.
var errNobody = errors.New("no live token")

func bearer(r *http.Request) string {
	values := r.Header.Values("Authorization")
	const scheme = "Bearer "
	if len(values) != 1 || len(values[0]) < len(scheme) || !strings.EqualFold(values[0][:len(scheme)], scheme) {
		return ""
	}
	return values[0][len(scheme):]
}
