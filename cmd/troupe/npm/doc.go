// Package npm fetches single files out of packages of the npm registry: contracts that somebody has published, for
// example. A file at an address of its own is fetched under the same rules.
//
// # Guarantees
//
// Whoever wants a file says its SHA-256. Nothing else is ever handed out, whoever the registry is and whatever the cache
// holds: what differs is refused. A file is fetched once; from then on it comes from the cache, without any network.
// What is read is bounded, and nothing of a package is written or run but the one file.
//
// # What it is not
//
// It resolves no ranges of versions and no dependencies, runs no scripts, and logs in nowhere.
package npm
