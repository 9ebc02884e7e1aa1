package detect

import "strings"

// written is a form in which addresses are written, and what one of stands in it.
type written struct {
	form *pattern
	has  []string
}

// Streets are called by the words of USPS Publication 28, appendix C1, and those that
// British addresses add. The strong ones are hardly anything else behind a number and a
// name.
const (
	number    = `\b\d{1,5}[a-d]?,? (?:(?:north|south|east|west|n|s|e|w|old|new|upper|lower)\.? )?(?:(?:[a-z][a-z'.\-]{1,20}|\d{1,3}(?:st|nd|rd|th)) ){1,3}`
	strong    = `(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|terrace|ter|square|sq|way|close|crescent|cres|highway|hwy|parkway|pkwy|gardens|grove|mews|circle|cir|trail|trl|alley|aly|plaza|plz|turnpike|expressway|causeway|freeway|motorway|trafficway|throughway|stravenue|esplanade|promenade)`
	weak      = `(?:annex|arcade|bayou|bend|bluffs?|bottom|branch|bridge|brooks?|bypass|camp|canyon|cape|cent(?:er|re)s?|cliffs?|commons?|corners?|course|courts|cove|creek|crest|crossing|crossroads?|curve|dale|divide|estates?|extension|falls|ferry|fields?|flats?|fords?|forest|forges?|forks?|fort|garden|gateway|glens?|greens?|harbou?rs?|haven|heights|hills?|hollow|inlet|islands?|isle|junctions?|keys?|knolls?|lakes?|landing|lights?|lodge|loop|mall|manors?|meadows?|mills?|mission|mount|mountains?|neck|orchard|oval|overpass|parks?|pass|passage|path|pike|pines?|plains?|points?|ports?|prairie|radial|ramp|ranch|rapids?|rest|ridges?|rise|river|route|row|run|shoals?|shores?|skyway|springs?|spurs?|stations?|streams?|summit|trace|track|tunnel|underpass|unions?|valleys?|viaduct|views?|villages?|ville|vista|walks?|wall|wells?|wharf|yard)`
	secondary = `(?:,? (?:apt|apartment|flat|unit|suite|ste|room|#)\.? ?[\da-z\-]{1,6}\b)`
	leading   = `(?:\b(?:live|lives|lived|living) (?:at|in|on)|address(?: is|:)?|\b(?:ship|send|deliver|post|mail)(?: \w{1,12}){0,2} to|\b(?:move|moved|moving) to|\bcome (?:by|to|over to)|\bmeet(?: \w{1,8})? at|\bparty at|\b(?:place|house|home) is(?: at)?)`
)

var places = []written{
	// China: a road and a number, or a block and a room
	{late(`(?:[\p{Han}\d]{1,12}(?:省|市|自治区|区|县|镇|乡|村|旗))*[\p{Han}\d]{1,10}?(?:路|街|大道|胡同|巷|弄|里|道)[\p{Han}\d]{0,6}?\s?\d{1,5}\s?(?:号|弄|巷)(?:院)?(?:[\p{Han}\w\-]{0,12}?\d+(?:号楼|栋|幢|座|单元|楼|层|室|号))*`), []string{"路", "街", "道", "胡同", "巷", "弄", "里"}},
	{late(`[\p{Han}]{2,12}?(?:小区|花园|公寓|苑|家园|新村|大厦|公馆|府|城|湾)[\p{Han}a-z]{0,6}?\d{1,3}(?:栋|幢|号楼|座|单元)[\p{Han}\w\-]{0,8}?\d{1,5}(?:室|号|单元|楼)?`), []string{"栋", "幢", "号楼", "座", "单元"}},
	{late(`[\p{Han}]{1,12}\d{0,2}区\d{1,4}(?:号楼|栋|幢)`), []string{"号楼", "栋", "幢"}},
	// English: a number and a street
	{late(number + strong + `\b\.?` + secondary + `?(?:,? [a-z .]{2,24},? [a-z]{2} \d{5})?`), []string{" st", " av", " r", " l", " d", " b", " c", " p", " t", " sq", " way", " h", " g", " m", " a", " e", " f"}},
	// a number and a street whose last word is as often something else: with a flat in it, or
	// behind words that lead to an address
	{late(number + weak + `\b\.?` + secondary), []string{"apt", "apartment", "flat", "unit", "suite", "ste", "room", "#"}},
	{late(leading + `\s` + number + weak + `\b\.?`), []string{"live", "living", "address", "ship", "send", "deliver", "mov", "come", "meet", "party", "place", "house", "home"}},
	{late(`\bp\.? ?o\.? box \d{1,6}\b`), []string{"box"}},
	{late(`\b(?:flat|apt|apartment|unit) [\da-z]{1,5},? [\da-z ,']{4,40}\b[a-z]{1,2}\d{1,2}[a-z]? ?\d[a-z]{2}\b`), []string{"flat", "ap", "unit"}},
}

// english is the first place of a form of a number and a street, and postBox the first
// one behind them.
const (
	english = 3
	postBox = 6
)

// ways is a street with so many ways or lanes.
var ways = late(`^\d+ (?:way|lane) (?:street|st|road|rd|highway)\b`)

// amid are words between a number and a street that no street's name has: the
// number counts something else.
var amid = late(`\b(?:minute|minutes|min|mins|hour|hours|day|days|km|mile|miles|metres|meters|people|cars|shops|blocks|steps|times|years|of|down|along|from|in|on|the|to|and|or|a|is|was|were|are|for|per|with|at|by|my|our|your|this|that|best|ways|more|points|percent|dollars|new)\b`)

// notBefore are characters before a Chinese road's name that make it part of a
// sentence about lines, stops and roads, and not of an address.
var notBefore = late(`(?:地铁|公交|高铁|航班|国道|省道|高速)[\p{Han}\d]{0,4}$`)

// A number that may be a year, behind a word that makes it one, is in no street.
var (
	year   = late(`^(?:19|20)\d\d\b`)
	inYear = late(`\b(?:the|in|since|of|until|this)\s$`)
)

// street is an address without the words that lead to it.
func street(text string) string {
	if i := strings.IndexAny(text, "0123456789"); i >= 0 {
		return text[i:]
	}
	return text
}

func addresses(f *folded) []Finding {
	if f.digits == 0 {
		return nil
	}
	var found []Finding
	for i, p := range places {
		if !f.any(p.has...) {
			continue
		}
		for _, m := range p.form.FindAllStringIndex(f.s, -1) {
			text := f.s[m[0]:m[1]]
			if i >= english && i < postBox && (amid.MatchString(street(text)[1:]) || ways.MatchString(text) || year.MatchString(text) && inYear.MatchString(tail(f.s[:m[0]], 24))) || notBefore.MatchString(tail(f.s[:m[0]], 24)) || i < english && notBefore.MatchString(text) {
				continue
			}
			found = append(found, f.finding(Address, m[0], m[1]))
		}
	}
	return found
}
