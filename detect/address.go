package detect

import "strings"

// written is a form in which addresses are written, and what one of stands in it.
type written struct {
	form *pattern
	has  []string
	when func(string) bool // or what must hold of the text
}

// Streets are called by the words of USPS Publication 28, appendix C1, and those that
// British addresses add. The strong ones are hardly anything else behind a number and a
// name.
const (
	number    = `\b\d{1,5}[a-d]?,? (?:(?:north|south|east|west|n|s|e|w|old|new|upper|lower)\.? )?(?:(?:[a-z][a-z'.\-]{1,20}|\d{1,3}(?:st|nd|rd|th)) ){1,3}`
	strong    = `(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|terrace|ter|square|sq|way|close|crescent|cres|highway|hwy|parkway|pkwy|gardens|grove|mews|circle|cir|trail|trl|alley|aly|plaza|plz|turnpike|expressway|causeway|freeway|motorway|trafficway|throughway|stravenue|esplanade|promenade)`
	weak      = `(?:annex|arcade|bayou|bend|bluffs?|bottom|branch|bridge|brooks?|bypass|camp|canyon|cape|cent(?:er|re)s?|cliffs?|commons?|corners?|course|courts|cove|creek|crest|crossing|crossroads?|curve|dale|divide|estates?|extension|falls|ferry|fields?|flats?|fords?|forest|forges?|forks?|fort|garden|gateway|glens?|greens?|harbou?rs?|haven|heights|hills?|hollow|inlet|islands?|isle|junctions?|keys?|knolls?|lakes?|landing|lights?|lodge|loop|mall|manors?|meadows?|mills?|mission|mount|mountains?|neck|orchard|oval|overpass|parks?|pass|passage|path|pike|pines?|plains?|points?|ports?|prairie|radial|ramp|ranch|rapids?|rest|ridges?|rise|river|route|row|run|shoals?|shores?|skyway|springs?|spurs?|stations?|streams?|summit|trace|track|tunnel|underpass|unions?|valleys?|viaduct|views?|villages?|ville|vista|walks?|wall|wells?|wharf|yard)`
	secondary = `(?:,? (?:apt|apartment|flat|unit|suite|ste|room|#)\.? ?[\da-z\-]{1,6}\b)`
	counted   = `one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety`
	// post codes of the United Kingdom by the areas of BS 7666
	british = `(?:ab|al|b|ba|bb|bd|bh|bl|bn|br|bs|bt|ca|cb|cf|ch|cm|co|cr|ct|cv|cw|da|dd|de|dg|dh|dl|dn|dt|dy|e|ec|eh|en|ex|fk|fy|g|gl|gu|ha|hd|hg|hp|hr|hs|hu|hx|ig|ip|iv|ka|kt|kw|ky|l|la|ld|le|ll|ln|ls|lu|m|me|mk|ml|n|ne|ng|nn|np|nr|nw|ol|ox|pa|pe|ph|pl|po|pr|rg|rh|rm|s|sa|se|sg|sk|sl|sm|sn|so|sp|sr|ss|st|sw|sy|ta|td|tf|tn|tq|tr|ts|tw|ub|w|wa|wc|wd|wf|wn|wr|ws|wv|yo|ze)\d[\da-z]? \d[abd-hjlnp-uw-z]{2}`
	states  = `(?:al|ak|az|ar|ca|co|ct|de|dc|fl|ga|hi|id|il|in|ia|ks|ky|la|me|md|ma|mi|mn|ms|mo|mt|ne|nv|nh|nj|nm|ny|nc|nd|oh|ok|or|pa|ri|sc|sd|tn|tx|ut|vt|va|wa|wv|wi|wy)`
	leading = `(?:\b(?:live|lives|lived|living) (?:at|in|on)|address(?: is|:)?|\b(?:ship|send|deliver|post|mail)(?: \w{1,12}){0,2} to|\b(?:move|moved|moving) to|\bcome (?:by|to|over to)|\bmeet(?: \w{1,8})? at|\bparty at|\b(?:place|house|home|office|flat|apartment|studio|shop)(?: is|:|'s)(?: at)?|\b(?:swing|stop|drop) by(?: at)?|\bpick(?: \w+)? up (?:at|from)|\bfind (?:me|us) at|\bvisit (?:me|us) at|\bover at|\bi'?m at|\bwe'?re at|\bstaying at|\bmail(?:ing)? (?:it |them )?to|\bknock (?:at|on))`
)

