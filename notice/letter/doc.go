// Package letter holds the texts of outgoing messages: one template per occasion,
// in every language, filled with what is not personal.
//
// A template lists its parameters and what each may be (a date, a number, a link, a
// one-time code), and whatever does not look like that is refused. So no name, no
// address and no value of a person finds a way into the text of a message: what is
// personal is read behind the sign-in, where the link leads.
//
// A template that promotes anything says so in its list. One that reads like
// promotion and does not say so counts as promotion all the same.
package letter
