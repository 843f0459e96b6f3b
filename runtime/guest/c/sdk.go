// Package c holds the C SDK, so that troupe new can put it into a project. What it is good for stands in README.md.
package c

import "embed"

// Sources is the header, troupe.h, which documents itself.
//
//go:embed troupe.h
var Sources embed.FS
