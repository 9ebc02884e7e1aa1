// Package webhook signs requests and checks them, as the Standard Webhooks
// specification says (1.0.0, "Signature scheme"): whoever holds the key can tell who
// sent a request, when, and that nobody changed or replayed it.
//
// [Receiver] is the other side of a hand-over by webhook: an HTTP handler for the
// recipient's own program, which gets nothing but data that was meant for it, each
// once, with the purpose for which it may be used; and which is told when data that it got
// was erased or corrected where it came from.
package webhook
