// Package browser walks the dashboard of a served node in a real Chromium: it has tests only.
//
//	go test ./...                            from this folder
//	go test . -shots /tmp/shots              also writes a picture of each page
//	go test . -at 'http://…/#token=…'        walks a node that serves examples/mmo since just now
//
// The tests build the command troupe, serve examples/mmo with it on a new directory, and look at each page as people do:
// by mouse, by keyboard, at the width of a phone, in light and dark. On every page axe-core looks for what keeps people
// out; nothing may be logged to the console, be refused by the content security policy or be asked of another origin.
//
// They need Chromium, or Chrome, in PATH or in the variable CHROMIUM, and npm: .ci/toolchains browser installs both. The
// module is nested so that what drives the browser is no dependency of Troupe.
package browser
