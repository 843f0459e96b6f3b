//go:build !linux

package wasm

import "testing"

// systemBackings returns the backings that only this system has: none.
func systemBackings(testing.TB) map[string]backing { return nil }

// ownBytes returns how much of a memory is known not to be shared with its image.
func ownBytes(*testing.T, memory) int { return 0 }
