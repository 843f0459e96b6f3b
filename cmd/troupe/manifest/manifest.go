// Package manifest reads what an application consists of: the file troupe.yaml in a folder, and troupe.lock beside it.
//
//	chain:                         # the host is one that contracts of CosmWasm feel at home on; it may be empty
//	  prefix: cosmos               # of addresses
//	  id: troupe-1
//	  names: true                  # contracts take the addresses of Troupe, such as warrior, for addresses as well
//	modules:
//	  currency:
//	    source: guest/currency     # a folder that is compiled: Go, Rust, AssemblyScript or C
//	  bank:
//	    wasm: bank.wasm            # a file
//	  token:
//	    npm: "@scope/name@1.2.3"   # a package of the npm registry, of which one file is fetched
//	    file: data/cw20-base.wasm
//	    sha256: 764205286e29d5b6aa8745316a7c1f03df637c2af16db481e1e41c4576296619
//	  warrior:
//	    native: warrior            # a module of the binary
//	  echo:                        # a module with claims is an actor of this name at once
//	    url: https://example.org/echo_s.wasm
//	    sha256: 764205286e29d5b6aa8745316a7c1f03df637c2af16db481e1e41c4576296619
//	    instances: 4               # how many of its calls may run at once
//	    expect: {key: MA…, issuer: AB…, capabilities: [wasmcloud:httpserver]}
//	actors:
//	  - address: gold
//	    module: currency
//	    sender: engine             # who creates it: "cli" if nobody is named
//	    admin: engine              # who may migrate it: nobody if nobody is named
//	    instantiate: {name: Gold}  # the body of the message, none if it is left out
//	providers:                     # implement contracts for actors with claims
//	  http:
//	    kind: httpserver           # built in: httpserver, httpclient, keyvalue, messaging, blobstore
//	    config: {timeout_ms: 2000}
//	  audit:
//	    address: auditor           # any actor can be one
//	    contract: example:audit
//	links:                         # let an actor reach a provider, and the provider the actor
//	  - actor: echo                # a module with claims, whose name is its address
//	    provider: http
//	    name: default              # may be left out
//	    values: {address: "${ADDRESS:127.0.0.1:8080}"}
//	trust:                         # if there is any, modules run only if one of these vouches for their issuer
//	  - ADPCF65BVZVFN43HS3Z43HJMI5E55T2UKCEK5FSMXSF2EYLMYMI2UD7V
//	  - {key: OA…, token: operator.jwt}
//	scripts:
//	  - testdata/payout.txt        # transcripts
//	serve:
//	  demo: testdata/payout.txt    # what is played when a new directory is served, so that there is something to look at
//	  next: actors                 # what people may try then: a command line without the name of the program
//
// A file troupe.lock holds the hashes of the modules that are WebAssembly, and of those with claims their keys and issuers. If
// it is there, a module that differs from it is refused, so that what was tested is what is deployed. It is called after the
// manifest: that of echo.yaml is echo.lock.
//
// # Guarantees
//
// What is not known is refused: an error says file, line and column, and what may stand there. A single module, provider or
// link that cannot be is a problem of its own, and the rest is there all the same. All paths are relative to the manifest,
// with slashes, and nothing outside of its folder is read, be it by a link; the foreign forms may name files anywhere, as they
// did. Reading changes nothing. What is fetched is what the manifest says by its hash, or an error; it is fetched once: see
// package npm.
//
// # Variables
//
// ${NAME} in a text is the value of an environment variable, and ${NAME:default} has a default. A variable that has neither
// is an error that names it. The bodies of messages are taken as they are. In a file that is no YAML otherwise, and in all
// host manifests, variables are put in before it is parsed: so they may stand without quotes, and hold more than a text.
//
// # Foreign forms
//
// Two forms of wasmCloud are read as well: the host manifest of its hosts up to 0.18, in YAML or JSON, and the application
// that wadm took for wasmCloud 0.x. A file is known for what it is by its content, and becomes the same kind of Manifest: an
// actor is a module under the name of its file or component, a capability a provider of the built-in kind that takes its
// place, which is known by its public key, its image or its contract. Warnings say what is looked at no more.
//
// # What it is not
//
// Of YAML it takes what says a value in one way: no anchors, aliases, tags and several documents. It knows no host: what
// a manifest deploys, package command does.
package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/cmd/troupe/npm"
	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/runtime/actor"
)

// File is the name of a manifest.
const File = "troupe.yaml"

// maxFile bounds a manifest and a lock file, in bytes.
const maxFile = 64 << 10

