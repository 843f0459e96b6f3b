//go:build unix

package server

import (
	"errors"
	"io/fs"
)

// private returns an error if others than the owner have rights.
func private(info fs.FileInfo) error {
	if info.Mode().Perm()&0o077 != 0 {
		return errors.New("others have rights")
	}
	return nil
}
