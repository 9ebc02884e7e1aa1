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

func buildRight(r *row) (RightTerm, error) { return RightTerm{r.term(), r.words("packs")}, nil }

func nothingElse(*row) error { return nil }

// either wants one of two words in a column.
func either(column, yes, no string) func(*row) error {
	return func(r *row) error {
		_, err := r.yes(column, yes, no)
		return err
	}
}

// anything takes a column as it is.
func anything(column string) func(*row) error {
	return func(r *row) error {
		r.text(column)
		return nil
	}
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
