package avow

// PolicyID is the slug of one policy, such as "airstep".
type PolicyID string

// ClauseID names a clause of the text that a policy was written from, such as
// "AIRSTEP-7". Clause ids are stable and never re-used.
type ClauseID string

// RuleID names one rule of a policy. It is unique within the policy and stays
// the same in every language the policy is published in.
type RuleID string

// SubjectRef is how an application refers to one person (data subject). It is
// personal data: it travels in request bodies only and is never logged.
type SubjectRef string

// Datum is a kind of personal data, such as "email" (not a value of it).
type Datum string

// Purpose is why data is processed, such as "verify-identity".
type Purpose string

// Point is a collection point: where data enters, such as "sign-up".
type Point string

// Feature is a function of the product that data is bound to.
type Feature string

// Source is where a datum came from, such as "person" or "lawful-public".
type Source string

// Recipient is who receives data from the controller.
type Recipient string

// Role is who uses data inside the controller, such as "support".
type Role string

// Region is a place, as an ISO 3166 code such as "CN" or "US-CA".
type Region string

// Choice is something a person can agree to, refuse, withdraw or object to,
// for declared purposes and recipients.
type Choice string

// Hash is a policy's content hash in the form "sha256:" and 64 hex digits.
type Hash string

// Language is a BCP 47 tag such as "en" or "zh".
type Language string