// A Manifest is an application. It is immutable.
type Manifest struct {
	// Dir is the folder of the manifest, as it was named, and File the name of the file in it.
	Dir, File string
	// Form is how it is written.
	Form Form
	// Name is what an application of wadm calls itself, and Labels what it or a host manifest says of its host.
	Name   string
	Labels map[string]string
	// Chain is nil if the application has none.
	Chain *Chain
	// Modules are in the order of the file, in which they are installed.
	Modules []Module
	// Actors are in the order of the file, in which they are created.
	Actors []Actor
	// Providers are in the order of the file, and so are Links. The actors and providers that these name are there.
	Providers []Provider
	Links     []Link
	// Trust are the anchors. If there is any, modules run only if one of them vouches for their issuer.
	Trust []Anchor
	// Scripts are the paths of transcripts, from the folder of the manifest.
	Scripts []string

	// Demo is the path of the transcript that is played when a new directory is served, and Next the command line that is
	// proposed then. Either may be empty.
	Demo, Next string

	// Warnings say what will be otherwise than the manifest has it, Problems what is left out because it cannot be.
	Warnings, Problems []*Error

	scriptPlaces []place
	demo         place
}

// A Chain is what contracts take the host for.
type Chain struct {
	Prefix, ID string
	Names      bool
}

// defaultChain is one about which nothing is said.
func defaultChain() *Chain { return &Chain{Prefix: "cosmos", ID: "troupe-1"} }

// A Module is code under a name. One of Native, Wasm, Source, Package and URL is set.
type Module struct {
	Name string
	// Native is the name that the binary gives to a Go value.
	Native string
	// Wasm is the path of a file, from the folder of the manifest.
	Wasm string
	// Source is the path of a folder, and Language what it is written in.
	Source   string
	Language toolchain.Language
	// Package has the code in File, a path in it, whose SHA-256 is Sum.
	Package *npm.Package
	File    string
	// URL is where the code is fetched whose SHA-256 is Sum.
	URL string
	Sum Hash
	// Instances is how many calls of the actor that a module with claims is may run at once, 0 if nothing is said.
	Instances int
	// Expect is nil if the claims may say anything.
	Expect *Expect
	// Reference is what a foreign form calls the code. Wasm is found by it when files are looked for.
	Reference string
	// Anywhere says that Wasm may lead out of the folder of the manifest, or be absolute.
	Anywhere bool

	name, path, language, file, sum place
}

// An Actor is to be there when the application runs.
type Actor struct {
	Address actor.Address
	Module  string
	// Sender creates it.
	Sender actor.Address
	// Admin may migrate it. Empty: nobody.
	Admin actor.Address
	// Body is the instantiate message in JSON, nil if there is none.
	Body []byte

	module place
}

// defaultSender creates actors, as it is the sender of the commands of the command line.
const defaultSender actor.Address = "cli"

// Path returns the place of a file or folder of the application on this system.
func (m *Manifest) Path(name string) string {
	name = filepath.FromSlash(name)
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(m.Dir, name)
}

// Is reports whether the folder has a manifest.
func Is(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, File))
	return err == nil && info.Mode().IsRegular()
}

// Load reads the manifest of a folder, and checks that the files it names are there. What is wrong in it, be it with a
// single provider or link, is an *Error.
func Load(dir string) (*Manifest, error) {
	m, err := Open(dir)
	if err != nil {
		return nil, err
	}
	if len(m.Problems) > 0 {
		return m, m.Problems[0]
	}
	return m, nil
}

