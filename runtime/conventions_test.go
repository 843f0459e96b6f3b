package runtime_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// The conventions of the whole module are tests, so that nobody has to remember them. Each is a function from a tree of
// sources to what is wrong in it. It runs twice: on this module, where it must find nothing, and on small trees that
// break the rule, where it must say so.

// A convention returns one line for each breach that it finds.
type convention func(*sourceTree) []string

// sourceTree is what the conventions look at: every Go file of the module, and of the modules nested in it, outside of
// testdata.
type sourceTree struct {
	fsys   fs.FS
	module string
	files  []*sourceFile // sorted by path
}

type sourceFile struct {
	path   string // from the root, with slashes
	nested bool   // belongs to a module below the root
	text   []byte
	fset   *token.FileSet
	ast    *ast.File
}

func (f *sourceFile) dir() string  { return path.Dir(f.path) }
func (f *sourceFile) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// at renders a place in the file, for messages.
func (f *sourceFile) at(p token.Pos) string {
	return fmt.Sprintf("%s:%d", f.path, f.fset.Position(p).Line)
}

// imports returns the paths that the file imports.
func (f *sourceFile) imports() []string {
	var paths []string
	for _, spec := range f.ast.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// readSourceTree parses every Go file below fsys, whatever its build constraints say.
func readSourceTree(fsys fs.FS) (*sourceTree, error) {
	mod, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return nil, err
	}
	first, _, _ := strings.Cut(string(mod), "\n")
	tree := &sourceTree{fsys: fsys, module: strings.TrimSpace(strings.TrimPrefix(first, "module"))}
	var nested []string
	err = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if p != "." && (name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
				return fs.SkipDir
			}
			if _, err := fs.Stat(fsys, path.Join(p, "go.mod")); err == nil && p != "." {
				nested = append(nested, p+"/")
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		f := &sourceFile{path: p, fset: token.NewFileSet()}
		f.nested = slices.ContainsFunc(nested, func(dir string) bool { return strings.HasPrefix(p, dir) })
		if f.text, err = fs.ReadFile(fsys, p); err != nil {
			return err
		}
		f.ast, err = parser.ParseFile(f.fset, p, f.text, parser.ParseComments|parser.SkipObjectResolution)
		tree.files = append(tree.files, f)
		return err
	})
	return tree, err
}

// moduleRoot is the folder of go.mod.
var moduleRoot = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	return filepath.Dir(strings.TrimSpace(string(out))), err
})

// thisModule is the tree of the module that the test belongs to.
var thisModule = sync.OnceValues(func() (*sourceTree, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	return readSourceTree(os.DirFS(root))
})

// holds checks a convention on this module.
func holds(t *testing.T, c convention) {
	t.Helper()
	tree, err := thisModule()
	if err != nil {
		t.Fatal(err)
	}
	for _, breach := range c(tree) {
		t.Error(breach)
	}
}

// A breach is a tree that breaks a convention: the files beside go.mod, and a part of the line that must be found.
type breach struct {
	name  string
	files map[string]string
	want  string // empty: nothing may be found
}

// catches checks that a convention finds what is wrong in each of the trees.
func catches(t *testing.T, c convention, breaches []breach) {
	t.Helper()
	for _, b := range breaches {
		t.Run(b.name, func(t *testing.T) {
			fsys := fstest.MapFS{"go.mod": {Data: []byte("module example.org/m\n\ngo 1.26\n")}}
			for name, text := range b.files {
				fsys[name] = &fstest.MapFile{Data: []byte(text)}
			}
			tree, err := readSourceTree(fsys)
			if err != nil {
				t.Fatal(err)
			}
			found := c(tree)
			if b.want == "" && len(found) > 0 {
				t.Errorf("found %q in a tree that is right", found)
			}
			if b.want != "" && !slices.ContainsFunc(found, func(s string) bool { return strings.Contains(s, b.want) }) {
				t.Errorf("found %q, want a line with %q", found, b.want)
			}
		})
	}
}

// importing is a file of a package that imports the paths; those that begin with a dot are of the module itself.
func importing(pkg string, paths ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n", pkg)
	for _, p := range paths {
		fmt.Fprintf(&b, "\nimport _ %q", strings.Replace(p, "./", "example.org/m/", 1))
	}
	return b.String() + "\n"
}

// TestSourcesMatchGoList checks that the conventions see the packages that the go command sees: a convention that looks
// at too little would hold for no reason.
func TestSourcesMatchGoList(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	tree, err := thisModule()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "list", "-e", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range tree.files {
		seen[path.Join(tree.module, f.dir())] = true
	}
	for p := range strings.FieldsSeq(string(out)) {
		if !seen[p] {
			t.Errorf("go list names %s, and the conventions do not look at it", p)
		}
	}
}
