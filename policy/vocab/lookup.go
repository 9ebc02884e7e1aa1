package vocab

import "iter"

// Datum looks up a kind of personal data by its slug.
func Datum(slug string) (DatumTerm, bool) { return known().datum.get(slug) }

// AllData yields every row of the table in file order.
func AllData() iter.Seq[DatumTerm] { return known().datum.all() }

// Purpose looks up a purpose by its slug.
func Purpose(slug string) (PurposeTerm, bool) { return known().purpose.get(slug) }

// AllPurposes yields every row of the table in file order.
func AllPurposes() iter.Seq[PurposeTerm] { return known().purpose.all() }

// Operation looks up an operation on data by its slug.
func Operation(slug string) (OperationTerm, bool) { return known().operation.get(slug) }

// AllOperations yields every row of the table in file order.
func AllOperations() iter.Seq[OperationTerm] { return known().operation.all() }

// Basis looks up a legal basis by its slug.
func Basis(slug string) (BasisTerm, bool) { return known().basis.get(slug) }

// AllBases yields every row of the table in file order.
func AllBases() iter.Seq[BasisTerm] { return known().basis.all() }

// ConsentState looks up a state of consent by its slug.
func ConsentState(slug string) (ConsentTerm, bool) { return known().consent.get(slug) }

// AllConsentStates yields every row of the table in file order.
func AllConsentStates() iter.Seq[ConsentTerm] { return known().consent.all() }

// Recipient looks up a recipient or person by its slug.
func Recipient(slug string) (RecipientTerm, bool) { return known().recipient.get(slug) }

// AllRecipients yields every row of the table in file order.
func AllRecipients() iter.Seq[RecipientTerm] { return known().recipient.all() }

// Measure looks up a measure of protection by its slug.
func Measure(slug string) (MeasureTerm, bool) { return known().measure.get(slug) }

// AllMeasures yields every row of the table in file order.
func AllMeasures() iter.Seq[MeasureTerm] { return known().measure.all() }

// Right looks up a right by its slug.
func Right(slug string) (RightTerm, bool) { return known().right.get(slug) }

// AllRights yields every row of the table in file order.
func AllRights() iter.Seq[RightTerm] { return known().right.all() }

// Refusal looks up a reason to refuse or delay by its slug.
func Refusal(slug string) (RefusalTerm, bool) { return known().refusal.get(slug) }

// AllRefusals yields every row of the table in file order.
func AllRefusals() iter.Seq[RefusalTerm] { return known().refusal.all() }

// Retention looks up a kind of retention by its slug.
func Retention(slug string) (RetentionTerm, bool) { return known().retention.get(slug) }

// AllRetentions yields every row of the table in file order.
func AllRetentions() iter.Seq[RetentionTerm] { return known().retention.all() }

// Source looks up a source by its slug.
func Source(slug string) (SourceTerm, bool) { return known().source.get(slug) }

// AllSources yields every row of the table in file order.
func AllSources() iter.Seq[SourceTerm] { return known().source.all() }

// Permission looks up a device permission by its slug.
func Permission(slug string) (PermissionTerm, bool) { return known().permission.get(slug) }

// AllPermissions yields every row of the table in file order.
func AllPermissions() iter.Seq[PermissionTerm] { return known().permission.all() }

// Exemption looks up an exemption of GB/T 35273-2020 by its slug.
func Exemption(slug string) (ExemptionTerm, bool) { return known().exemption.get(slug) }

// AllExemptions yields every row of the table in file order.
func AllExemptions() iter.Seq[ExemptionTerm] { return known().exemption.all() }

// Word looks up a word of privacy law by its slug.
func Word(slug string) (WordTerm, bool) { return known().word.get(slug) }

// AllWords yields every row of the table in file order.
func AllWords() iter.Seq[WordTerm] { return known().word.all() }

// Status looks up a term for records and states by its slug.
func Status(slug string) (StatusTerm, bool) { return known().status.get(slug) }

// AllStatuses yields every row of the table in file order.
func AllStatuses() iter.Seq[StatusTerm] { return known().status.all() }

// Namespace looks up a prefix of compact IRIs by its slug.
func Namespace(slug string) (NamespaceTerm, bool) { return known().namespace.get(slug) }

// AllNamespaces yields every row of the table in file order.
func AllNamespaces() iter.Seq[NamespaceTerm] { return known().namespace.all() }

// PermissionByAndroid finds the permission that a manifest calls name, such as
// "android.permission.CAMERA".
func PermissionByAndroid(name string) (PermissionTerm, bool) {
	v := known()
	slug, ok := v.android[name]
	if !ok {
		return PermissionTerm{}, false
	}
	return v.permission.get(slug)
}
