// Package vocab is the vocabulary of the policy language: what each slug means,
// in English and Chinese, and which public term stands behind it.
//
// The terms are those of the W3C Data Privacy Vocabulary (DPV) 2.3 where it has
// one; where it has none (all of China, IMEI, an address book) the term is
// Avow's own and names a broader DPV term. The tables are in data, one row per
// slug, so that a reviewer can read them without reading code.
package vocab
