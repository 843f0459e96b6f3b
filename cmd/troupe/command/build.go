package command

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/dispatch/show"
)

// buildFolder is where the modules of an application go, in its folder.
const buildFolder = "build"

// buildFlags say what becomes of what is built.
type buildFlags struct {
	to         string
	updateLock bool
}

func (c *call) buildCommand() *cobra.Command {
	var f buildFlags
	cmd := &cobra.Command{
		Use:   "build [FOLDER]",
		Short: "Compile sources to WebAssembly",
		Long: `Compile the Go, Rust, AssemblyScript or C in a folder, this one if none is named, to a module of WebAssembly. Its
language shows in its files: go.mod or *.go, Cargo.toml, asconfig.json or package.json, *.c. The compiler of the language
must be installed. The module goes to a file in this folder that is named after the sources, or to the one that --to names.

If the folder has a ` + manifest.File + ` all its sources are compiled, to the folder ` + buildFolder + ` beside it, or to the one that --to names; and
` + manifest.LockFile + ` is written if it is not there. If it is there and a module differs from it, nothing is written,
unless --update-lock accepts the change.`,
		Example: c.examples(`
			% build guest/currency --to currency.wasm
			% install currency currency.wasm
			% build examples/mmo --to /tmp/mmo`),
		Args: between(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			folder := "."
			if len(args) > 0 {
				folder = args[0]
			}
			if manifest.Is(folder) {
				return c.buildApp(cmd.Context(), folder, &f)
			}
			return c.buildFolder(cmd.Context(), folder, &f)
		},
	}
	cmd.Flags().StringVar(&f.to, "to", "", "the `path` that the result goes to: a file, or of an application a folder")
	lockFlag(cmd, &f.updateLock)
	return cmd
}

// buildFolder compiles one folder.
func (c *call) buildFolder(ctx context.Context, folder string, f *buildFlags) error {
	if f.updateLock {
		return misuse("--update-lock is for applications, and %s has no %s", folder, manifest.File)
	}
	path, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	lang, err := toolchain.Detect(folder)
	if err != nil {
		return &classified{ExitNotFound, err}
	}
	name := filepath.Base(path)
	wasm, err := toolchain.Build(ctx, folder, lang)
	if err == nil {
		err = acceptable(name, wasm)
	}
	if err != nil {
		return appError(err)
	}
	to := f.to
	if to == "" {
		to = name + ".wasm"
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fileError(err)
	}
	mod := &manifest.Module{Name: name, Source: folder, Language: lang}
	return c.built(to, manifest.Code{Module: mod, Wasm: wasm, Hash: sha256.Sum256(wasm)})
}

// buildApp compiles the sources of an application.
func (c *call) buildApp(ctx context.Context, folder string, f *buildFlags) error {
	a, err := c.openApp(ctx, folder, f.updateLock)
	if err != nil {
		return err
	}
	to := f.to
	if to == "" {
		to = a.Path(buildFolder)
	}
	for _, code := range a.codes {
		if code.Module.Source == "" {
			continue
		}
		if err := os.MkdirAll(to, 0o755); err != nil {
			return err
		}
		if err := c.built(filepath.Join(to, code.Module.Name+".wasm"), code); err != nil {
			return err
		}
	}
	if lock, err := a.ReadLock(); lock != nil || err != nil || len(a.codes) == 0 {
		return appError(err)
	}
	return c.writeLock(a, manifest.LockOf(a.codes))
}

// built writes a module and says so.
func (c *call) built(file string, code manifest.Code) error {
	if err := writeWhole(file, code.Wasm); err != nil {
		return err
	}
	mod := code.Module
	if c.printer.json {
		return c.printer.object(struct {
			Module   string             `json:"module"`
			Language toolchain.Language `json:"language"`
			File     string             `json:"file"`
			Hash     string             `json:"hash"`
			Size     int                `json:"size"`
		}{mod.Name, mod.Language, file, code.Hash.String(), len(code.Wasm)})
	}
	c.printer.printf("built %s  %s, %s → %s\n", c.printer.style(show.Name, mod.Name), mod.Language, codeText(code), file)
	return c.printer.flush()
}

// writeWhole writes a file in one step, so that nobody finds half of it.
func writeWhole(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fileError(err)
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
