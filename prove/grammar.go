package prove

import "regexp"

func fitsGrammar(grammar, v string) bool {
	re, err := regexp.Compile("^(?:" + grammar + ")$")
	return err == nil && re.MatchString(v)
}
