package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/bench/conformance/corpus"
	"github.com/troupe-run/troupe/bench/conformance/differential"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

// few are contracts of most families: what a short run is made of.
const few = "hackatom,cyberpunk,queue,floaty,reflect,burner,replier,staking,ibc_reflect,ibc2,cw20-base,cw721-base," +
	"cw1-subkeys,cw3-fixed-multisig,cw3-flex-multisig,cw4-group,cw4-stake,multicall,probe"

func lab(t *testing.T, names string, d *wasm.Dialect) *differential.Lab {
	t.Helper()
	contracts, err := choose(names)
	if err != nil {
		t.Fatal(err)
	}
	lab, end, err := openLab(t.Context(), userCaches(), d, contracts, corpus.Library{}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	return lab
}

// TestDifferential is a short form of the differential command: over 4,000 calls of 19 contracts, and no difference.
func TestDifferential(t *testing.T) {
	l := lab(t, few, nil)
	report, err := l.Run(t.Context(), differential.Options{Seed: 4, Steps: 4000, Only: -1, Parallel: 2})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	report.Print(&out)
	t.Logf("\n%s", out.String())
	if report.Differing > 0 || report.Total().Steps < 4000 {
		t.Fail()
	}
	for _, c := range l.Contracts {
		n := report.Contracts[c.Name]
		if n == nil || n.Steps < 50 || c.Name != "burner" && n.Succeeded < n.Steps/10 {
			t.Errorf("%s is hardly tried: %+v", c.Name, n)
		}
	}
	for text, n := range report.Texts {
		t.Errorf("%d failures have another text:\n%s", n, text)
	}
}

// TestOneUnit checks that the comparison notices a gas table in which one price is one unit higher. Each price is that
// of an instruction that contracts use.
func TestOneUnit(t *testing.T) {
	const i32Add, localGet, i32Load8u = 0x6a, 0x20, 0x2d
	tables := map[string]func(*wasm.Dialect){
		"i32.add":      func(d *wasm.Dialect) { d.Gas.Cost[i32Add]++ },
		"local.get":    func(d *wasm.Dialect) { d.Gas.Cost[localGet]++ },
		"i32.load8_u":  func(d *wasm.Dialect) { d.Gas.Cost[i32Load8u]++ },
		"branches":     func(d *wasm.Dialect) { d.Gas.Branch++ },
		"a local":      func(d *wasm.Dialect) { d.Gas.Local++ },
		"free locals":  func(d *wasm.Dialect) { d.Gas.FreeLocals-- },
		"the original": func(*wasm.Dialect) {},
	}
	for name, change := range tables {
		t.Run(name, func(t *testing.T) {
			d := *vm.Dialect()
			d.Name = "changed" // what is compiled is kept by name
			d.Gas.Name = "changed: " + name
			change(&d)
			contracts, err := choose("hackatom,cw20-base")
			if err != nil {
				t.Fatal(err)
			}
			l, end, err := openLab(t.Context(), caches{oracle: userCaches().oracle}, &d, contracts, corpus.Library{}, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			defer end()
			report, err := l.Run(t.Context(), differential.Options{Seed: 1, Steps: 40, Budget: 20, Only: -1})
			if err != nil {
				t.Fatal(err)
			}
			if caught := report.Differing > 0; caught != (name != "the original") {
				t.Errorf("%d mismatches in %d steps", report.Differing, report.Total().Steps)
			}
			for _, m := range report.Mismatches {
				if !strings.Contains(strings.Join(m.Differences, "\n"), "gas") {
					t.Errorf("another difference than gas: %v", m.Differences)
				}
			}
		})
	}
}

// TestCommands runs the command as a user would, with what goes wrong first.
func TestCommands(t *testing.T) {
	for _, args := range [][]string{nil, {"dance"}, {"differential", "-contracts", "nothing"}, {"differential", "-steps", "x"}} {
		if err := run(context.Background(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"differential", "-contracts", "queue", "-steps", "50", "-v"}, &out, io.Discard); err != nil ||
		!strings.Contains(out.String(), "seed 1: 0 mismatches") {
		t.Errorf("%v\n%s", err, out.String())
	}
	out.Reset()
	if err := run(t.Context(), []string{"fetch"}, &out, io.Discard); err != nil || !strings.Contains(out.String(), "cw20-base") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// TestEmptyKey is S57: a write with an empty key ends the call on both machines alike. wasmvm prints the stack of the panic
// that its store makes, which is why random scripts do without.
func TestEmptyKey(t *testing.T) {
	l := lab(t, "probe", nil)
	const write = "\x02\x00" + "b\x00\x00\x00\x00" + "b\x01\x00\x00\x00v"
	const read, remove = "\x01\x01" + "b\x00\x00\x00\x00", "\x03\x00" + "b\x00\x00\x00\x00"
	for _, script := range []string{read, remove, read + remove + read, write, read + write} {
		differences, err := l.Compare("probe", "execute", []byte(script))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range differences {
			t.Errorf("%q: %s", script, d)
		}
	}
}
