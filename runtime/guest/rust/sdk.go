// Package rust holds the sources of the Rust SDK, so that troupe new can put them into a project. What they are good for
// stands in README.md.
package rust

import "embed"

// Sources are the files of the crate troupe.
//
//go:embed Cargo.toml README.md src
var Sources embed.FS