// Open reads a manifest: a file, or File in a folder. Variables are those of the process. What is wrong with a module, a
// provider or a link is in Problems, and left out of the rest; the error says that nothing can be made of the whole.
func Open(path string) (*Manifest, error) {
	dir, file := path, File
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if !info.IsDir() {
		dir, file = filepath.Split(path)
		dir = filepath.Clean(dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	text, err := read(root, file, maxFile)
	if err != nil {
		return nil, err
	}
	m, err := Parse(filepath.Join(dir, file), text, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	m.Dir, m.File = dir, file
	return m, m.checkFiles(root)
}

// Scenario is the script of a folder of contracts, if there is one of this name.
const Scenario = "scenario.txt"

// Wasm returns the names of the files in a folder that end in .wasm, sorted.
func Wasm(dir string) ([]string, error) { return ending(dir, ".wasm") }

func ending(dir, suffix string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasSuffix(e.Name(), suffix) && len(names) < maxFiles {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// maxFiles bounds how many files of a folder are looked at.
const maxFiles = 1000

// Contracts returns the application that a folder without a manifest is: each file that ends in .wasm is a module of that
// name, on a chain with the defaults; the script is Scenario, or all files that end in .txt. It does not look into the
// files.
func Contracts(dir string) (*Manifest, error) {
	m := &Manifest{Dir: dir, File: File, Form: TroupeForm, Chain: defaultChain()}
	files, err := Wasm(dir)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".wasm")
		if a := actor.Address(name); a.Validate() != nil || a.Key() != "" {
			return nil, &Error{File: filepath.Join(dir, file), Reason: fmt.Sprintf("the name of a module matches [a-z0-9][a-z0-9._-]*, and %q "+
				"does not: rename the file, or write a %s", name, File)}
		}
		m.Modules = append(m.Modules, Module{Name: name, Wasm: file})
	}
	if m.Scripts, err = ending(dir, ".txt"); slices.Contains(m.Scripts, Scenario) {
		m.Scripts = []string{Scenario}
	}
	return m, err
}

// read reads a file that has at most limit bytes.
func read(root *os.Root, name string, limit int) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, named(root, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err == nil && len(text) > limit {
		err = fmt.Errorf("%s has more than %d bytes", filepath.Join(root.Name(), name), limit)
	}
	return text, err
}

// named puts the folder into the path of an error: that of a root names files from there.
func named(root *os.Root, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return &fs.PathError{Op: "open", Path: filepath.Join(root.Name(), path.Path), Err: path.Err}
	}
	return err
}

// checkFiles checks that everything is there, and finds out the languages. A module whose code is not there is a problem.
func (m *Manifest) checkFiles(root *os.Root) error {
	kept := m.Modules[:0]
	for _, mod := range m.Modules {
		var wrong *Error
		switch err := mod.check(root, m); {
		case errors.As(err, &wrong):
			m.Problems = append(m.Problems, wrong)
		case err != nil:
			return err
		default:
			kept = append(kept, mod)
		}
	}
	m.Modules = kept
	m.Actors = slices.DeleteFunc(m.Actors, func(a Actor) bool {
		return !slices.ContainsFunc(kept, func(mod Module) bool { return mod.Name == a.Module })
	})
	for i := range m.Trust {
		if a := &m.Trust[i]; a.Token != "" {
			if err := a.token.isThere(root, a.Token, false); err != nil {
				return err
			}
		}
	}
	for i, script := range m.Scripts {
		if err := m.scriptPlaces[i].isThere(root, script, false); err != nil {
			return err
		}
	}
	if m.Demo != "" {
		return m.demo.isThere(root, m.Demo, false)
	}
	return nil
}

// check finds the code of a module: that it is there, and for a reference or a folder, what it is.
func (mod *Module) check(root *os.Root, m *Manifest) error {
	switch {
	case mod.Reference != "":
		return mod.find(m)
	case mod.Wasm != "":
		return mod.path.isThere(root, mod.Wasm, false)
	case mod.Source != "":
		if err := mod.path.isThere(root, mod.Source, true); err != nil || mod.Language != "" {
			return err
		}
		var err error
		if mod.Language, err = toolchain.Detect(m.Path(mod.Source)); err != nil {
			return mod.path.errorf("%v", err)
		}
	}
	return nil
}

// find looks for the file that a reference of a foreign form means: the one that it names, or for an image in a registry the
// one beside the manifest that is called like it.
func (mod *Module) find(m *Manifest) error {
	file, sure := isFileReference(mod.Reference)
	if m.isFile(file) {
		mod.Wasm = filepath.ToSlash(file)
		return nil
	}
	if sure {
		return mod.path.errorf("the actor %s: there is no file %s", mod.Name, m.Path(file))
	}
	name := imageName(mod.Reference)
	for _, file := range []string{name + "_s.wasm", name + ".wasm"} {
		if m.isFile(file) {
			mod.Wasm = file
			m.warn(mod.path, "the actor %s is the file %s: registries are not asked", mod.Reference, file)
			return nil
		}
	}
	return mod.path.errorf("the actor %.80s is in a registry, and registries are not asked: put it beside the manifest as %s.wasm, or name the path of its file",
		mod.Reference, name)
}

func (m *Manifest) isFile(name string) bool {
	info, err := os.Stat(m.Path(name))
	return err == nil && info.Mode().IsRegular()
}

// isThere checks that a path leads to a file or to a folder, without leaving the folder of the manifest.
func (p place) isThere(root *os.Root, path string, folder bool) error {
	info, err := root.Stat(filepath.FromSlash(path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return p.errorf("there is no %s", path)
	case err != nil:
		return p.errorf("%s cannot be read, or a link in it leads out of the folder of the manifest: %v", path, errors.Unwrap(err))
	case folder && !info.IsDir():
		return p.errorf("%s is a file, not a folder with sources", path)
	case !folder && !info.Mode().IsRegular():
		return p.errorf("%s is no file", path)
	}
	return nil
}