var places = []written{
	// China: a road and a number, or a block and a room
	{late(`(?:[\p{Han}\d]{1,12}(?:省|市|自治区|区|县|镇|乡|村|旗))*[\p{Han}\d]{1,10}?(?:路|街|大道|胡同|巷|弄|里|道)[\p{Han}\d]{0,6}?\s?[\d百十]{1,6}\s?(?:号|弄|巷)(?:院)?(?:[\p{Han}\w\-]{0,12}?\d+(?:号楼|栋|幢|座|单元|楼|层|室|号))*`), []string{"路", "街", "道", "胡同", "巷", "弄", "里"}, nil},
	{late(`[\p{Han}]{2,12}?(?:小区|花园|公寓|苑|家园|新村|大厦|公馆|府|城|湾)[\p{Han}a-z]{0,6}?\d{1,3}(?:栋|幢|号楼|座|单元)[\p{Han}\w\-]{0,8}?\d{1,5}(?:室|号|单元|楼)?`), []string{"栋", "幢", "号楼", "座", "单元"}, nil},
	{late(`[\p{Han}]{1,12}\d{0,2}区\d{1,4}(?:号楼|栋|幢|号\d{3,4}室)`), []string{"号楼", "栋", "幢", "室"}, nil},
	// a block and a room, a building and a room, a village and a house
	{late(`[\p{Han}a-z\d]{0,8}?\d{1,3}(?:栋|幢|号楼|号宿舍楼?|座)\s?(?:[a-z\d]单元|[东西南北]单元|\d{1,2}[层楼])?\s?[东西南北a-z\-]?\d{3,4}(?:室|房|号房|寝室|宿舍)?(?:$|[^\d\p{Han}年月元块万分%]|[，。收找])`), []string{"栋", "幢", "号楼", "宿舍", "座"}, nil},
	{late(`[\p{Han}]{2,12}(?:大厦|广场|中心|公寓|大楼|写字楼|花园|小区|国际|家园|宿舍)[\p{Han}]{0,4}?[a-z\d]{0,2}(?:座|栋|幢|号楼|区)?\s?(?:\d{1,2}[层楼])?\s?[a-z\-]?\d{2,5}(?:室|房|号房)`), []string{"室", "房"}, nil},
	{late(`[\p{Han}]{2,12}(?:大厦|广场|中心|大楼|写字楼|公寓)[a-z\d]{1,2}(?:座|栋|幢)\s?(?:\d{1,2}[层楼])?\s?\d{3,5}`), []string{"座", "栋", "幢"}, nil},
	{late(`(?:[\p{Han}]{1,6}(?:省|市|县|区|镇|乡))?[\p{Han}]{1,6}(?:村|屯|庄|寨)\s?[\d百十]{1,4}(?:组|队|社)?\s?[\d百十]{0,4}号`), []string{"村", "屯", "庄", "寨"}, nil},
	// English: a number and a street
	{late(number + strong + `\b\.?` + secondary + `?(?:,? [a-z .]{2,24},? [a-z]{2} \d{5})?`), []string{" st", " av", " r", " l", " d", " b", " c", " p", " t", " sq", " way", " h", " g", " m", " a", " e", " f"}, nil},
	// a number and a street whose last word is as often something else: with a flat in it, or
	// behind words that lead to an address
	{late(number + weak + `\b\.?` + secondary), []string{"apt", "apartment", "flat", "unit", "suite", "ste", "room", "#"}, nil},
	{late(leading + `\s` + number + weak + `\b\.?`), []string{"live", "living", "address", "ship", "send", "deliver", "mov", "come", "meet", "party", "place", "house", "home", "office", "flat", "apartment", "studio", "shop", " by", "pick", "find", "visit", "over", "m at", "re at", "staying", "mail", "knock"}, nil},
	{late(`\bp\.? ?o\.? box \d{1,6}\b`), []string{"box"}, nil},
	{late(`\b(?:post ?box|postfach|bo[iî]te postale|apartado(?: postal)?|locked bag|gpo box|private bag) (?:no\.? )?\d{2,6}\b`), []string{"box", "bag", "postfach", "postale", "apartado"}, nil},
	// a house and the code of its post: Great Britain, the United States, Canada
	{late(`\b\d{1,4}[a-d]?,? (?:[a-z][a-z'.\-]*,? ){0,5}` + british + `\b`), nil, inward},
	{late(`\b\d{1,5}[a-d]?,? (?:[a-z\d][a-z\d'.\-]*,? ){1,6}[a-z]{2,},? ` + states + `\.?,? \d{5}(?:-\d{4})?\b`), nil, zip},
	{late(`\b\d{1,5}[a-d]?,? (?:[a-z][a-z'.\-]*,? ){1,5}(?:on|qc|bc|ab|mb|sk|ns|nb|nl|pe),? [abceghj-nprstvxy]\d[a-z] ?\d[a-z]\d\b`), nil, inward},
	// the streets of neighbours
	{late(`\b(?:[a-zäöüß\-]{3,20}(?:straße|strasse|str\.|gasse|platz|allee|straat|gracht|gatan|vägen|gade)|(?:am|an der|zum|zur|im) [a-zäöüß]{3,20}(?:weg|berg|hof|ring|damm))\s\d{1,4}\s?[a-z]?\b`), []string{"str", "gasse", "platz", "allee", "gracht", "gatan", "vägen", "gade", "weg", "berg", "hof", "ring", "damm"}, nil},
	{late(`\b\d{1,4},? ?(?:bis |ter )?(?:rue|boulevard|chemin|impasse|quai) (?:(?:de|du|des|la|le|les|d'|l')[ ]?){0,2}[a-zà-ÿ'\-]{3,}`), []string{"rue", "boulevard", "chemin", "impasse", "quai"}, nil},
	{late(`\b(?:calle|avenida|avda\.?|rua|travessa|viale|piazza|corso)(?: (?:de|del|da|do|la|las|los|dei|della))* [a-zà-ÿ]{3,}(?: [a-zà-ÿ]{3,})?,? (?:n[º°.]? ?)?\d{1,4}\b`), []string{"calle", "avenida", "avda", "rua", "travessa", "viale", "piazza", "corso"}, nil},
	{late(`\b(?:flat|apt|apartment|unit) [\da-z]{1,5},? [\da-z ,']{4,40}\b[a-z]{1,2}\d{1,2}[a-z]? ?\d[a-z]{2}\b`), []string{"flat", "ap", "unit"}, nil},
	// a spelled number of a house, behind words that lead to it
	{late(leading + `\s(?:number |no\.? |house )?(?:` + counted + `)(?:[ \-](?:` + counted + `))? (?:[a-z][a-z'.\-]{1,20} ){1,2}` + strong + `\b`), []string{"live", "living", "address", "ship", "send", "deliver", "mov", "come", "meet", "party", "place", "house", "home", "office", "flat", "apartment", "studio", "shop", " by", "pick", "find", "visit", "over", "m at", "re at", "staying", "mail", "knock"}, nil},
}

