// Package c holds the C SDK, so that troupe new can put it into a project. What it is good for stands in README.md.
package c

import "embed"

// Sources are the header and what explains it.
//
//go:embed troupe.h README.md
var Sources embed.FS
