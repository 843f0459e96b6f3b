// Package server serves a host as a configuration says: over HTTP with a dashboard, over NATS, with metrics, until it is
// told to stop.
//
//	err := server.Run(ctx, host, server.Options{Config: c, Version: "1.2.3", Started: func(a server.Address) { … }})
//
// # Guarantees
//
// When Run returns, nothing listens any more, and every request that was taken has its answer, unless that took longer
// than the configuration allows. The folder node in the data directory, which only its owner can read, holds the key of
// the node, and while it is served a file that says where.
//
// # What it is not
//
// The host is the caller's to open and close. It makes no decisions about callers: those are in package node.
package server
