package main

import (
	"strings"
	"time"

	"avow.dev"
	"avow.dev/policy"
)

// parseStanding reads where a person stands from words of the command line.
// Without any it is somebody who has accepted the policy and has an open account.
func parseStanding(p *policy.Program, words []string, now time.Time) (avow.Standing, error) {
	s := avow.Standing{}
	if len(words) == 0 {
		words = []string{"account=open", "acceptance=accepted"}
	}
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		if !setStanding(&s, p, key, value, now) {
			return s, usage("--standing %s: write account=none|open|frozen|closing|closed, acceptance=accepted|refused|outdated, age=adult|minor, "+
				"choice/ID=given|refused|withdrawn|expired, document/ID=VERSION, guardian=yes, signal=gpc or hold=yes", w)
		}
	}
	return s, nil
}

func setStanding(s *avow.Standing, p *policy.Program, key, value string, now time.Time) bool {
	if id, ok := strings.CutPrefix(key, "choice/"); ok {
		return setChoice(s, avow.Choice(id), value, now)
	}
	if id, ok := strings.CutPrefix(key, "document/"); ok {
		s.Documents = append(s.Documents, avow.Acceptance{State: avow.AcceptedPolicy, Policy: p.Hash(), Version: id + "@" + value, At: now})
		return value != ""
	}
	switch key + "=" + value {
	case "acceptance=accepted":
		s.Acceptance = avow.Acceptance{State: avow.AcceptedPolicy, Policy: p.Hash(), Version: p.Version(), At: now}
	case "acceptance=outdated":
		s.Acceptance = avow.Acceptance{State: avow.AcceptedPolicy, Policy: "sha256:outdated", At: now}
	case "acceptance=refused":
		s.Acceptance = avow.Acceptance{State: avow.RefusedPolicy, Policy: p.Hash(), At: now}
	case "age=adult":
		s.Age = avow.KnownAdult
	case "age=minor":
		s.Age = avow.KnownMinor
	case "guardian=yes":
		s.Guardian = true
	case "signal=gpc":
		s.Signals, s.SignalAt = s.Signals|avow.SignalGPC, now
	case "hold=yes":
		s.Hold = true
	default:
		return key == "account" && setAccount(s, value)
	}
	return true
}

func setAccount(s *avow.Standing, word string) bool {
	for _, a := range []avow.AccountState{avow.NoRelation, avow.Open, avow.Frozen, avow.Closing, avow.Closed} {
		if a.String() == word {
			s.Account = a
			return true
		}
	}
	return false
}

func setChoice(s *avow.Standing, id avow.Choice, word string, now time.Time) bool {
	c := avow.Chosen{Choice: id, At: now}
	switch word {
	case "given":
		c.State = avow.Given
	case "refused":
		c.State = avow.Refused
	case "withdrawn":
		c.State = avow.Withdrawn
	case "expired":
		c.State, c.At, c.Expires = avow.Given, now.Add(-2*time.Hour), now.Add(-time.Hour)
	default:
		return false
	}
	s.Choices = append(s.Choices, c)
	return true
}
