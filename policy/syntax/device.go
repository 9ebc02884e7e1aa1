package syntax

// Cookie is one cookie, pixel, beacon or storage entry.
type Cookie struct {
	Head
	Name      Str    `key:"name" need:"yes" doc:"Its name as set."`
	Kind      Word   `key:"kind" of:"cookie|pixel|beacon|storage" doc:"What it is; cookie if left out. Storage is a key of localStorage or sessionStorage, or the name of a database or cache."`
	Category  Word   `key:"category" need:"yes" of:"necessary|functional|performance|marketing" doc:"Its category."`
	For       []Word `key:"for" need:"yes" ref:"purposes" doc:"Why."`
	Lifetime  Period `key:"lifetime" need:"yes" form:"span" doc:"How long it lives; 0s for the session. That of avow_choice is also how long a choice made without an account is kept."`
	Party     Word   `key:"party" need:"yes" of:"first|third" doc:"Whose."`
	By        []Word `key:"by" ref:"recipients" doc:"Third party: who."`
	HTTPOnly  Flag   `key:"http_only" doc:"True if scripts cannot read it."`
	SameSite  Word   `key:"same_site" of:"strict|lax|none" doc:"Where it is sent."`
	Grammar   Str    `key:"grammar" doc:"Regular expression its value must match (RE2)."`
	Choice    []Word `key:"choice" ref:"choices" doc:"The choice that must stand in favour."`
	Invisible Flag   `key:"invisible" doc:"True for pixels in mail."`
}

// Trackers are rules for cookies as a whole.
type Trackers struct {
	Head
	Rule Word   `key:"rule" need:"yes" of:"registered-only|no-other-purpose|choice-first|browsing-is-no-consent|manage-and-delete|works-without|necessary-only-required|value-grammar|third-party-needs-consent|four-categories|log-fields-only" doc:"The rule."`
	Data []Word `key:"data" ref:"data" doc:"Data concerned."`
}

// Permission is a device permission.
type Permission struct {
	Head
	Android []Str  `key:"android" doc:"Android permission names."`
	IOS     []Str  `key:"ios" doc:"Keys of Info.plist."`
	Slug    Word   `key:"permission" need:"yes" doc:"Slug of the vocabulary, such as camera."`
	Data    []Word `key:"data" ref:"data" doc:"What it guards."`
	For     []Word `key:"for" need:"yes" ref:"purposes" doc:"Why."`
	Feature []Word `key:"feature" need:"yes" ref:"features" doc:"For which function."`
	While   Word   `key:"while" of:"feature-running|asked|switched-on|app-open" doc:"When it may be exercised."`
	Default Word   `key:"default" of:"off|on" doc:"State before the person decides; off if left out."`
	ReAsk   Period `key:"re_ask" doc:"Shortest time before asking again after a no."`
	Stores  Flag   `key:"stores" doc:"True if what it yields is stored."`
	Without []Str  `key:"without" doc:"Related permissions that are not requested."`
}

// Message is a class of messages.
type Message struct {
	Head
	Class       Word   `key:"class" need:"yes" of:"marketing|partner-offer|service-info|transactional|legal|reply|code|share-delivery" doc:"What kind."`
	Channels    []Word `key:"channels" need:"yes" of:"email|sms|push|in-app|post|phone" doc:"By what."`
	For         []Word `key:"for" need:"yes" ref:"purposes" doc:"Why."`
	Choice      []Word `key:"choice" ref:"choices" doc:"The choice that must stand in favour."`
	OptOut      []Word `key:"opt_out" of:"link|one-click|reply|settings|none" doc:"How it is stopped."`
	Within      Period `key:"within" doc:"How fast a stop takes hold."`
	Promotion   Word   `key:"promotion" of:"allowed|refused" doc:"Whether it may carry promotion."`
	PersonalIn  Word   `key:"personal_data" of:"refused|allowed" doc:"Whether bodies may carry personal data."`
	AddressOnly Flag   `key:"same_purpose" doc:"True if an address is used only for what it was given for."`
}

// Advert is about advertising.
type Advert struct {
	Head
	Rule   Word   `key:"rule" need:"yes" of:"named-parties|no-personal-data-to-parties|personalised|switch|gpc|contextual|parties-collect|parties-measure|only-for-adverts|own-policy-link|acceptance-is-no-consent" doc:"The rule."`
	To     []Word `key:"to" ref:"recipients" doc:"Ad parties concerned."`
	Data   []Word `key:"data" ref:"data" doc:"Data concerned."`
	Choice []Word `key:"choice" ref:"choices" doc:"The choice that governs it."`
}

// Content is about contact details in public content.
type Content struct {
	Head
	Finds  []Word `key:"finds" need:"yes" of:"phone|email|postal-address|im-id|nickname-with-contact" doc:"What is looked for."`
	Where  []Word `key:"in" need:"yes" of:"public-post|profile|peer-message|off-platform-report" doc:"Where."`
	Action Word   `key:"action" need:"yes" of:"block|hold|warn" doc:"What is done."`
}
