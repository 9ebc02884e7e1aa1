package html

import "strings"

// PlainCell is a text for a cell of a table that people take along: one that a spreadsheet
// would take for a formula, in the letters of any width, gets an apostrophe before it.
func PlainCell(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return strings.ContainsRune("=+-@\t\r\n＝＋－＠", r) }) == 0 {
		return "'" + s
	}
	return s
}
