package evidence

import "avow.dev"

// Kind is what happened. Kinds are stable: one is added, never re-used.
type Kind string

// What can happen. The decisions of the verbs come first.
const (
	Collected Kind = "collect"
	Used      Kind = "use"
	Shared    Kind = "share"
	Entrusted Kind = "entrust"
	Moved     Kind = "transfer"
	Disclosed Kind = "disclose"
	Published Kind = "publish"
	Released  Kind = "release"

	Accepted  Kind = "accept"
	Declined  Kind = "decline"
	Consented Kind = "consent"
	Refused   Kind = "consent-refused"
	Withdrawn Kind = "consent-withdrawn"
	Signalled Kind = "signal"
	Tokened   Kind = "event-token"
	AgeNoted  Kind = "age"

	GuardianAsked    Kind = "guardian-asked"   // a message went to a parent or guardian
	GuardianSignedIn Kind = "guardian-sign-in" // they showed that they read the address
	GuardianAgreed   Kind = "guardian-agreed"
	// GuardianConfirmed: a second message about a yes went to the address, two days later.
	GuardianConfirmed Kind = "guardian-confirmed"
	GuardianStopped   Kind = "guardian-stopped" // nothing more is taken in; what is held stays
	GuardianRefused   Kind = "guardian-refused" // refused, or took it back
	GuardianCopied    Kind = "guardian-copy"
	GuardianErased    Kind = "guardian-erase" // asked that everything be erased
	GuardianEnded     Kind = "guardian-ended" // their address is gone

	Selected Kind = "select" // what a person picked to be taken in
	Stated   Kind = "state"  // a statement that a rule needs from the person

	Checked        Kind = "content-check" // content was looked through for contact details
	ContentRead    Kind = "content-read"  // somebody of the controller read held content
	ContentDecided Kind = "content"       // held content was let go or refused

	PermissionAsked   Kind = "permission-ask" // whether a person may be asked for a permission of the device
	PermissionGranted Kind = "permission-granted"
	PermissionDenied  Kind = "permission-denied"

	Advertised Kind = "advert" // what an advertising party may do

	Unpublished Kind = "unpublish"
	Noticed     Kind = "notice-shown" // words were shown before an act that needs them; Detail is their digest

	Found         Kind = "find"
	Accessed      Kind = "access"
	Copied        Kind = "copy"
	Corrected     Kind = "correct"
	EraseAsked    Kind = "erase-asked"  // it waits, so that the person may change their mind
	EraseUndone   Kind = "erase-undone" // they did
	EraseIntended Kind = "erase-intended"
	EraseDone     Kind = "erase-done"
	Closed        Kind = "close"
	Asked         Kind = "ask"
	Opened        Kind = "open"     // somebody of the controller looked at a person; Why says for which reason
	OpeningStep   Kind = "opening"  // somebody of the controller put down why they open something
	AskRead       Kind = "ask-read" // somebody of the controller opened what a person asked
	Answered      Kind = "answer"
	CopyApproved  Kind = "copy-approved" // somebody agreed to exactly what goes out for a request; Detail is its digest
	Overdue       Kind = "overdue"       // a request was not answered in time

	CodeAsked    Kind = "code-asked" // a one-time code; whether the address was known is not said
	HandedOver   Kind = "hand-over"  // the application vouched for somebody by a link
	SignedIn     Kind = "sign-in"
	SignInFailed Kind = "sign-in-failed"
	SignedOut    Kind = "sign-out"

	OfficerSignedIn Kind = "officer-sign-in" // somebody of the controller came to their desk

	PasskeyAdded   Kind = "passkey-added"
	PasskeyRemoved Kind = "passkey-removed"
	PasskeyBlocked Kind = "passkey-blocked" // its device counted backwards: there may be a copy

	OptOutAsked  Kind = "opt-out-asked" // by an address; whether it was known is not said
	AskedAgain   Kind = "ask-again"     // what was open already
	AskMessage   Kind = "ask-message"
	AskPaused    Kind = "ask-paused" // it waits for the person, and its clock stands still
	AskResumed   Kind = "ask-resumed"
	AskExtended  Kind = "ask-extended" // its time, once, by what the law allows
	AskRevoked   Kind = "ask-revoked"
	AskExpired   Kind = "ask-expired" // the person did not show who they are
	Restricted   Kind = "restricted"
	Unrestricted Kind = "restriction-lifted"

	PasswordChanged Kind = "password-changed"
	MisuseReported  Kind = "misuse-reported" // somebody else uses the account, its owner says

	Dispatched    Kind = "dispatch"       // a hand-over by webhook was decided upon and waits; when it leaves, a leaf of its verb says so
	DispatchTaken Kind = "dispatch-taken" // the recipient's webhook has taken it over; Done names the decision by which it left
	DispatchEnded Kind = "dispatch-ended" // it is given up, or (refuse) the person was gone before it left

	FulfilmentStep Kind = "fulfilment-step" // what is done elsewhere for a request; Done names what it is for, and Count how many have to be told
	ToldOn         Kind = "told-on"         // a recipient was told what happened to data that they got, or (refuse) could not be
	AppAnswered    Kind = "app-answered"    // the application did the same with what it keeps itself, or (refuse) did not

	Happened Kind = "event" // something that a retention clock starts from

	Messaged       Kind = "message"         // a message to a person was decided upon
	MessageSent    Kind = "message-sent"    // whoever carries it has taken it over
	MessageFailed  Kind = "message-failed"  // it could not be delivered, and is given up
	MessageStopped Kind = "message-stopped" // the person wants no more of its kind
	MessageResumed Kind = "message-resumed" // and wants them again

	Expired      Kind = "retention"
	HoldSet      Kind = "hold-set"
	HoldReleased Kind = "hold-released"
	HoldStep     Kind = "hold-step" // somebody put a legal hold forward, approved it (allow), or ended it

	SuccessionStep Kind = "succession-step" // control of the data moves: put forward, approved (allow), a page done (Count people, Detail over all pages)
	ConsentReset   Kind = "consent-reset"   // a yes was taken out because a successor is not bound by it

	QualificationStep Kind = "recipient-step" // a recipient's paper was put forward, approved (allow) or taken back (refuse)

	ReleaseStep Kind = "release-step" // somebody proposed, approved, withdrew or began a release of statistics

	DemandStep       Kind = "demand-step" // somebody worked on a demand of an authority
	DemandReceived   Kind = "demand-received"
	DemandReleased   Kind = "demand-released" // count: of how many people
	DemandRepeated   Kind = "demand-repeated" // the same again, because it broke off; Done names the release
	DemandRefused    Kind = "demand-refused"
	DemandWithdrawn  Kind = "demand-withdrawn"
	DemandChallenged Kind = "demand-challenged"
	DemandTold       Kind = "demand-told" // a person was told of a demand for their data
	ChangeStep       Kind = "change-step" // the controller's people worked on a change of the policy
	ChangeTold       Kind = "change-told" // a change was announced, or somebody was told of it
	ChangeSeen       Kind = "change-seen" // somebody was shown what changes for them
	ChangeKept       Kind = "change-kept" // somebody stays with the version that they accepted

	IncidentStep      Kind = "incident-step"      // somebody worked on an incident; count: of how many people, where that is what was found
	IncidentTold      Kind = "incident-telling"   // telling the affected people has begun; count: how many they are
	IncidentNotice    Kind = "incident-notice"    // one affected person was told, or could not be
	IncidentAnnounced Kind = "incident-announced" // everybody was told in public; count: how many could not be reached
	IncidentReported  Kind = "incident-reported"  // an authority was told; count: the version of the report
	ProofRun          Kind = "proof"              // somebody reported what a proof found
	Attested          Kind = "attestation"        // its owner renewed one
	AttestDue         Kind = "attestation-due"

	PolicySet Kind = "policy"
	KeyRotate Kind = "key-rotated"
	Restored  Kind = "restored"
	// JournalPruned: what was said before the oldest backup that is kept was forgotten
	// beside the keys; count: how many notes.
	JournalPruned Kind = "journal-pruned"
)

// KindOf returns the kind of a decision on v, or "" for no verb.
func KindOf(v avow.Verb) Kind { return Kind(v.String()) }
