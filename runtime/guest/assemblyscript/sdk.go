// Package assemblyscript holds the sources of the AssemblyScript SDK, so that troupe new can put them into a project. What
// they are good for stands in README.md.
package assemblyscript

import "embed"

// Sources are the files of the npm package troupe-actor.
//
//go:embed *.ts package.json README.md
var Sources embed.FS
