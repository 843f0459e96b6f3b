//go:build !windows

package claims

import (
	"fmt"
	"io/fs"
	"os"
)

// checkPrivate refuses a file or folder that others may use, and says how to make it private.
func checkPrivate(path string, info fs.FileInfo, want fs.FileMode) error {
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s is open to others (mode %04o): run chmod %04o %q, and make a new key if somebody may have read it",
			path, mode, want, path)
	}
	return nil
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("claims: the key cannot be kept: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("claims: the key cannot be kept: %w", err)
	}
	return nil
}
