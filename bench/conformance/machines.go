package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/bench/conformance/corpus"
	"github.com/troupe-run/troupe/bench/conformance/differential"
	"github.com/troupe-run/troupe/bench/conformance/machine"
	"github.com/troupe-run/troupe/bench/conformance/oracle"
	"github.com/troupe-run/troupe/bench/conformance/subject"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

// caches are directories that make a second start quick.
type caches struct{ oracle, subject string }

func userCaches() caches {
	base, err := os.UserCacheDir()
	if err != nil {
		return caches{}
	}
	base = filepath.Join(base, "troupe", "conformance")
	return caches{filepath.Join(base, "wasmvm-3.0.7"), filepath.Join(base, "troupe")}
}

// openOracle starts wasmvm in the cache. Only one process can have it; another one goes without.
func openOracle(c caches) (*oracle.VM, error) {
	if c.oracle != "" {
		if v, err := oracle.New(c.oracle, vm.Capabilities()); err == nil {
			return v, nil
		}
	}
	return oracle.New("", vm.Capabilities())
}

// openLab starts both machines and stores contracts. The returned function ends them.
func openLab(ctx context.Context, c caches, dialect *wasm.Dialect, contracts []corpus.Contract, library corpus.Library, progress io.Writer) (*differential.Lab, func(), error) {
	o, err := openOracle(c)
	if err != nil {
		return nil, nil, err
	}
	s, err := subject.New(wasm.Options{CacheDir: c.subject}, dialect)
	if err != nil {
		o.Close()
		return nil, nil, err
	}
	end := func() {
		for _, m := range []machine.Machine{o, s} {
			if err := m.Close(); err != nil {
				fmt.Fprintf(os.Stderr, "closing %s: %v\n", m.Name(), err)
			}
		}
	}
	lab, err := differential.NewLab(ctx, o, s, contracts, library, progress)
	if err != nil {
		end()
		return nil, nil, err
	}
	return lab, end, nil
}

// choose returns the contracts of the names, or all of them.
func choose(names string) ([]corpus.Contract, error) {
	all := corpus.All()
	if names == "" {
		return all, nil
	}
	var chosen []corpus.Contract
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(c corpus.Contract) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no contract is called %q", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}
