package runtime

import (
	"context"
	"errors"
	"fmt"
	"os"

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

// Restore copies a backup to a new directory and reads every row of both. Then it checks that the copy has the whole chain of
// roots, as Host.Check does, and returns it. On failure it leaves nothing behind.
func Restore(ctx context.Context, backup, dir string) (Chain, error) {
	if err := RestoreUnchecked(backup, dir); err != nil {
		return Chain{}, err
	}
	c, err := checkCopy(ctx, dir)
	if err != nil {
		return Chain{}, fmt.Errorf("runtime: restore of %s: %w", backup, errors.Join(err, os.RemoveAll(dir)))
	}
	return c, nil
}

// RestoreUnchecked is Restore, but for the chain of roots.
func RestoreUnchecked(backup, dir string) error {
	if err := state.Restore(backup, dir, nil); err != nil {
		return fmt.Errorf("runtime: restore of %s: %w", backup, err)
	}
	return nil
}

func checkCopy(ctx context.Context, dir string) (c Chain, err error) {
	h, err := Open(dir, &Options{ReadOnly: true, Lazy: true})
	if err != nil {
		return Chain{}, err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	return h.Check(ctx)
}
