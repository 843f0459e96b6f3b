package runtime

import (
	"fmt"

	"github.com/troupe-run/troupe/state"
)

// Backup writes a copy of everything that is durable to a new directory, while the host runs on. The copy is a
// directory like any other: Open it, or Restore it elsewhere.
func (h *Host) Backup(dir string) error {
	if err := h.store.Checkpoint(dir); err != nil {
		return fmt.Errorf("runtime: backup of %s: %w", h.name(), err)
	}
	return nil
}

// Restore copies a backup to a new directory, after checking that it can be opened.
func Restore(backup, dir string) error {
	if err := state.Restore(backup, dir, nil); err != nil {
		return fmt.Errorf("runtime: restore of %s: %w", backup, err)
	}
	return nil
}
