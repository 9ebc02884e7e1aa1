package exhaust

import (
	"slices"
	"time"

	"avow.dev"
	"avow.dev/policy"
)

// world is everything beside the words of a question: the person, the day and
// what has been shown.
type world struct {
	standing avow.Standing
	now      time.Time
	facts    avow.Facts
}

// knock is one deviation from a world in which all is well. Two knocks of a
// kind exclude each other.
type knock struct {
	kind, name string
	do         func(*world)
}

const allFacts = avow.Facts(1<<avow.NumFacts - 1)

// well returns the world in which nothing stands against anything: all is
// accepted, agreed to, shown, and in force.
func well(p *policy.Program) world {
	f := p.File()
	w := world{now: p.Effective().Add(time.Hour), facts: allFacts}
	w.standing = avow.Standing{
		Account:    avow.Open,
		Acceptance: avow.Acceptance{State: avow.AcceptedPolicy, Policy: p.Hash()},
		Age:        avow.KnownAdult,
	}
	for i := range f.Acceptance.Documents {
		d := &f.Acceptance.Documents[i]
		w.standing.Documents = append(w.standing.Documents, avow.Acceptance{State: avow.AcceptedPolicy, Version: d.ID.Text + "@" + d.Version.Text})
	}
	for i := range f.Choices {
		w.standing.Choices = append(w.standing.Choices, avow.Chosen{Choice: avow.Choice(f.Choices[i].ID.Text), State: avow.Given, At: w.now})
	}
	return w
}

// worldWith returns the world after some knocks. It shares nothing that a knock
// changes.
func worldWith(base world, knocks []knock) world {
	w := base
	w.standing.Choices = slices.Clone(base.standing.Choices)
	w.standing.Documents = slices.Clone(base.standing.Documents)
	for _, k := range knocks {
		k.do(&w)
	}
	return w
}

// everyday lists the deviations that concern any question.
func everyday(p *policy.Program) []knock {
	person := func(kind, name string, do func(*avow.Standing)) knock {
		return knock{kind, name, func(w *world) { do(&w.standing) }}
	}
	list := []knock{
		person("account", "no account", func(s *avow.Standing) { s.Account = avow.NoRelation }),
		person("account", "account frozen", func(s *avow.Standing) { s.Account = avow.Frozen }),
		person("account", "account closing", func(s *avow.Standing) { s.Account = avow.Closing }),
		person("account", "account closed", func(s *avow.Standing) { s.Account = avow.Closed }),
		person("acceptance", "not accepted", func(s *avow.Standing) { s.Acceptance.State = avow.NeverAsked }),
		person("acceptance", "policy refused", func(s *avow.Standing) { s.Acceptance.State = avow.RefusedPolicy }),
		person("acceptance", "other text accepted", func(s *avow.Standing) { s.Acceptance.Policy = "sha256:other" }),
		person("age", "age unknown", func(s *avow.Standing) { s.Age = avow.AgeNotKnown }),
		person("age", "minor", func(s *avow.Standing) { s.Age = avow.KnownMinor }),
		person("age", "minor with guardian", func(s *avow.Standing) { s.Age, s.Guardian = avow.KnownMinor, true }),
		person("hold", "on hold", func(s *avow.Standing) { s.Hold = true }),
		{"day", "before the policy takes effect", func(w *world) { w.now = p.Effective().Add(-time.Nanosecond) }},
		{"day", "a hundred years later", func(w *world) { w.now = p.Effective().AddDate(100, 0, 0) }},
	}
	for i := range p.File().Acceptance.Documents {
		id := p.File().Acceptance.Documents[i].ID.Text
		list = append(list, person("document "+id, id+" not accepted", func(s *avow.Standing) { s.Documents[i].State = avow.NeverAsked }))
	}
	return list
}

// choosing lists what people can do about some choices.
func choosing(p *policy.Program, choices []avow.Choice) []knock {
	others := knock{"other choices", "every other choice refused", func(w *world) {
		for i := range w.standing.Choices {
			if !slices.Contains(choices, w.standing.Choices[i].Choice) {
				w.standing.Choices[i].State = avow.Refused
			}
		}
	}}
	if len(choices) == 0 {
		return []knock{others}
	}
	signal := func(name string, at time.Time) knock {
		return knock{"signal", name, func(w *world) { w.standing.Signals, w.standing.SignalAt = avow.SignalGPC, at }}
	}
	now := p.Effective().Add(time.Hour)
	list := []knock{
		others,
		signal("a signal before every choice", now.Add(-time.Minute)),
		signal("a signal after every choice", now.Add(time.Minute)),
		signal("a signal of unknown age", time.Time{}),
	}
	for _, c := range choices {
		event := func(name string, do func(*avow.Chosen)) knock {
			return knock{"choice " + string(c), string(c) + " " + name, func(w *world) {
				i := slices.IndexFunc(w.standing.Choices, func(e avow.Chosen) bool { return e.Choice == c })
				do(&w.standing.Choices[i])
			}}
		}
		list = append(list,
			event("not asked", func(e *avow.Chosen) { e.State = avow.NotAsked }),
			event("refused", func(e *avow.Chosen) { e.State = avow.Refused }),
			event("withdrawn", func(e *avow.Chosen) { e.State = avow.Withdrawn }),
			event("expired", func(e *avow.Chosen) { e.Expires = now }),
		)
	}
	return list
}

// showing lists the absence of single facts that matter, and of all the others.
func showing(used avow.Reasons) []knock {
	var others avow.Facts
	list := []knock{{"other facts", "nothing else shown", func(w *world) { w.facts &^= others }}}
	for f := range avow.Fact(avow.NumFacts) {
		if !used.Has(f.Missing()) {
			others = others.With(f)
		} else {
			list = append(list, knock{"fact " + f.String(), "no " + f.String(), func(w *world) { w.facts &^= 1 << f }})
		}
	}
	return list
}

// worst is the world in which everything that knocks can do is done.
func worst(base world, knocks []knock) []knock {
	var list []knock
	seen := map[string]bool{}
	for _, k := range knocks {
		if !seen[k.kind] {
			seen[k.kind] = true
			list = append(list, k)
		}
	}
	return list
}
