// Package as holds the AssemblyScript guest code for the ABI wasmbus, so that it can be put into a project. What it is good for
// stands in README.md.
package as

import "embed"

// Sources are the files of the npm package wasmbus-actor.
//
//go:embed *.ts package.json README.md
var Sources embed.FS
