package vet

import "fmt"

// waiver looks for disclaimers that a duty of law cannot be disclaimed by. That
// other sites have their own policies is true, and no waiver.
func waiver(v *view) {
	duties := map[string]string{
		"others-use-of-published-data": "whoever publishes data answers for what can be foreseen of it",
		"leaks-unavoidable":            "security measures and telling people of a leak are duties of law",
		"minor-and-guardian-liable":    "the protection of minors cannot be shifted to them",
		"beyond-control":               "an intrusion is an incident: it is prevented, handled and told",
	}
	for i := range v.file.Waivers {
		e := &v.file.Waivers[i]
		duty, ok := duties[e.Of.Text]
		if !ok {
			continue
		}
		v.note(Finding{
			Severity: Warning, What: fmt.Sprintf("%s disclaims what the law lays on the operator", e.ID.Text),
			Why: duty + "; the disclaimer is void and switches nothing off",
			Try: "take it out; say what is done about the risk instead",
		}, v.at(&e.Head, e.Of.Pos))
	}
}
