package vocab_test

import (
	"slices"
	"strings"
	"testing"

	"avow.dev/policy/vocab"
)

func TestSeedData(t *testing.T) {
	t.Parallel()
	slugs := strings.Fields(`name username account-id password display-picture status-message phone email
		postal-address birth-date birth-place id-number age-flag language country region time-zone postal-code
		area-code occupation ip user-agent os connection-type network-state wifi-info call-state operator-code
		mac imei imsi device-id ad-id device-name device-model app-version location-precise location-coarse
		location-track media-location contacts recipient-contact sms call-log chat-message photo video voice
		calendar files payment-order browse-history page-view referrer click ad-click app-usage crash-log
		diagnostics cookie-id login-state preference interest survey-answer feedback-mail public-profile
		choice-record statistics`)
	for _, slug := range slugs {
		if _, ok := vocab.Datum(slug); !ok {
			t.Errorf("no datum %q", slug)
		}
	}
	more := -len(slugs)
	for range vocab.AllData() {
		more++
	}
	if more < 40 {
		t.Errorf("%d data beyond the seeds, want 40", more)
	}
}

func TestSeedPurposes(t *testing.T) {
	t.Parallel()
	for _, slug := range strings.Fields(`provide-service register manage-account verify-identity check-age
		recommend-friends search-map-weather cloud-backup deliver-share pay usage-statistics monitor-quality
		improve fix-faults keep-running security anti-fraud audit research personalise remember-preferences
		ads-contextual ads-personalised ads-location marketing-mail partner-offers service-notices
		answer-people publish-profile release-statistics comply-with-law national-security criminal-justice
		legal-claims fulfil-rights merge`) {
		if _, ok := vocab.Purpose(slug); !ok {
			t.Errorf("no purpose %q", slug)
		}
	}
}

// The forms of the app stores refuse ids that they do not know.
func TestStoreIDs(t *testing.T) {
	t.Parallel()
	play := strings.Fields(`PSL_NAME PSL_EMAIL PSL_USER_ACCOUNT PSL_ADDRESS PSL_PHONE PSL_RACE_ETHNICITY
		PSL_POLITICAL_RELIGIOUS PSL_SEXUAL_ORIENTATION_GENDER_IDENTITY PSL_OTHER_PERSONAL
		PSL_CREDIT_DEBIT_BANK_ACCOUNT_NUMBER PSL_PURCHASE_HISTORY PSL_CREDIT_SCORE PSL_OTHER PSL_APPROX_LOCATION
		PSL_PRECISE_LOCATION PSL_WEB_BROWSING_HISTORY PSL_EMAILS PSL_SMS_CALL_LOG PSL_OTHER_MESSAGES PSL_PHOTOS
		PSL_VIDEOS PSL_AUDIO PSL_MUSIC PSL_OTHER_AUDIO PSL_HEALTH PSL_FITNESS PSL_CONTACTS PSL_CALENDAR
		PSL_CRASH_LOGS PSL_PERFORMANCE_DIAGNOSTICS PSL_OTHER_PERFORMANCE PSL_FILES_AND_DOCS PSL_USER_INTERACTION
		PSL_IN_APP_SEARCH_HISTORY PSL_APPS_ON_DEVICE PSL_USER_GENERATED_CONTENT PSL_OTHER_APP_ACTIVITY PSL_DEVICE_ID`)
	apple := strings.Fields(`Name EmailAddress PhoneNumber PhysicalAddress OtherUserContactInfo Health Fitness
		PaymentInfo CreditInfo OtherFinancialInfo PreciseLocation CoarseLocation SensitiveInfo Contacts
		EmailsOrTextMessages PhotosorVideos AudioData GameplayContent CustomerSupport OtherUserContent
		BrowsingHistory SearchHistory UserID DeviceID PurchaseHistory ProductInteraction AdvertisingData
		OtherUsageData CrashData PerformanceData OtherDiagnosticData EnvironmentScanning Hands Head OtherDataTypes`)
	for d := range vocab.AllData() {
		for id := range d.Play.All() {
			if !slices.Contains(play, id) {
				t.Errorf("%s: Play has no %s", d.Slug, id)
			}
		}
		for id := range d.Apple.All() {
			if !slices.Contains(apple, id) {
				t.Errorf("%s: Apple has no %s", d.Slug, id)
			}
		}
	}
}

