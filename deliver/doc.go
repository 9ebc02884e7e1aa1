// Package deliver carries messages to people: it takes what is due from the gate's
// outbox, hands it to the driver of its channel, and settles it.
//
// Delivery is at least once. Each attempt of a message carries the same id (the
// Message-ID of a mail, the webhook-id of an HTTP request), so that whoever takes
// it over can tell a repetition.
//
// Addresses and texts pass through here in the clear and go nowhere else: errors
// are constant, and nothing of a message is logged.
package deliver
