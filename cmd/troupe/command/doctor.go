package command

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/cmd/troupe/config"
	"github.com/troupe-run/troupe/cmd/troupe/doctor"
)

func (c *call) doctorCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what would keep a node from doing its work",
		Long: `Look at everything that a node depends on: the configuration, the data directory with its disk and its store, keys, the clock,
ports, the certificate, the cache and the last backup. Each line is ok, warn or fail, and says what to do. Nothing is changed, and
a node that runs is not disturbed. The exit code is 1 if something fails.`,
		Example: c.examples(`
			% doctor
			% doctor --config node.yaml
			% doctor -o json`),
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.configured(cmd, &f)
			var wrong *config.Error
			if err != nil && !errors.As(err, &wrong) && !errors.Is(err, os.ErrNotExist) {
				return err
			}
			list := doctor.Examine(cmd.Context(), doctor.Options{Config: cfg, ConfigErr: err, File: f.file, Version: c.Version,
				Cache: cacheDir(), Holder: holder})
			return c.findings(list)
		},
	}
	cmd.Flags().StringVar(&f.file, "config", os.Getenv("TROUPE_CONFIG"), "the `file` of the configuration; TROUPE_CONFIG names another default")
	return cmd
}

func (c *call) findings(list []doctor.Finding) error {
	width := 0
	for _, f := range list {
		width = max(width, len(f.Name))
	}
	for _, f := range list {
		if c.printer.json {
			if err := c.printer.object(f); err != nil {
				return err
			}
			continue
		}
		c.printer.printf("%-4s  %-*s  %s\n", f.Status, width, f.Name, oneLine(f.Text))
		if f.Advice != "" {
			c.printer.printf("%*s  → %s\n", 6+width, "", f.Advice)
		}
	}
	if doctor.Failed(list) {
		return &classified{ExitFailed, fmt.Errorf("a node would not do its work: see what is marked by fail")}
	}
	return nil
}

// oneLine joins the lines of a text.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
