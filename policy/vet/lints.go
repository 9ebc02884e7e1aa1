package vet

// Lint is one kind of finding.
type Lint struct {
	ID     string // slug, stable: answers and reports name it
	Finds  string // the fault, in a sentence
	Source string // where it is laid down; "" where each finding names its own source

	run func(*view)
}

// lints are all lints, in the order in which they run.
var lints = [...]Lint{
	{"implied-consent", "Use, browsing or silence is called consent.",
		"PIPL art. 14; GDPR art. 4(11) and 7; GB/T 35273-2020, 5.4", impliedConsent},
	{"bundled-consent", "One act covers several purposes or recipients that each need a yes of their own.",
		"PIPL art. 23, 25, 29 and 39; GDPR art. 7 and recital 43; GB/T 35273-2020, 5.3", bundledConsent},
	{"vacuous-promise", "Something is promised about data that the policy says it never collects.",
		"", vacuousPromise},
	{"erase-all-vs-hold", "Everything is erased here, and may be kept there.",
		"PIPL art. 47; GDPR art. 17(3)", eraseAllVsHold},
	{"no-sharing-vs-sharing", "A flat no to sharing stands beside cases of sharing.",
		"PIPL art. 7 and 23; GDPR art. 5(1)(a)", noSharingVsSharing},
	{"anonymous-vs-personal", "One programme is anonymous here and personal there.",
		"PIPL art. 4 and 73(4); GDPR recital 26", anonymousVsPersonal},
	{"datum-classed-twice", "One kind of data is personal in one place and not in another.",
		"PIPL art. 4; GDPR art. 4(1) and recital 30", datumClassedTwice},
	{"choice-vs-automatic", "Something is left to the person's choice here and done without it there.",
		"PIPL art. 14 and 15; GDPR art. 7(3)", choiceVsAutomatic},
	{"optin-vs-promo", "Marketing comes on request only, and promotion comes unasked.",
		"Advertising Law of China art. 43; Directive 2002/58/EC art. 13", optinVsPromo},
	{"residency-widening", "One place of storage is named, and another is allowed.",
		"GB/T 35273-2020, 5.5; GDPR art. 13(1)(f)", residencyWidening},
	{"open-ended", "The wording leaves open what is covered.",
		"App method (2019) 2.1; PIPL art. 6 and 17; GDPR art. 5(1)(b)", openEnded},
	{"no-purpose", "A datum or permission has no reason, or one that does not explain it.",
		"App method (2019) 2.3; PIPL art. 6; GDPR art. 5(1)(b)", noPurpose},
	{"no-number", "A period is promised without a figure.",
		"PIPL art. 17(1)(2) and 19; GDPR art. 13(2)(a)", noNumber},
	{"placeholder", "A contact, link or list leads nowhere.",
		"PIPL art. 17(1)(1) and (3); GDPR art. 13(1)(a)", placeholder},
	{"exemption-misplaced", "An exemption for collecting is used to hand data out.",
		"", exemptionMisplaced},
	{"stale-law", "A text is cited that does not bind any more, or not yet.",
		"", staleLaw},
	{"waiver", "A disclaimer tries to sign away a duty.",
		"Civil Code of China art. 497 and 506; PIPL art. 69; GDPR art. 82", waiver},
	{"forced-cookies", "Cookies that the service does not need are demanded.",
		"PIPL art. 16; Directive 2002/58/EC art. 5(3)", forcedCookies},
	{"instant-change", "Changes of the policy take effect at once.",
		"PIPL art. 14(2) and 17(2); GDPR art. 13(3)", instantChange},
	{"quasi-identifier", "Data that is called non-personal points at few people when combined.",
		"PIPL art. 73(4); GDPR recital 26; GB/T 35273-2020, annex A", quasiIdentifier},
	{"language-drift", "The languages of the policy promise different things.",
		"GDPR art. 12(1); PIPL art. 17(1)", languageDrift},
	{"undeclared-but-needed", "The product cannot work without data that the policy never declares.",
		"PIPL art. 17(1)(2); GDPR art. 13 and 14; App method (2019) 2.1", undeclaredButNeeded},
	{"withdrawal-penalty", "Refusing or withdrawing costs more than what the data serves.",
		"PIPL art. 16; GDPR art. 7(4); necessary-information rules (2021) art. 4 and 5", withdrawalPenalty},
	{"precedence", "Another document overrides the policy.",
		"PIPL art. 17; GDPR art. 7(2) and 12(1)", precedence},
	{"sensitive-unnamed", "Sensitive data is spoken of, or taken, without being named as such.",
		"PIPL art. 28 to 30; GDPR art. 9", sensitiveUnnamed},
	{"recipient-unnamed", "A recipient has no name or cannot be reached.",
		"PIPL art. 23; GDPR art. 13(1)(e)", recipientUnnamed},
	{"asks-again-untagged", "A recipient has to ask again, and gets no envelope by which it could.",
		"PIPL art. 14(2) and 23; GDPR art. 5(1)(b) and 6(4)", asksAgainUntagged},
	{"lawful-basis-missing", "The legal basis is not stated, or no basis under a law that applies.",
		"PIPL art. 13; GDPR art. 6 and 13(1)(c)", lawfulBasisMissing},
	{"self-judged-test", "The operator alone decides that the condition for disclosing is met.",
		"PIPL art. 13 and 41; GDPR art. 5(2) and 48", selfJudgedTest},
	{"incident-channel", "People are promised word of incidents by a channel that reaches nobody.",
		"GDPR art. 34(1); PIPL art. 57; GB/T 35273-2020, 10.2", incidentChannel},
	{"missing-topic", "A law that applies asks for a topic that the policy leaves out.",
		"", missingTopic},
}

// Lints lists all lints and, last, the finding about answers to nothing.
func Lints() []Lint {
	return append(lints[:len(lints):len(lints)],
		Lint{ID: staleAccept, Finds: "An answer stands where nothing is found."})
}

// IDs lists the ids of all findings.
func IDs() []string {
	all := Lints()
	ids := make([]string, len(all))
	for i, l := range all {
		ids[i] = l.ID
	}
	return ids
}
