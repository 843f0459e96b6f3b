//go:build !linux

package bench

// residentBytes is unknown here.
func residentBytes() uint64 { return 0 }
