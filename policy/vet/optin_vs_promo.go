package vet

import (
	"fmt"

	"avow.dev/policy/syntax"
)

// optinVsPromo looks for promotion beside marketing that comes on request only.
func optinVsPromo(v *view) {
	var onRequest *syntax.Message
	for i := range v.file.Messages {
		if m := &v.file.Messages[i]; m.Class.Text == "marketing" && len(m.Choice) > 0 && onRequest == nil {
			onRequest = m
		}
	}
	for i := range v.file.Messages {
		m := &v.file.Messages[i]
		switch class := m.Class.Text; {
		case (class == "marketing" || class == "partner-offer") && len(m.Choice) == 0:
			unrequested(v, m)
		case class == "partner-offer" && onRequest != nil:
			v.note(Finding{
				Severity: Warning, What: fmt.Sprintf("%s comes on request only, and %s promotes what others sell", onRequest.ID.Text, m.ID.Text),
				Why: "who asked for no marketing gets it under another name",
				Try: "let partner offers wait for the same request, or say where both are described that each has its own",
			}, v.on(&onRequest.Head), v.on(&m.Head))
		case class != "marketing" && class != "partner-offer" && m.Promotion.Text == "allowed":
			v.note(Finding{
				Severity: Error, What: fmt.Sprintf("%s is a message of class %s and may carry promotion", m.ID.Text, class),
				Why: "promotion in a message that people cannot refuse is marketing without a request",
				Try: "write promotion: refused", Fix: v.replaceWord(m.Promotion, "refused").safe(),
			}, v.at(&m.Head, m.Promotion.Pos))
		}
	}
}

func unrequested(v *view, m *syntax.Message) {
	v.note(Finding{
		Severity: Error, What: fmt.Sprintf("%s is marketing and waits for no choice", m.ID.Text),
		Why: "commercial messages may be sent only to people who agreed or asked",
		Try: "add choice: with a choice of kind consent",
	}, v.on(&m.Head))
}
