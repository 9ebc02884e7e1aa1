package httpapi

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"avow.dev"
	"avow.dev/internal/strict"
	"avow.dev/policy"
)

// statuses is the one table between error codes and HTTP statuses. For a code,
// the first row counts; for a status, the only one.
var statuses = [...]struct {
	code   avow.Code
	status int
	title  string
}{
	{avow.Invalid, http.StatusUnprocessableEntity, "The request cannot be carried out as it is meant"},
	{avow.Invalid, http.StatusBadRequest, "The request cannot be read"},
	{avow.Invalid, http.StatusMethodNotAllowed, "This address takes another method"},
	{avow.Invalid, http.StatusUnsupportedMediaType, "The body is of another type"},
	{avow.Unknown, http.StatusNotFound, "There is no such thing"},
	{avow.Conflict, http.StatusConflict, "It has changed, or exists already"},
	{avow.Forbidden, http.StatusForbidden, "The caller may not ask this"},
	{avow.Forbidden, http.StatusUnauthorized, "Nobody is signed in"},
	{avow.TooLarge, http.StatusRequestEntityTooLarge, "The request is too large"},
	{avow.TooMany, http.StatusTooManyRequests, "Too many requests"},
	{avow.Unavailable, http.StatusServiceUnavailable, "Not now"},
	{avow.Unavailable, http.StatusRequestTimeout, "The request took too long to arrive"},
	{avow.Gone, http.StatusGone, "It has ended"},
	{avow.Internal, http.StatusInternalServerError, "Something went wrong here"},
}

// StatusOf returns the HTTP status that the door answers for a code.
func StatusOf(code avow.Code) int {
	for i := range statuses {
		if statuses[i].code == code {
			return statuses[i].status
		}
	}
	return http.StatusInternalServerError
}

// CodeOf returns the code that a status of the door stands for, for clients. A
// refusal by a policy is 403 too; its problem has the code "refused".
func CodeOf(status int) avow.Code {
	for i := range statuses {
		if statuses[i].status == status {
			return statuses[i].code
		}
	}
	return avow.Internal
}

func titleOf(status int) string {
	for i := range statuses {
		if statuses[i].status == status {
			return statuses[i].title
		}
	}
	return http.StatusText(status)
}

// httpError is an error with a status of its own.
type httpError struct {
	status int
	err    avow.Error
}

// Error returns the constant part.
func (h *httpError) Error() string { return h.err.Error() }

// problemBase begins the type of every problem (RFC 9457). The types are
// identifiers: the same at every door, and described at /docs.
const problemBase = "https://avow.dev/problems/"

