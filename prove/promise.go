package prove

// promise is one of the 44 canonical promises that policies are made of.
type promise struct {
	slug string
	// lacks says why nothing plays it yet; empty if something does.
	lacks string
}

const (
	needsDesk   = "needs an officers' desk (recipients, demands, incidents, succession, releases) that is not built yet"
	needsPeople = "needs the people's side (accounts, privacy centre, detectors), which is not built yet"
)

// promises are the canonical promises. Whoever builds what one lacks clears its
// line and gives it probes.
var promises = map[string]promise{
	"CP-01": {"deny-by-default", ""},
	"CP-02": {"declared-collection", ""},
	"CP-03": {"purpose-limit", ""},
	"CP-04": {"consent-first", ""},
	"CP-05": {"acceptance-gate", ""},
	"CP-06": {"device-permissions", ""},
	"CP-07": {"user-picked-only", ""},
	"CP-08": {"rate-and-transport", ""},
	"CP-09": {"other-people", ""},
	"CP-10": {"taint", ""},
	"CP-11": {"aggregate-only", ""},
	"CP-12": {"deidentify-at-ingest", ""},
	"CP-13": {"encryption", ""},
	"CP-14": {"access-and-password", ""},
	"CP-15": {"no-third-party", ""},
	"CP-16": {"qualified-recipient", ""},
	"CP-17": {"authority-demand", ""},
	"CP-18": {"demand-transparency", ""},
	"CP-19": {"vital-interest", ""},
	"CP-20": {"public-or-contract-source", ""},
	"CP-21": {"succession", ""},
	"CP-22": {"residency", ""},
	"CP-23": {"retention", ""},
	"CP-24": {"legal-hold", ""},
	"CP-25": {"cancel-erases-all", ""},
	"CP-26": {"erasure-deadline", ""},
	"CP-27": {"access-right", ""},
	"CP-28": {"refusal-and-reply", ""},
	"CP-29": {"publish-and-unpublish", ""},
	"CP-30": {"no-contact-details-in-public", ""},
	"CP-31": {"cookies", ""},
	"CP-32": {"ads-switch", ""},
	"CP-33": {"mail-classes", ""},
	"CP-34": {"experience-programme", ""},
	"CP-35": {"personalisation-switch", ""},
	"CP-36": {"optional-is-optional", ""},
	"CP-37": {"minors", ""},
	"CP-38": {"incident", ""},
	"CP-39": {"policy-change", ""},
	"CP-40": {"two-languages", ""},
	"CP-41": {"live-contacts", ""},
	"CP-42": {"informative", ""},
	"CP-43": {"attestation", ""},
	"CP-44": {"waiver-lint", ""},
}
