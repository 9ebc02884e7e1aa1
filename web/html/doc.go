// Package html is what all pages have in common: layout, parts, style, words and
// the rules of a page that shows personal data.
//
// An edge brings its templates, and its words in every language, and gets a [Set]
// that renders them inside the layout:
//
//	//go:embed pages words
//	var files embed.FS
//
//	set, err := html.New(files)
//	…
//	set.Render(w, r, http.StatusOK, html.Page{Name: "home", Title: "home.title", Body: answers})
//
// A page is a template pages/NAME.html; words stand in words/TAG.txt, one folder
// entry for each language of this package. New reports what would otherwise be
// found by a reader: a language that lacks a message, a template that asks for one
// that does not exist, two messages under one name.
//
// Nothing here needs a script, but passkeys, which browsers give to scripts alone: what
// is about them shows only where the script runs. What else there is of script only says
// that the network is gone, and keeps a form from being sent twice.
package html

//go:generate go run avow.dev/web/internal/bundle style passkey.js=passkey.ts
