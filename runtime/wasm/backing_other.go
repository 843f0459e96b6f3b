//go:build !linux

package wasm

import "errors"

// newPaging says that this system has no way of telling which pages were written to.
func newPaging() (backing, error) {
	return nil, errors.New("this system does not tell which pages of a private mapping were written to")
}
