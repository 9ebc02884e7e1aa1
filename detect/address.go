package detect

// written is a form in which addresses are written, and what one of stands in it.
type written struct {
	form *pattern
	has  []string
}

var places = []written{
	// China: a road and a number, or a block and a room
	{late(`(?:[\p{Han}\d]{1,12}(?:省|市|自治区|区|县|镇|乡|村|旗))*[\p{Han}\d]{1,10}?(?:路|街|大道|胡同|巷|弄|里|道)[\p{Han}\d]{0,6}?\s?\d{1,5}\s?(?:号|弄|巷)(?:院)?(?:[\p{Han}\w\-]{0,12}?\d+(?:号楼|栋|幢|座|单元|楼|层|室|号))*`), []string{"路", "街", "道", "胡同", "巷", "弄", "里"}},
	{late(`[\p{Han}]{2,12}?(?:小区|花园|公寓|苑|家园|新村|大厦|公馆|府|城|湾)[\p{Han}a-z]{0,6}?\d{1,3}(?:栋|幢|号楼|座|单元)[\p{Han}\w\-]{0,8}?\d{1,5}(?:室|号|单元|楼)?`), []string{"栋", "幢", "号楼", "座", "单元"}},
	{late(`[\p{Han}]{2,12}\d{0,2}区\d{1,4}(?:号楼|栋|幢)`), []string{"号楼", "栋", "幢"}},
	// English: a number and a street
	{late(`\b\d{1,5}[a-d]?,? (?:(?:north|south|east|west|n|s|e|w|old|new|upper|lower)\.? )?(?:(?:[a-z][a-z'.\-]{1,20}|\d{1,3}(?:st|nd|rd|th)) ){1,3}(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|terrace|square|sq|way|close|crescent|highway|hwy|parkway|gardens|grove|mews)\b\.?(?:,? (?:apt|apartment|flat|unit|suite|ste|room|#)\.? ?[\da-z\-]{1,6}\b)?(?:,? [a-z .]{2,24},? [a-z]{2} \d{5})?`), []string{" st", " av", " r", " l", " d", " b", " c", " p", " t", " sq", " way", " h", " g", " m"}},
	{late(`\bp\.? ?o\.? box \d{1,6}\b`), []string{"box"}},
	{late(`\b(?:flat|apt|apartment|unit) [\da-z]{1,5},? [\da-z ,']{4,40}\b[a-z]{1,2}\d{1,2}[a-z]? ?\d[a-z]{2}\b`), []string{"flat", "ap", "unit"}},
}

// english is the place of the form of a number and a street.
const english = 3

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
			if i == english && (amid.MatchString(text[1:]) || year.MatchString(text) && inYear.MatchString(tail(f.s[:m[0]], 24))) || notBefore.MatchString(tail(f.s[:m[0]], 24)) || i < english && notBefore.MatchString(text) {
				continue
			}
			found = append(found, f.finding(Address, m[0], m[1]))
		}
	}
	return found
}
