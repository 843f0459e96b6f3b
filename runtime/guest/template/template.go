// Package template holds the projects that troupe new makes: a folder for each language, with the same counter in it. It
// is there to be changed by whoever gets it, so it is short and has one of everything: messages, state, an event, an
// error, a query, a test, a transcript, a manifest.
//
// Those whose names begin with wasmbus- are for the ABI of classic wasmCloud: an actor that answers HTTP requests and counts
// them. Its sources stand in the folder actor, apart from the manifest, which names the module as it is signed.
//
// In the names and in the text of all files {{name}} stands for the name of the project, and {{version}} for the version
// of Troupe. A file whose name ends in .tmpl loses that: it would mean something to a tool here.
//
// The project in Go is a package of this module, so it is compiled, judged and tested with everything else.
package template

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Files are the templates as they are, each below the name of its language.
//
//go:embed all:as all:c all:go all:rust all:wasmbus-as all:wasmbus-c
var Files embed.FS

// Languages returns the languages that there are templates for, sorted.
func Languages() []string {
	entries, err := Files.ReadDir(".")
	if err != nil {
		panic(err) // it is a part of the program
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A Project says what is filled into a template.
type Project struct {
	// Name is that of the project and of its module. It must be the name of a module: [a-z0-9][a-z0-9._-]*.
	Name string
	// Version is the version of Troupe that the project needs, such as "v1.2.3".
	Version string
	// Source, if not empty, is a folder with the sources of Troupe that take the place of a published version.
	Source string
}

// Render returns the files of a new project in a language: their text by their path, which has slashes. What else a
// language needs (the sources of its SDK, say) it does not know.
func Render(language string, p Project) (map[string][]byte, error) {
	if !slices.Contains(Languages(), language) {
		return nil, fmt.Errorf("template: there is none for %q, only for %s", language, strings.Join(Languages(), ", "))
	}
	fill := strings.NewReplacer("{{name}}", p.Name, "{{version}}", p.Version)
	files := map[string][]byte{}
	err := fs.WalkDir(Files, language, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := Files.ReadFile(file)
		if err != nil {
			return err
		}
		name := fill.Replace(strings.TrimSuffix(strings.TrimPrefix(file, language+"/"), ".tmpl"))
		files[name] = []byte(fill.Replace(string(text)))
		if path.Base(name) == "go.mod" && p.Source != "" {
			files[name] = fmt.Appendf(files[name], "\nreplace github.com/troupe-run/troupe => %q\n", p.Source)
		}
		return nil
	})
	return files, err
}
