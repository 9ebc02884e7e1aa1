package vocab

import "fmt"

func buildNamespace(r *row) (NamespaceTerm, error) {
	return NamespaceTerm{r.term(), r.text("edition")}, nil
}

func buildDatum(r *row) (DatumTerm, error) {
	d := DatumTerm{
		Term: r.term(), Level: Level(r.text("level")), Sensitive: r.words("sensitive"),
		Play: r.words("play"), Apple: r.words("apple"),
	}
	switch d.Level {
	case LevelNone, LevelQuasi, LevelLocation, LevelID, LevelSensitive, LevelSecret:
	default:
		return d, fmt.Errorf("%s: unknown level %q", r.where, d.Level)
	}
	for flag := range r.words("flags").All() {
		switch flag {
		case "identifier":
			d.Identifier = true
		case "others":
			d.Others = true
		case "child":
			d.Child = true
		case "anonymous":
			d.Anonymous = true
		default:
			return d, fmt.Errorf("%s: unknown flag %q", r.where, flag)
		}
	}
	return d, nil
}

func buildPurpose(r *row) (PurposeTerm, error) {
	return PurposeTerm{r.term(), r.text("play"), r.text("apple"), r.words("consent_mode")}, nil
}

func buildBasis(r *row) (BasisTerm, error) {
	return BasisTerm{r.term(), r.text("gdpr"), r.text("pipl"), r.words("packs")}, nil
}

func buildConsent(r *row) (ConsentTerm, error) {
	allows, err := r.yes("allows", "yes", "no")
	return ConsentTerm{r.term(), allows}, err
}

func buildRecipient(r *row) (RecipientTerm, error) {
	person, err := r.yes("kind", "person", "recipient")
	return RecipientTerm{r.term(), person}, err
}

func buildRefusal(r *row) (RefusalTerm, error) {
	delay, err := r.yes("kind", "delay", "refuse")
	return RefusalTerm{r.term(), delay}, err
}

func buildRetention(r *row) (RetentionTerm, error) {
	valid, err := r.yes("valid", "yes", "no")
	return RetentionTerm{r.term(), valid}, err
}

func buildPermission(r *row) (PermissionTerm, error) {
	p := PermissionTerm{r.term(), r.words("android"), r.text("level"), r.words("guards")}
	if p.Level != "normal" && p.Level != "dangerous" && p.Level != "none" {
		return p, fmt.Errorf("%s: unknown level %q", r.where, p.Level)
	}
	return p, nil
}

func buildExemption(r *row) (ExemptionTerm, error) {
	collect, err := r.yes("collect", "yes", "no")
	if err != nil {
		return ExemptionTerm{}, err
	}
	provide, err := r.yes("provide", "yes", "no")
	return ExemptionTerm{r.term(), collect, provide, r.text("condition")}, err
}
