package command

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/guest/assemblyscript"
	"github.com/troupe-run/troupe/runtime/guest/c"
	"github.com/troupe-run/troupe/runtime/guest/rust"
	"github.com/troupe-run/troupe/runtime/guest/template"
	wasmbusas "github.com/troupe-run/troupe/runtime/guest/wasmbus/as"
	wasmbusc "github.com/troupe-run/troupe/runtime/guest/wasmbus/c"
)

func (c *call) newCommand() *cobra.Command {
	var source string
	cmd := &cobra.Command{
		Use:   "new LANGUAGE FOLDER",
		Short: "Begin an actor in " + strings.Join(template.Languages(), ", "),
		Long: `Make a folder with an actor in a language, one of ` + strings.Join(template.Languages(), ", ") + `: its source, a test, a transcript and a manifest. The name
of the folder is that of the module. The README.md in it says how to go on.

wasmbus-as and wasmbus-c are AssemblyScript and C for the ABI of classic wasmCloud: an actor that is signed, answers HTTP requests,
and counts them in a store of keys and values.`,
		Example: c.examples(`
			% new go counter
			% test counter --update
			% dev counter
			% new wasmbus-c visits`),
		Args:      between(2, 2),
		ValidArgs: template.Languages(),
		RunE: func(_ *cobra.Command, args []string) error {
			return c.newProject(args[0], args[1], source)
		},
	}
	cmd.Flags().StringVar(&source, "source", "", "of a project in Go: a `folder` with the sources of Troupe, in the place of a published version")
	return cmd
}

// released are versions that can be downloaded.
var released = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`)

func (c *call) newProject(language, folder, source string) error {
	p := template.Project{Name: filepath.Base(folder), Version: c.Version}
	name := actor.Address(p.Name)
	switch {
	case !slices.Contains(template.Languages(), language):
		return usagef("there is no language %s; there are %s", quoted(language), strings.Join(template.Languages(), ", "))
	case name.Validate() != nil || name.Key() != "":
		return usagef("the name of a folder is that of its module, which matches [a-z0-9][a-z0-9._-]*, and %s does not", quoted(p.Name))
	case source != "":
		abs, err := filepath.Abs(source)
		if err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(abs, "go.mod")); err != nil {
			return notFoundf("--source: %s holds no go.mod", source)
		}
		p.Source = abs
	}
	if !released.MatchString(p.Version) {
		p.Version = "v0.0.0"
	}
	files, err := projectFiles(language, p)
	if err != nil {
		return err
	}
	if err := writeProject(folder, files); err != nil {
		return err
	}
	if c.printer.json {
		return c.printer.object(struct {
			Folder string   `json:"folder"`
			Files  []string `json:"files"`
		}{folder, slices.Sorted(maps.Keys(files))})
	}
	c.printer.printf("made %s, a project in %s; %s says how to go on\n", c.printer.style(show.Name, folder), language, filepath.Join(folder, "README.md"))
	if _, inGo := files["go.mod"]; inGo && p.Version == "v0.0.0" && source == "" {
		c.printer.printf("this binary is no released version of Troupe: let go.mod require one, or replace it by a folder with its sources\n")
	}
	return nil
}

// sdk is the SDK of a language that goes into each project, and the folder for it. In Go it is a module like any other.
func sdk(language string) (folder string, files fs.FS) {
	switch language {
	case "as":
		return "troupe-actor", assemblyscript.Sources
	case "rust":
		return "troupe", rust.Sources
	case "c":
		return ".", c.Sources
	case "wasmbus-as":
		return "actor/wasmbus-actor", wasmbusas.Sources
	case "wasmbus-c":
		return "actor", wasmbusc.Sources
	}
	return "", nil
}

// projectFiles returns the files of a new project, with the SDK.
func projectFiles(language string, p template.Project) (map[string][]byte, error) {
	files, err := template.Render(language, p)
	if err != nil {
		return nil, err
	}
	folder, sources := sdk(language)
	if sources == nil {
		return files, nil
	}
	return files, fs.WalkDir(sources, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[path.Join(folder, name)], err = fs.ReadFile(sources, name)
		return err
	})
}

// writeProject writes files to a folder that is not there, or empty.
func writeProject(folder string, files map[string][]byte) error {
	entries, err := os.ReadDir(folder)
	switch {
	case err == nil && len(entries) > 0:
		return directoryf("%s is not empty: new overwrites nothing", folder)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return &classified{ExitDirectory, err}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}
