// Package centre is the privacy centre: the pages on which people see what is held
// of them, choose, correct, copy and delete, ask, and see who looked.
//
// Every page is one file here and one template of the same name. What a page does
// it does through one verb of the gate, as anybody would: it decides nothing, and
// what it shows was decided, opened and recorded there. A page that opens values
// leaves evidence of that; one that counts or dates opens none.
//
// Strength follows the act: reading the policy needs nobody, one's own pages need a
// session, and seeing or taking away values in clear needs a sign-in not older than
// [Fresh].
package centre
