package state

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// DiskFree returns how many bytes the file system on which a directory is has left for this process.
func DiskFree(dir string) (uint64, error) {
	usage, err := vfs.Default.GetDiskUsage(dir)
	if err != nil {
		return 0, fmt.Errorf("state: what is free at %s: %w", dir, err)
	}
	return usage.AvailBytes, nil
}