// english is the first place of a form of a number and a street, and postBox the first
// one behind them.
const (
	english = 7
	postBox = 10
)

// ways is a street with so many ways or lanes.
var ways = late(`^\d+ (?:way|lane) (?:street|st|road|rd|highway)\b|^\d+ (?:st|nd|rd|th) `)

// amid are words between a number and a street that no street's name has: the
// number counts something else.
var amid = late(`\b(?:minute|minutes|min|mins|hour|hours|day|days|km|mile|miles|metres|meters|people|cars|shops|blocks|steps|times|years|of|down|along|from|in|on|the|to|and|or|a|is|was|were|are|for|per|with|at|by|my|our|your|this|that|best|ways|more|points|percent|dollars|new|year|hour-long|minute|laps?|games?|goals?|out|than|not|no|they|we|you|i|he|she|it|who|when|while|all|every|each|other|another|these|those|some|any|different|big|good)\b`)

// notBefore are characters before a Chinese road's name that make it part of a
// sentence about lines, stops and roads, and not of an address.
var notBefore = late(`(?:地铁|公交|高铁|航班|国道|省道|高速)[\p{Han}\d]{0,4}$`)

// inward reports whether a digit stands before one or two letters that end a word, as in the post
// codes of Great Britain and Canada.
func inward(s string) bool {
	for i := 1; i+2 < len(s); i++ {
		if s[i] >= '0' && s[i] <= '9' && letter(s[i+1]) && (s[i-1] == ' ' || letter(s[i-1])) && (letter(s[i+2]) || s[i+2] >= '0' && s[i+2] <= '9') && (i+3 == len(s) || !letter(s[i+3])) {
			return true
		}
	}
	return false
}

// zip reports whether five digits stand together.
func zip(s string) bool {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			n = 0
		} else if n++; n == 5 && (i+1 == len(s) || s[i+1] < '0' || s[i+1] > '9') {
			return true
		}
	}
	return false
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' }

// noRoads end like a Chinese road and are none, and a day stands behind them.
var noRoads = late(`(?:村|家|城|店|这|那|哪|群|心|校|公|夜|手|眼|嘴)里\d|(?:知|难|味|频|报|轨|跑|车|赛|渠|管|隧|街|通|赤|厚|地)道\d|(?:逛|上|出|赶|沿|半|当)街\d|(?:一|走|上|出|在|网|公|铁|马|套|思|电|线|半|顺|迷|问|带|赶|修)路\d{1,2}号(?:[^\d院楼栋门附之，。\s]|$)`)

// was follows the name of a film, not an address.
var was = late(`^ (?:was|were|had|stars|starred|movie|film)\b`)

// ordinal is the end of a count and not of a post code.
var ordinal = late(`\d(?:st|nd|rd|th)$`)

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
	if f.digits == 0 && !f.any(strings.Split(counted, "|")...) {
		return nil
	}
	var found []Finding
	for i, p := range places {
		if p.when != nil && !p.when(f.s) || p.when == nil && !f.any(p.has...) {
			continue
		}
		for _, m := range p.form.FindAllStringIndex(f.s, -1) {
			text := f.s[m[0]:m[1]]
			if i >= english && i < postBox && (amid.MatchString(street(text)[1:]) || ways.MatchString(text) || year.MatchString(text) && inYear.MatchString(tail(f.s[:m[0]], 24))) || notBefore.MatchString(tail(f.s[:m[0]], 24)) || i < english && (notBefore.MatchString(text) || noRoads.MatchString(text)) || ordinal.MatchString(text) || i < english && strings.HasSuffix(text, "栋") && strings.HasPrefix(head(f.s[m[1]:], near), "楼") || was.MatchString(head(f.s[m[1]:], near)) {
				continue
			}
			found = append(found, f.finding(Address, m[0], m[1]))
		}
	}
	return found
}
