package browser

import "testing"

// pages are all pages, by the names of their pictures.
var pages = []struct{ name, path string }{
	{"overview", "/"},
	{"transactions", "/transactions"},
	{"tree", "/transactions/8"},
	{"committed", "/transactions/10"},
	{"rolled-back", "/transactions/11"},
	{"installation", "/transactions/4"},
	{"actors", "/actors"},
	{"actor", "/actors/warrior"},
	{"modules", "/modules"},
	{"module", "/modules/currency"},
	{"providers", "/providers"},
	{"links", "/links"},
	{"access", "/access"},
	{"engine", "/actors/engine"},
	{"nowhere", "/nowhere"},
}

// TestPages looks at each page in light and dark, and at the width of a phone.
func TestPages(t *testing.T) {
	for _, scheme := range []string{"light", "dark"} {
		t.Run(scheme, func(t *testing.T) {
			b := open(t, "/")
			b.dress(scheme)
			b.allow("status of 404") // engine is no actor
			for _, page := range pages {
				b.size(1280, 900)
				b.visit(page.path)
				b.accessible(scheme + " " + page.name)
				b.snap(page.name + "-" + scheme)
				b.size(390, 844)
				if width := b.text(`String(document.documentElement.scrollWidth)`); width != "390" {
					b.Errorf("%s is %s pixels wide on a phone of 390", page.name, width)
				}
				if scheme == "light" {
					b.accessible("phone " + page.name)
				}
				b.snap(page.name + "-phone-" + scheme)
			}
		})
	}
}
