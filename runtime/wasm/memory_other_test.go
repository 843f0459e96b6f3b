//go:build !linux

package wasm

import "testing"

// systemBackings returns the backings that only this system has: none.
func systemBackings(testing.TB) map[string]backing { return nil }