func TestPurposeStoreIDs(t *testing.T) {
	t.Parallel()
	play := strings.Fields(`PSL_APP_FUNCTIONALITY PSL_ANALYTICS PSL_DEVELOPER_COMMUNICATIONS
		PSL_FRAUD_PREVENTION_SECURITY PSL_ADVERTISING PSL_PERSONALIZATION PSL_ACCOUNT_MANAGEMENT`)
	apple := strings.Fields("ThirdPartyAdvertising DeveloperAdvertising Analytics ProductPersonalization AppFunctionality Other")
	keys := strings.Fields(`ad_storage ad_user_data ad_personalization analytics_storage functionality_storage
		personalization_storage security_storage`)
	for p := range vocab.AllPurposes() {
		if p.Play != "" && !slices.Contains(play, p.Play) {
			t.Errorf("%s: Play has no purpose %s", p.Slug, p.Play)
		}
		if p.Apple != "" && !slices.Contains(apple, p.Apple) {
			t.Errorf("%s: Apple has no purpose %s", p.Slug, p.Apple)
		}
		for key := range p.ConsentMode.All() {
			if !slices.Contains(keys, key) {
				t.Errorf("%s: Consent Mode has no key %s", p.Slug, key)
			}
		}
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	for d := range vocab.AllData() {
		if d.Level == vocab.LevelID && !d.Identifier {
			t.Errorf("%s identifies but is no identifier", d.Slug)
		}
		if d.Level == vocab.LevelSensitive && d.Sensitive == "" {
			t.Errorf("%s is sensitive under no pack", d.Slug)
		}
		if d.Sensitive != "" && (d.Level == vocab.LevelNone || d.Level == vocab.LevelLocation) {
			t.Errorf("%s is sensitive under %s but has level %q", d.Slug, d.Sensitive, d.Level)
		}
		if d.Anonymous && (d.Identifier || d.Level != vocab.LevelNone) {
			t.Errorf("%s is anonymous and identifies", d.Slug)
		}
	}
}

func TestSensitiveUnder(t *testing.T) {
	t.Parallel()
	tests := []struct {
		datum, pack string
		want        bool
	}{
		{"religion", "eu", true}, {"religion", "cn", true}, {"religion", "us-ca", true},
		{"contacts", "cn", true}, {"contacts", "eu", false},
		{"location-precise", "cn", true}, {"location-precise", "eu", false}, {"location-precise", "us-ca", true},
		{"email", "cn", false}, {"religion", "c", false}, {"contacts", "", false},
	}
	for _, tt := range tests {
		d, ok := vocab.Datum(tt.datum)
		if got := d.SensitiveUnder(tt.pack); !ok || got != tt.want {
			t.Errorf("%s under %q = %v, want %v", tt.datum, tt.pack, got, tt.want)
		}
	}
}

func TestBases(t *testing.T) {
	t.Parallel()
	tests := []struct {
		basis, pack string
		want        bool
	}{
		{"consent", "cn", true}, {"contract", "eu", true}, {"legitimate-interest", "eu", true},
		{"legitimate-interest", "cn", false}, {"implied-consent", "eu", false}, {"implied-consent", "cn", false},
		{"made-public", "cn", true}, {"made-public", "eu", false},
	}
	for _, tt := range tests {
		b, ok := vocab.Basis(tt.basis)
		if got := b.ValidUnder(tt.pack); !ok || got != tt.want {
			t.Errorf("%s under %s = %v, want %v", tt.basis, tt.pack, got, tt.want)
		}
	}
}

func TestOnlyConsentAllows(t *testing.T) {
	t.Parallel()
	var allow []string
	for s := range vocab.AllConsentStates() {
		if s.Allows {
			allow = append(allow, s.Slug)
		}
	}
	if !slices.Equal(allow, []string{"given", "renewed"}) {
		t.Errorf("states that allow processing: %v", allow)
	}
}

func TestExemptions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		slug             string
		collect, provide bool
	}{
		{"legal-duty", true, true}, {"national-security", true, true}, {"public-safety-health", true, true},
		{"criminal-justice", true, true}, {"vital-interest", true, true}, {"self-published", true, true},
		{"lawful-public", true, true}, {"contract", true, false}, {"safe-operation", true, false},
		{"news", true, false}, {"research", true, false},
	}
	for _, tt := range tests {
		e, ok := vocab.Exemption(tt.slug)
		if !ok || e.Collect != tt.collect || e.Provide != tt.provide {
			t.Errorf("%s: collect %v provide %v, want %v %v", tt.slug, e.Collect, e.Provide, tt.collect, tt.provide)
		}
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for p := range vocab.AllPermissions() {
		for slug := range p.Guards.All() {
			if _, ok := vocab.Datum(slug); !ok {
				t.Errorf("%s guards the unknown datum %q", p.Slug, slug)
			}
		}
		for name := range p.Android.All() {
			if other := seen[name]; other != "" {
				t.Errorf("%s stands under %s and %s", name, other, p.Slug)
			}
			seen[name] = p.Slug
		}
	}
	for _, slug := range strings.Fields(`media-location storage-read storage-write network-state wifi-state
		phone-state camera microphone wake-lock keyguard audio-settings bluetooth vibrate auto-start contacts
		location calendar sms call-log ad-id mac`) {
		if _, ok := vocab.Permission(slug); !ok {
			t.Errorf("no permission %q", slug)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		kind vocab.Kind
		word string
		want string
	}{
		{"typo", vocab.KindDatum, "emial", "email"},
		{"dash", vocab.KindDatum, "e-mail", "email"},
		{"underscore", vocab.KindDatum, "birth_date", "birth-date"},
		{"capitals", vocab.KindDatum, "IMEI", "imei"},
		{"English label", vocab.KindDatum, "Home address", "postal-address"},
		{"Chinese label", vocab.KindDatum, "姓名", "name"},
		{"missing letter", vocab.KindPurpose, "markting-mail", "marketing-mail"},
		{"other spelling", vocab.KindPurpose, "personalize", "personalise"},
		{"kind matters", vocab.KindRight, "emial", ""},
		{"plural", vocab.KindRecipient, "processors", "processor"},
		{"swap", vocab.KindPermission, "caemra", "camera"},
		{"exemption", vocab.KindExemption, "legal_duty", "legal-duty"},
		{"far", vocab.KindDatum, "shoe-size-of-the-cat", ""},
		{"short", vocab.KindDatum, "zz", ""},
		{"empty", vocab.KindDatum, "", ""},
		{"no such kind", vocab.Kind("x"), "email", ""},
		{"very long", vocab.KindDatum, strings.Repeat("email", 1000), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := vocab.Nearest(tt.kind, tt.word); got != tt.want {
				t.Errorf("Nearest(%s, %q) = %q, want %q", tt.kind, tt.word, got, tt.want)
			}
		})
	}
}
