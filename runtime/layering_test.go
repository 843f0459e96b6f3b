package runtime_test

import (
	"fmt"
	"go/ast"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// layers gives every component, a folder with what is below it, its layer. Imports go downward only. The longest
// folder that fits counts.
var layers = map[string]int{
	"runtime/actor": 0, "runtime/actor/typed": 0, "runtime/actor/puppet": 0, "runtime/guest": 0, "state": 0, "claims": 0,
	"runtime/certificate":    0,
	"runtime/guest/template": 1, // projects that need the lowest layer only
	"txn":                    1, "runtime/api": 1,
	"dispatch": 2, "query": 2,
	"runtime/wasm": 3, "runtime/capability": 3, "runtime/access": 3,
	"runtime":      4,
	"runtime/node": 5, "runtime/lattice": 5, "runtime/gateway": 5, "runtime/client": 5, "runtime/metrics": 5, "runtime/telemetry": 5, "runtime/actortest": 5,
	"cmd": 6, "bench": 6, "examples": 6,
}

// sideways are the imports allowed within one layer.
var sideways = map[[2]string]bool{
	{"runtime/actor/typed", "runtime/actor"}:  true,
	{"runtime/actor/puppet", "runtime/actor"}: true,
	{"runtime/guest", "runtime/actor"}:        true,
	{"state", "runtime/actor"}:                true, // addresses and outcomes are stored in the words of the vocabulary
	{"query", "dispatch"}:                     true, // a smart query runs actors as dispatch does
	{"runtime/capability", "runtime/access"}:  true, // who may order is in its grants
	{"runtime/wasm", "runtime/capability"}:    true, // a dialect asks who may reach whom
	{"runtime/lattice", "runtime/node"}:       true, // these carry what a node says
	{"runtime/gateway", "runtime/node"}:       true,
	{"runtime/metrics", "runtime/node"}:       true, // and this counts it
	{"runtime/telemetry", "runtime/node"}:     true,
	{"runtime/lattice", "runtime/client"}:     true, // a client asks by NATS, too
	{"cmd", "bench"}:                          true, // troupe bench
	{"cmd", "examples"}:                       true, // troupe has the actors of the examples built in
	{"examples", "cmd"}:                       true, // a binary with actors of its own has the commands of troupe
}

// forbidden are imports that would go downward and are wrong all the same.
var forbidden = map[[2]string]string{
	{"dispatch", "claims"}: "dispatch gets an authorization hook and knows no claims",
	{"txn", "claims"}:      "a transaction knows no claims",
}

// componentOf returns the component that a folder belongs to.
func componentOf(dir string) (string, bool) {
	for ; dir != "."; dir = path.Dir(dir) {
		if _, ok := layers[dir]; ok {
			return dir, true
		}
	}
	return "", false
}

// importsDownward checks the layers. Test files may look upward: the test kit serves the packages below it.
func importsDownward(tree *sourceTree) (found []string) {
	for _, f := range tree.files {
		from, ok := componentOf(f.dir())
		if !ok {
			found = append(found, fmt.Sprintf("%s: its folder has no place in the layers", f.path))
			continue
		}
		if f.isTest() {
			continue
		}
		for _, p := range f.imports() {
			dir, own := strings.CutPrefix(p, tree.module+"/")
			if !own {
				continue
			}
			to, ok := componentOf(dir)
			switch {
			case !ok:
				found = append(found, fmt.Sprintf("%s imports %s, which has no place in the layers", f.path, p))
			case to == from:
			case forbidden[[2]string{from, to}] != "":
				found = append(found, fmt.Sprintf("%s imports %s: %s", f.path, p, forbidden[[2]string{from, to}]))
			case layers[to] >= layers[from] && !sideways[[2]string{from, to}]:
				found = append(found, fmt.Sprintf("%s (layer %d) imports %s (layer %d): imports go downward only",
					f.path, layers[from], p, layers[to]))
			}
		}
	}
	return found
}

func TestImportsDownward(t *testing.T) {
	holds(t, importsDownward)
	catches(t, importsDownward, []breach{
		{"right", map[string]string{
			"dispatch/a.go":         importing("dispatch", "./txn", "./runtime/actor", "fmt"),
			"dispatch/a_test.go":    importing("dispatch_test", "./runtime/actortest"),
			"query/a.go":            importing("query", "./dispatch", "./state"),
			"runtime/wasm/abi/a.go": importing("abi", "./runtime/wasm"),
			"cmd/troupe/main.go":    importing("main", "./bench", "./runtime"),
		}, ""},
		{"upward", map[string]string{"txn/a.go": importing("txn", "./dispatch")}, "txn/a.go (layer 1) imports example.org/m/dispatch (layer 2)"},
		{"under a build constraint", map[string]string{"txn/a.go": "//go:build other\n\n" + importing("txn", "./runtime")}, "layer 4"},
		{"sideways", map[string]string{"dispatch/a.go": importing("dispatch", "./query")}, "downward only"},
		{"between the lowest", map[string]string{"state/a.go": importing("state", "./claims")}, "downward only"},
		{"vocabulary upward", map[string]string{"runtime/actor/a.go": importing("actor", "./runtime/actor/typed")}, "downward only"},
		{"subpackage of runtime upward", map[string]string{"runtime/metrics/a.go": importing("metrics", "./runtime/gateway")}, "layer 5"},
		{"claims in dispatch", map[string]string{"dispatch/a.go": importing("dispatch", "./claims")}, "knows no claims"},
		{"a folder without a place", map[string]string{"engine/a.go": importing("engine")}, "engine/a.go: its folder has no place"},
		{"a package at the root", map[string]string{"a.go": importing("troupe")}, "a.go: its folder has no place"},
	})
}

// A dependency is named in one place, so that it can be judged, replaced and upgraded there.
type dependency struct {
	name     string
	prefixes []string
	owner    string // the component that may name it; empty: any one package
}

var dependencies = []dependency{
	{"Pebble", []string{"github.com/cockroachdb/pebble"}, "state"},
	{"wazero", []string{"github.com/tetratelabs/wazero"}, "runtime/wasm"},
	{"NATS", []string{"github.com/nats-io/nats.go"}, "runtime/lattice"},
	{"the server of NATS", []string{"github.com/nats-io/nats-server"}, "runtime/lattice/embedded"},
	{"Prometheus", []string{"github.com/prometheus"}, ""},
	{"MessagePack", []string{"github.com/vmihailenco/msgpack"}, "runtime/capability/pack"},
	{"curves", []string{"github.com/consensys/gnark-crypto", "github.com/decred/dcrd", "filippo.io/nistec", "github.com/hdevalence/ed25519consensus"}, ""},
}

func within(p, prefix string) bool { return p == prefix || strings.HasPrefix(p, prefix+"/") }

// dependenciesHaveOneHome checks that each dependency is named by its owner alone, tests included. Modules nested in
// this one compare it with others and may name what they like.
func dependenciesHaveOneHome(tree *sourceTree) (found []string) {
	for _, dep := range dependencies {
		users := map[string]bool{}
		for _, f := range tree.files {
			for _, p := range f.imports() {
				if f.nested || !slices.ContainsFunc(dep.prefixes, func(prefix string) bool { return within(p, prefix) }) {
					continue
				}
				users[f.dir()] = true
				if dep.owner != "" && !within(f.dir(), dep.owner) {
					found = append(found, fmt.Sprintf("%s imports %s: only %s names %s", f.path, p, dep.owner, dep.name))
				}
			}
		}
		if dep.owner == "" && len(users) > 1 {
			found = append(found, fmt.Sprintf("%s is named by %s: one package is enough",
				dep.name, strings.Join(slices.Sorted(maps.Keys(users)), ", ")))
		}
	}
	return found
}

func TestDependenciesHaveOneHome(t *testing.T) {
	holds(t, dependenciesHaveOneHome)
	catches(t, dependenciesHaveOneHome, []breach{
		{"right", map[string]string{
			"state/crash/a.go":      importing("crash", "github.com/cockroachdb/pebble/v2/vfs"),
			"claims/a.go":           importing("claims", "github.com/nats-io/nkeys"),
			"runtime/metrics/a.go":  importing("metrics", "github.com/prometheus/client_golang/prometheus"),
			"bench/peers/go.mod":    "module example.org/m/bench/peers\n",
			"bench/peers/a/main.go": importing("main", "github.com/nats-io/nats.go"),
		}, ""},
		{"Pebble", map[string]string{"txn/a.go": importing("txn", "github.com/cockroachdb/pebble/v2")}, "only state names Pebble"},
		{"Pebble in a test", map[string]string{"txn/a_test.go": importing("txn", "github.com/cockroachdb/pebble/v2/vfs")}, "only state names Pebble"},
		{"wazero", map[string]string{"runtime/a.go": importing("runtime", "github.com/tetratelabs/wazero/api")}, "only runtime/wasm names wazero"},
		{"NATS", map[string]string{"runtime/gateway/a.go": importing("gateway", "github.com/nats-io/nats.go/jetstream")}, "only runtime/lattice names NATS"},
		{"the server of NATS", map[string]string{"runtime/lattice/a.go": importing("lattice", "github.com/nats-io/nats-server/v2/server")},
			"only runtime/lattice/embedded names the server of NATS"},
		{"Prometheus twice", map[string]string{
			"runtime/metrics/a.go": importing("metrics", "github.com/prometheus/client_golang/prometheus"),
			"runtime/gateway/a.go": importing("gateway", "github.com/prometheus/client_golang/prometheus/promhttp"),
		}, "Prometheus is named by runtime/gateway, runtime/metrics"},
	})
}

// allowances lists the packages outside of the standard library that a component may import, where it may not import
// what it likes. An empty list is the standard library only.
var allowances = map[string][]string{
	"runtime/actor":        {},
	"claims":               {"github.com/nats-io/nkeys", "github.com/fxamacker/cbor/v2"},
	"runtime/actor/typed":  {"./runtime/actor", "github.com/fxamacker/cbor/v2"},
	"runtime/actor/puppet": {"./runtime/actor"},
	"runtime/guest":        {"./runtime/actor", "./runtime/guest/envelope"},
}

// importsWithinAllowance checks the packages that actor authors carry into their programs.
func importsWithinAllowance(tree *sourceTree) (found []string) {
	for _, f := range tree.files {
		component, _ := componentOf(f.dir())
		allowed, limited := allowances[component]
		if !limited || f.isTest() {
			continue
		}
		for _, p := range f.imports() {
			first, _, _ := strings.Cut(p, "/")
			short := strings.Replace(p, tree.module, ".", 1)
			if strings.Contains(first, ".") && p != path.Join(tree.module, f.dir()) && !slices.Contains(allowed, short) {
				found = append(found, fmt.Sprintf("%s imports %s: %s may import the standard library and %q only",
					f.path, p, component, allowed))
			}
		}
	}
	return found
}

func TestImportsWithinAllowance(t *testing.T) {
	holds(t, importsWithinAllowance)
	catches(t, importsWithinAllowance, []breach{
		{"right", map[string]string{
			"runtime/actor/a.go":       importing("actor", "fmt", "encoding/json"),
			"runtime/actor/a_test.go":  importing("actor_test", "pgregory.net/rapid"),
			"runtime/actor/typed/a.go": importing("typed", "./runtime/actor", "github.com/fxamacker/cbor/v2"),
		}, ""},
		{"vocabulary", map[string]string{"runtime/actor/a.go": importing("actor", "github.com/fxamacker/cbor/v2")}, "runtime/actor/a.go imports"},
		{"vocabulary, own package", map[string]string{"runtime/actor/a.go": importing("actor", "./state")}, "runtime/actor/a.go imports"},
		{"typed", map[string]string{"runtime/actor/typed/a.go": importing("typed", "golang.org/x/exp/maps")}, "runtime/actor/typed/a.go imports"},
		{"claims", map[string]string{"claims/a.go": importing("claims", "github.com/nats-io/nats.go")}, "claims/a.go imports"},
		{"guest", map[string]string{"runtime/guest/a_wasip1.go": importing("guest", "./runtime/actor/typed")}, "runtime/guest/a_wasip1.go imports"},
		{"part of guest", map[string]string{"runtime/guest/envelope/a.go": importing("envelope", "./runtime/wasm/troupe")}, "runtime/guest/envelope/a.go imports"},
	})
}

// silent are the packages that return errors and call the trace in the place of a log.
var silent = []string{"txn", "dispatch"}

func silentPackagesDoNotLog(tree *sourceTree) (found []string) {
	for _, f := range tree.files {
		if f.isTest() || !slices.ContainsFunc(silent, func(dir string) bool { return within(f.dir(), dir) }) {
			continue
		}
		for _, p := range f.imports() {
			if p == "log" || within(p, "log/slog") {
				found = append(found, fmt.Sprintf("%s imports %s: %s does not log", f.path, p, f.dir()))
			}
		}
	}
	return found
}

func TestSilentPackagesDoNotLog(t *testing.T) {
	holds(t, silentPackagesDoNotLog)
	catches(t, silentPackagesDoNotLog, []breach{
		{"right", map[string]string{"runtime/a.go": importing("runtime", "log/slog"), "txn/a_test.go": importing("txn", "log")}, ""},
		{"slog", map[string]string{"dispatch/a.go": importing("dispatch", "log/slog")}, "dispatch does not log"},
		{"log", map[string]string{"txn/a.go": importing("txn", "log")}, "txn does not log"},
	})
}

// executorFiles are the files of package dispatch that may start goroutines, read the clock and draw numbers. All other
// files there are the algebra, and so is the whole of txn.
var executorFiles = []string{"executor.go", "execute.go", "commit.go", "prune.go", "queue.go", "request.go", "suspend.go", "view.go"}

// algebraIsPure checks that the core of dispatch and the transactions start no goroutine and read no clock: their
// result is a function of the log.
func algebraIsPure(tree *sourceTree) (found []string) {
	for _, f := range tree.files {
		pure := within(f.dir(), "txn") || f.dir() == "dispatch" && !slices.Contains(executorFiles, path.Base(f.path))
		if !pure || f.isTest() {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				found = append(found, fmt.Sprintf("%s: the algebra starts no goroutine", f.at(n.Pos())))
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clocks, n.Sel.Name) {
					found = append(found, fmt.Sprintf("%s: the algebra reads no clock, and time.%s does", f.at(n.Pos()), n.Sel.Name))
				}
			}
			return true
		})
		for _, p := range f.imports() {
			if p == "math/rand" || p == "math/rand/v2" || p == "crypto/rand" {
				found = append(found, fmt.Sprintf("%s imports %s: the algebra draws no numbers of its own", f.path, p))
			}
		}
	}
	return found
}

var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer"}

func TestAlgebraIsPure(t *testing.T) {
	holds(t, algebraIsPure)
	catches(t, algebraIsPure, []breach{
		{"right", map[string]string{
			"dispatch/executor.go":      "package dispatch\n\nimport \"time\"\n\nfunc f() { go f(); time.Now() }\n",
			"dispatch/frame.go":         "package dispatch\n\nimport \"time\"\n\nfunc g() time.Time { return time.Unix(0, 0) }\n",
			"dispatch/dispatch_test.go": "package dispatch\n\nfunc h() { go h() }\n",
		}, ""},
		{"goroutine", map[string]string{"dispatch/frame.go": "package dispatch\n\nfunc f() {\n\tgo f()\n}\n"}, "dispatch/frame.go:4: the algebra starts no goroutine"},
		{"clock", map[string]string{"txn/tx.go": "package txn\n\nimport \"time\"\n\nvar t0 = time.Now()\n"}, "txn/tx.go:5: the algebra reads no clock"},
		{"randomness", map[string]string{"txn/tx.go": importing("txn", "math/rand/v2")}, "draws no numbers"},
	})
}