// Problem is the answer to a request that was not carried out (RFC 9457).
type Problem struct {
	Type   string `json:"type" format:"uri" doc:"Which problem: the address ends in the code of the first reason, or of the error." example:"https://avow.dev/problems/consent-missing"`
	Title  string `json:"title" doc:"The same for every problem of the type." example:"The policy refuses"`
	Status int64  `json:"status" doc:"The HTTP status." example:"403"`
	Code   string `json:"code" enum:"refused,invalid,unknown,conflict,forbidden,too-large,too-many,unavailable,gone,internal" doc:"For programs." example:"refused"`
	Detail string `json:"detail" doc:"What is wrong. A constant text: no submitted value ever stands in it."`
	Try    string `json:"try,omitempty" doc:"What to do about it."`
	Where  string `json:"where,omitempty" doc:"The place in the request." example:"items[2].datum"`

	Reasons []Reason `json:"reasons,omitempty" nullable:"false" doc:"Refusals: every ground against the request, in their fixed order."`
	Rulings []Ruling `json:"rulings,omitempty" nullable:"false" doc:"Refusals: the decision on each datum, in the order of the request."`
	Policy  string   `json:"policy_hash,omitempty" doc:"Refusals: the text of the policy that decided." example:"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Receipt *Receipt `json:"receipt,omitempty" doc:"Refusals: the evidence."`
}

// Reason is one ground, for programs and for people.
type Reason struct {
	Code     string   `json:"code" example:"consent-missing"`
	Sentence Sentence `json:"sentence"`
}

// Sentence is a text in both languages.
type Sentence struct {
	En string `json:"en" example:"You have not been asked for your consent to this, or have not answered."`
	Zh string `json:"zh" example:"尚未就此征求您的同意，或您尚未答复。"`
}

// Ruling is the decision on one datum.
type Ruling struct {
	Item    int64    `json:"item" doc:"Place of the datum in the request, from 0."`
	Datum   string   `json:"datum,omitempty" doc:"The datum; left out if the policy does not declare it." example:"email"`
	Verdict string   `json:"verdict" enum:"allow,refuse"`
	Reasons []string `json:"reasons" nullable:"false" doc:"Codes of the grounds against it." example:"[\"consent-missing\"]"`
	Rule    string   `json:"rule,omitempty" doc:"The rule that decided or came nearest." example:"take-account"`
	Clauses []string `json:"clauses" nullable:"false" doc:"Clauses of the original text that the rule carries." example:"[\"CLUB-1\"]"`
}

// Receipt says that the evidence is recorded.
type Receipt struct {
	Policy  string    `json:"policy" example:"club"`
	Index   int64     `json:"index" doc:"Place of the leaf in the policy's log; -1 if it has none or, for a repeated request, can no longer be found quickly." example:"4711"`
	Leaf    string    `json:"leaf" doc:"Id of the leaf, 32 hex digits." example:"0a8f1c2d3e4f5061728394a5b6c7d8e9"`
	At      time.Time `json:"at"`
	Verdict string    `json:"verdict" enum:"allow,refuse"`
	Observe bool      `json:"observe,omitempty" doc:"True if the policy only observes: a refusal was recorded and let pass."`
}

func receiptOf(r avow.Receipt) Receipt {
	return Receipt{string(r.Policy), r.Index, hex.EncodeToString(r.Leaf[:]), r.At, r.Verdict.String(), r.Observe}
}

func reasonsOf(set avow.Reasons) []Reason {
	out := make([]Reason, 0, set.Len())
	for r := range set.All() {
		out = append(out, Reason{r.String(), Sentence(policy.Told(r))})
	}
	return out
}

// refused describes a refusal. data are the words that were sent; only those
// that the policy declares are named.
func refused(r *avow.Refusal, data []string) Problem {
	p := Problem{Type: problemBase + "refused", Title: "The policy refuses", Status: http.StatusForbidden, Code: "refused",
		Reasons: reasonsOf(r.Decision.Reasons), Rulings: rulingsOf(r.Decision.Rulings, data), Policy: string(r.Decision.Policy)}
	if len(p.Reasons) > 0 {
		p.Type, p.Detail = problemBase+p.Reasons[0].Code, p.Reasons[0].Sentence.En
	}
	receipt := receiptOf(r.Receipt)
	p.Receipt = &receipt
	return p
}

func rulingsOf(rulings []avow.Ruling, data []string) []Ruling {
	out := make([]Ruling, 0, len(rulings))
	for i := range rulings {
		r := &rulings[i]
		ruling := Ruling{Item: int64(i), Verdict: r.Verdict.String(), Reasons: r.Reasons.Codes(), Rule: string(r.Rule), Clauses: strs(r.Clauses)}
		if i < len(data) {
			ruling.Datum = data[i]
		}
		out = append(out, ruling)
	}
	return out
}

func strs[S ~string](in []S) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}

// problemOf describes an error. An error that is none of ours is told as an
// internal one, and its text stays inside.
func problemOf(err error) Problem {
	if r, ok := errors.AsType[*refusal](err); ok {
		return refused(r.Refusal, r.data)
	}
	if r, ok := errors.AsType[*avow.Refusal](err); ok {
		return refused(r, nil)
	}
	if f, ok := errors.AsType[*strict.Fault](err); ok {
		return faultProblem(f)
	}
	if errors.Is(err, errNobody) {
		return problem(http.StatusUnauthorized, avow.Error{Message: "no token was sent, or none that is live", Try: "send Authorization: Bearer and a token"})
	}
	if h, ok := errors.AsType[*httpError](err); ok {
		return problem(h.status, h.err)
	}
	if e, ok := errors.AsType[*avow.Error](err); ok {
		return problem(StatusOf(e.Code), *e)
	}
	return problem(http.StatusInternalServerError, avow.Error{Message: "something went wrong here", Try: "see the server's log"})
}

func problem(status int, e avow.Error) Problem {
	code := string(CodeOf(status))
	return Problem{Type: problemBase + code, Title: titleOf(status), Status: int64(status), Code: code, Detail: e.Message, Try: e.Try}
}

func faultProblem(f *strict.Fault) Problem {
	status := http.StatusUnprocessableEntity
	switch {
	case f.Malformed:
		status = http.StatusBadRequest
	case f.TooLarge:
		status = http.StatusRequestEntityTooLarge
	}
	p := problem(status, avow.Error{Message: f.Error(), Try: f.Try})
	p.Where = f.Where
	return p
}

// refusal is a refusal together with the declared words of the request.
type refusal struct {
	*avow.Refusal
	data []string
}

// Unwrap returns the refusal itself.
func (r *refusal) Unwrap() error { return r.Refusal }

// named adds the data that were asked for to a refusal, so far as the policy
// declares them.
func named[D ~string](c *call, err error, data []D) error {
	r, ok := errors.AsType[*avow.Refusal](err)
	if !ok {
		return err
	}
	words := make([]string, len(data))
	for i, d := range data {
		if _, known := c.program.Datum(avow.Datum(d)); known {
			words[i] = string(d)
		}
	}
	return &refusal{r, words}
}

// fail answers an error.
func (d *Door) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError && p.Status != http.StatusServiceUnavailable {
		d.report(r, err)
	}
	h := w.Header()
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="avow"`)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	}
	raw, err := json.Marshal(p)
	if err != nil { // a Problem holds nothing that cannot be written
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	w.WriteHeader(int(p.Status))
	d.send(w, raw)
}

// report tells the operator of an error that is ours. The route's pattern says
// where; the request itself is not looked at.
func (d *Door) report(r *http.Request, err error) {
	text := "an error of a kind that is not known"
	if e, ok := errors.AsType[*avow.Error](err); ok {
		text = e.Error()
		if e.Cause != nil {
			text += ": " + e.Cause.Error()
		}
	}
	d.cfg.Log.Error("request failed", "route", r.Pattern, "error", text)
}

// answer writes an answer that may hold personal data.
func (d *Door) answer(w http.ResponseWriter, r *http.Request, out any) {
	raw, err := json.Marshal(out)
	if err != nil {
		d.fail(w, r, &avow.Error{Code: avow.Internal, Message: "the answer could not be written", Try: "see the server's log", Cause: err})
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	d.send(w, raw)
}

// send writes the body of an answer. If the caller is gone nobody is left to be
// told: what was done is done, and its evidence says so.
func (d *Door) send(w http.ResponseWriter, raw []byte) {
	if _, err := w.Write(raw); err != nil {
		d.meter.unsent.Inc()
	}
}
