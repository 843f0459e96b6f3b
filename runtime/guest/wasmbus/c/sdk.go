// Package c holds the C guest code for the ABI wasmbus, so that it can be put into a project. What it is good for stands in
// README.md.
package c

import "embed"

// Sources is the header, wasmbus.h, which documents itself.
//
//go:embed wasmbus.h
var Sources embed.FS
