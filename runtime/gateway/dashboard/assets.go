// Package dashboard holds the pages that people look at a node with: what src is built to, by
//
//	npm ci && npm run build
//
// in this folder. What is built is committed, so that Go alone builds the binary. The pages load nothing from elsewhere,
// and ask the node what any client can ask.
package dashboard

import (
	"embed"
	"io/fs"
)

//go:embed dist
var dist embed.FS

// Assets returns the files of the pages; index.html is the first.
func Assets() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the folder is in the binary
	}
	return files
}
