//go:build !cgo

package oracle

// This does not compile, and says why.
var _ int = "the oracle is wasmvm, a shared library: install a C compiler and set CGO_ENABLED=1"
