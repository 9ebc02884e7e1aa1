package vocab

import (
	"iter"
	"slices"
)

// Terms returns every row of a kind as a plain term, in file order.
func Terms(kind Kind) []Term { return slices.Clone(known().terms[kind]) }

// Datum looks up a kind of personal data by its slug.
func Datum(slug string) (DatumTerm, bool) { return known().datum.get(slug) }

// AllData yields every row of the table in file order.
func AllData() iter.Seq[DatumTerm] { return known().datum.all() }

// Purpose looks up a purpose by its slug.
func Purpose(slug string) (PurposeTerm, bool) { return known().purpose.get(slug) }

// AllPurposes yields every row of the table in file order.
func AllPurposes() iter.Seq[PurposeTerm] { return known().purpose.all() }

// Basis looks up a legal basis by its slug.
func Basis(slug string) (BasisTerm, bool) { return known().basis.get(slug) }

// AllBases yields every row of the table in file order.
func AllBases() iter.Seq[BasisTerm] { return known().basis.all() }

// ConsentState looks up a state of consent by its slug.
func ConsentState(slug string) (ConsentTerm, bool) { return known().consent.get(slug) }

// AllConsentStates yields every row of the table in file order.
func AllConsentStates() iter.Seq[ConsentTerm] { return known().consent.all() }

// Right looks up a right by its slug.
func Right(slug string) (RightTerm, bool) { return known().right.get(slug) }

// AllRights yields every row of the table in file order.
func AllRights() iter.Seq[RightTerm] { return known().right.all() }

// Permission looks up a device permission by its slug.
func Permission(slug string) (PermissionTerm, bool) { return known().permission.get(slug) }

// AllPermissions yields every row of the table in file order.
func AllPermissions() iter.Seq[PermissionTerm] { return known().permission.all() }

// Exemption looks up an exemption of GB/T 35273-2020 by its slug.
func Exemption(slug string) (ExemptionTerm, bool) { return known().exemption.get(slug) }

// AllExemptions yields every row of the table in file order.
func AllExemptions() iter.Seq[ExemptionTerm] { return known().exemption.all() }
