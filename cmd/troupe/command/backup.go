package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/state"
)

func (c *call) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup TARGET",
		Short: "Copy the data directory",
		Long: `Write a copy of everything that is durable to a new directory. TARGET must not exist. The copy is a data directory like
any other: look at it with --dir, or bring it back by restore.

With --server the node makes the copy while it runs on, in the folder that its configuration names as backup.dir. TARGET is then
a name without slashes, and the key needs the grant of an operator.`,
		Example: c.examples(`
			% backup backups/monday
			% --dir backups/monday verify
			% backup monday --server http://127.0.0.1:8880`),
		Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			target := args[0]
			if c.server != "" {
				return c.backupServer(cmd.Context(), target)
			}
			if _, err := os.Lstat(target); err == nil {
				return directoryf("%s exists already: a backup makes a new directory and overwrites nothing", target)
			}
			if err := errors.Join(c.checkDir(), c.checkData()); err != nil {
				return err
			}
			// Not read-only, because what is in the log of the store only must become a table first. No module is bound, so
			// that nothing is added to the log of the host.
			return c.open(c.dir, false, func(h *runtime.Host) error {
				head, err := h.Reader().Head()
				if err == nil {
					err = h.Backup(target)
				}
				if err != nil {
					return err
				}
				return c.copied("backed up", c.dir, target, head)
			})
		},
	}
}

// backupServer lets a node make a copy of what it serves.
func (c *call) backupServer(ctx context.Context, name string) error {
	if c.dirGiven {
		return misuse("--server and --dir exclude each other")
	}
	s, err := c.connect(ctx, c.server)
	if err != nil {
		return err
	}
	defer s.close()
	b, err := s.Backup(ctx, &api.BackupRequest{Name: name})
	if err != nil {
		return localError(s.explained(ctx, err))
	}
	var root state.Hash
	if err := root.UnmarshalText([]byte(b.Root)); err != nil {
		return fmt.Errorf("the answer of %s: %w", s.called(), err)
	}
	return c.copied("backed up", s.url, b.Name, state.Head{Sequence: b.Sequence, Root: root})
}

func (c *call) restoreCommand() *cobra.Command {
	var unchecked bool
	cmd := &cobra.Command{
		Use:   "restore BACKUP",
		Short: "Make the data directory from a backup",
		Long: `Copy a backup to the data directory that --dir names, after reading every row of it. The data directory must be missing
or empty: nothing is overwritten. Then every command and receipt of the copy is compared with the chain of roots, which
--no-verify leaves out. If anything is wrong, nothing is left there.`,
		Example: c.examples(`
			% restore backups/monday --dir ./restored
			% restore backups/monday --dir ./restored --no-verify`),
		Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := c.checkDir(); err != nil {
				return err
			}
			if err := c.checkRestore(args[0]); err != nil {
				return err
			}
			if err := c.restore(cmd.Context(), args[0], unchecked); err != nil {
				return c.restoreError(args[0], err)
			}
			return c.look(func(h *runtime.Host) error {
				head, err := h.Reader().Head()
				if err != nil {
					return err
				}
				return c.copied("restored", args[0], c.dir, head)
			})
		},
	}
	cmd.Flags().BoolVar(&unchecked, "no-verify", false, "do not compare the copy with the chain of roots")
	return cmd
}

func (c *call) restore(ctx context.Context, from string, unchecked bool) error {
	if unchecked {
		return runtime.RestoreUnchecked(from, c.dir)
	}
	stop := c.working("restoring " + from)
	_, err := runtime.Restore(ctx, from, c.dir)
	stop()
	return err
}

// checkRestore looks at both directories before either is touched.
func (c *call) checkRestore(from string) error {
	switch kind, err := inspect(from); {
	case err != nil:
		return err
	case kind == dirMissing:
		return directoryf("there is no backup %s", from)
	case kind != dirOurs:
		return directoryf("%s is not a backup of Troupe", from)
	}
	entries, err := os.ReadDir(c.dir)
	switch {
	case err == nil && len(entries) > 0:
		return directoryf("%s is not empty: restore overwrites nothing; name another directory by --dir", c.dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return &classified{ExitDirectory, err}
	}
	return nil
}

func (c *call) restoreError(from string, err error) error {
	if errors.Is(err, state.ErrLocked) {
		return directoryf("the backup %s is open in %s; close that first", from, holder(from))
	}
	return err
}

// copied says what was copied, and up to where.
func (c *call) copied(what, from, to string, head state.Head) error {
	if c.printer.json {
		return c.printer.object(struct {
			From     string     `json:"from"`
			To       string     `json:"to"`
			Sequence uint64     `json:"seq"`
			Root     state.Hash `json:"root"`
		}{from, to, head.Sequence, head.Root})
	}
	c.printer.printf("%s  %s → %s, %s\nroot  %s\n", what, from, to, count(head.Sequence, "transaction"), head.Root)
	return nil
}
