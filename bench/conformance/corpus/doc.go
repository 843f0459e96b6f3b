// Package corpus fetches the compiled contracts that both virtual machines are run with. None is kept in this
// repository: each is named by where it is published and by its SHA-256, and comes from the module proxy of Go or the
// npm registry. What was fetched is kept in the user's cache directory and checked again whenever it is read.
package corpus
