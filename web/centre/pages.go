package centre

// Page says what a page is and who may open it, for those who hold pages to that.
type Page struct {
	Method, Path string // below Base + policy
	Who          string // anyone, person, fresh or guardian
}

// Pages lists every page of the centre.
func Pages() []Page {
	var out []Page
	for _, rt := range routes() {
		out = append(out, Page{rt.method, rt.path, rt.who.String()})
	}
	return out
}
