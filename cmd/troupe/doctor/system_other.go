//go:build !linux

package doctor

// fileSystem cannot tell.
func fileSystem(string) (kind, trouble string) { return "", "" }
