package avow

import (
	"errors"
	"fmt"
	"time"
)

// Receipt says that a request was decided and that the evidence of it is
// recorded. Recorded evidence is later sealed (in the tree) and published (in
// a signed checkpoint).
type Receipt struct {
	Policy  PolicyID
	Index   int64    // of the leaf in the policy's log
	Leaf    [16]byte // id of the leaf
	At      time.Time
	Verdict Verdict
	Observe bool // the policy only observes: a refusal was recorded and let pass
}

// Refusal is the error that a refused request returns. It carries the whole
// decision and the receipt of its evidence, and no submitted value.
type Refusal struct {
	Receipt  Receipt
	Decision Decision
}

// Error names the reasons by their codes.
func (r *Refusal) Error() string {
	return fmt.Sprintf("refused: %v", r.Decision.Reasons.Codes())
}

// Code classifies an [Error] for callers; the door maps it to a status.
type Code string

// The error codes.
const (
	Invalid     Code = "invalid"     // the request cannot be read as meant
	Unknown     Code = "unknown"     // no such policy, subject, request or leaf
	Conflict    Code = "conflict"    // somebody else changed it first, or it exists already
	Forbidden   Code = "forbidden"   // the caller may not ask this
	TooLarge    Code = "too-large"   // over a declared limit
	TooMany     Code = "too-many"    // over a declared rate
	Unavailable Code = "unavailable" // try again later; nothing was done
	Gone        Code = "gone"        // erased
	Internal    Code = "internal"
)

// Error is an error for three readers: Code for programs, Message and Try for
// people, and the wrapped cause for operators. Message and Try are constant
// texts: they never hold a submitted value.
type Error struct {
	Code    Code
	Message string
	Try     string
	Cause   error
}

// Error returns the constant part only, which is safe to log.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// CodeOf returns the code of the first *Error in err's chain, or Internal.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
