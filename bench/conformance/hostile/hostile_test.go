//go:build cgo

package hostile

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/bench/conformance/machine"
	"github.com/troupe-run/troupe/bench/conformance/oracle"
	"github.com/troupe-run/troupe/bench/conformance/subject"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

// machines returns both, and the probe.
func machines(t *testing.T) (o, s machine.Machine, code []byte) {
	t.Helper()
	code, err := os.ReadFile(filepath.FromSlash("../../../runtime/wasm/cosmwasm/vm/testdata/probe.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	if o, err = oracle.New("", vm.Capabilities()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	if s, err = subject.New(wasm.Options{}, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return o, s, code
}

// said is the text of an error as package vm has it.
func said(err error) string {
	if err == nil {
		return ""
	}
	text := strings.TrimPrefix(err.Error(), machine.ErrOutOfGas.Error()+": ")
	if text == "Out of gas" {
		return "Ran out of gas during contract execution"
	}
	return strings.TrimPrefix(text, "Error calling the VM: ")
}

// scripts is how many the test runs; 46,000 were run once without a difference.
const scripts = 3000

// TestScripts runs random scripts: result, gas, what the host is asked, and the text of the failure are the same.
func TestScripts(t *testing.T) {
	o, s, code := machines(t)
	a, err := o.Store(code)
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Store(code)
	if err != nil {
		t.Fatal(err)
	}
	ends, differing := map[bool]int{}, 0
	for i := range uint64(scripts) {
		r := rand.New(rand.NewPCG(4, i))
		msg := script(r)
		call := machine.Call{Gas: 10_000_000_000, Args: [][]byte{[]byte("env"), []byte("info"), msg}}
		switch call.Entry = pick(r, "execute", "execute", "query", "instantiate", "migrate", "sudo", "reply"); call.Entry {
		case "query", "sudo", "reply":
			call.Args = [][]byte{[]byte("env"), msg}
		case "migrate":
			call.Args = [][]byte{[]byte("env"), msg, []byte("info")}
		}
		if r.IntN(3) == 0 {
			call.Gas = r.Uint64N(30_000_000)
		}
		asked, answered := newHost(), newHost()
		call.Host = asked
		want := o.Run(a, &call)
		call.Host = answered
		got := s.Run(b, &call)
		ends[want.Err == nil]++
		if !bytes.Equal(want.Result, got.Result) || want.Used != got.Used || want.External != got.External || said(want.Err) != said(got.Err) ||
			!slices.Equal(asked.log, answered.log) {
			if differing++; differing <= 10 {
				t.Errorf("script %d, %s with %d gas, %.200q:\noracle  %.200q, gas %d and %d, %.400s\nsubject %.200q, gas %d and %d, %.400s\noracle asked  %.300q\nsubject asked %.300q",
					i, call.Entry, call.Gas, msg, want.Result, want.Used, want.External, said(want.Err), got.Result, got.Used, got.External, said(got.Err),
					asked.log, answered.log)
			}
		}
	}
	t.Logf("%d scripts came to their end, %d failed, %d differ", ends[true], ends[false], differing)
	if ends[true] < scripts/10 || ends[false] < scripts/10 {
		t.Error("the scripts are no longer mixed")
	}
}

// TestNil is M11: arguments that are missing are refused, whichever it is, for no gas.
func TestNil(t *testing.T) {
	o, s, code := machines(t)
	a, err := o.Store(code)
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Store(code)
	if err != nil {
		t.Fatal(err)
	}
	for entry, n := range map[string]int{"instantiate": 3, "execute": 3, "migrate": 3, "query": 2, "sudo": 2, "reply": 2} {
		for missing := range 1 << n {
			call := machine.Call{Entry: entry, Gas: 10_000_000_000, Args: slices.Repeat([][]byte{{}}, n)}
			for i := range n {
				if missing>>i&1 != 0 {
					call.Args[i] = nil
				}
			}
			call.Host = newHost()
			want := o.Run(a, &call)
			call.Host = newHost()
			got := s.Run(b, &call)
			if said(want.Err) != said(got.Err) || want.Used != got.Used || want.External != got.External || (want.Err == nil) != (missing == 0) {
				t.Errorf("%s%q:\noracle  gas %d, %v\nsubject gas %d, %v", entry, call.Args, want.Used, want.Err, got.Used, got.Err)
			}
		}
	}
}

// TestMutants is T11 for both machines: bytes of the probe are changed, and both take the module, or neither does. Only what
// package vm says of its differences may differ.
func TestMutants(t *testing.T) {
	o, s, code := machines(t)
	same := 0
	for i := range uint64(400) {
		r := rand.New(rand.NewPCG(9, i))
		mutant := slices.Clone(code)
		for range 1 + r.IntN(3) {
			switch at := r.IntN(len(mutant)); r.IntN(3) {
			case 0:
				mutant[r.IntN(min(len(mutant), 1200))] = byte(r.IntN(256))
			case 1:
				mutant[at] ^= 1 << r.IntN(8)
			case 2:
				mutant = slices.Delete(mutant, at, min(len(mutant), at+1+r.IntN(2)))
			}
		}
		want := o.Check(mutant)
		_, got := s.Store(mutant)
		switch {
		case (want == nil) == (got == nil):
			same++
		case want == nil && strings.HasPrefix(got.Error(), "Error instantiating a Wasm module: "):
			// The reference would fail as soon as the contract is called.
		case got == nil && strings.Contains(want.Error(), "type mismatch"):
			// Code that cannot be reached is left out before anybody looks at its types.
		default:
			t.Errorf("mutant %d:\noracle  %.300v\nsubject %.300v", i, want, got)
		}
	}
	t.Logf("%d of 400 are judged alike", same)
}
