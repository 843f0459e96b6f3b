package cosmwasm_test

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/runtime/actor"
)

// TestRanges is S58 and S59 for contracts: what a range has, and that it is as it was when it was opened.
func TestRanges(t *testing.T) {
	w := newWorld(t)
	filled := func() actor.Address { return w.contract("c", set("b", "2").do("set", "d", "4").do("set", "f", "")) }
	for _, test := range []struct {
		name       string
		start, end string
		want       string // pairs
	}{
		{"S58 all", "", "", "b=2 d=4 f="},
		{"S58 the start is in, the end is not", "b", "d", "b=2"},
		{"S58 bounds that are no keys", "c", "e", "d=4"},
		{"S58 from", "d", "", "d=4 f="},
		{"S58 to", "", "d", "b=2"},
		{"S58 nothing", "d", "d", ""},
		{"S58 the wrong way round", "f", "b", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := filled()
			w.run(c, do("scan", test.start, test.end).do("next", "x1").do("next", "x2").do("next", "x3").do("next", "x4"))
			var got []string
			for _, key := range []string{"x1", "x2", "x3", "x4"} {
				if pair := string(w.Get(c, key)); pair != "" {
					got = append(got, pair)
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("the range has %q, want %q", got, test.want)
			}
		})
	}
	t.Run("S59 what is written later is not in it", func(t *testing.T) {
		c := filled()
		w.run(c, set("a", "new").do("scan", "", "").do("next", "").do("set", "c", "late").do("set", "d", "late").do("delete", "f").
			do("next", "x1").do("next", "x2").do("next", "x3").do("next", "x4").do("next", "x5"))
		for key, want := range map[string]string{"x1": "b=2", "x2": "d=4", "x3": "f=", "x4": "", "x5": "", "c": "late", "d": "late", "f": ""} {
			w.has(c, key, want)
		}
	})
	t.Run("S60 it does not outlive its call", func(t *testing.T) {
		c := filled()
		w.run(c, do("scan", "", "").do("next", "x1"))
		if code, text := w.failure(c, do("next", "x2")); !strings.Contains(text, "Iterator with ID 0 does not exist") {
			t.Errorf("%s: %s", code, text)
		}
	})
	w.Verify()
}

// TestGasOfStorage is S61 on a host with the prices of a chain. Gas is that of a whole call, so that two calls are compared
// that differ in what is stored, and not in what the contract does.
func TestGasOfStorage(t *testing.T) {
	w := newWorld(t)
	const (
		// The VM charges 570 for a byte that it hands to a contract, and 115 for one that it takes.
		n      = 14_000
		handed = n * 570 / 140_000
		taken  = n * 115 / 140_000
	)
	short, long := w.contract("short", set("k", "v")), w.contract("long", set("k", "v"+strings.Repeat("x", n)))
	empty := w.contract("empty", nil)
	gas := func(c actor.Address, p program) uint64 { return w.run(c, p).GasUsed }
	for _, test := range []struct {
		name       string
		less, more actor.Address
		p          program
		want       uint64
	}{
		{"S61 a read", short, long, do("copy", "k", "k2").do("delete", "k2"), n*3 + n*30 + handed + taken},
		{"S61 a range pays for its first pair", empty, short, do("scan", "", ""), (33 + 2) * 3},
		{"S61 and by its bytes", short, long, do("scan", "", ""), n * 3},
		{"S61 and once more when it is left", short, long, do("scan", "", "").do("next", ""), n*3 + n*3 + handed},
		{"S61 the end costs nothing", short, long, do("scan", "", "").do("next", "").do("next", "").do("next", ""), n*3 + n*3 + handed},
		{"S61 an empty range", empty, short, do("scan", "x", "y").do("next", ""), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			less, more := gas(test.less, test.p), gas(test.more, test.p)
			if d := more - less; d+1 < test.want || d > test.want+1 {
				t.Errorf("%d and %d gas: %d more, want %d", less, more, d, test.want)
			}
		})
	}
	t.Run("S61 gas that ends with the first pair", func(t *testing.T) {
		// Wherever the gas runs out, that is all that happens.
		limited := func(limit uint64) m {
			return with(sub(1, "error", execute(long, do("scan", "", "").do("next", "k2"))), "gas_limit", limit)
		}
		for limit := uint64(2_000); limit < 140_000; limit += 6_900 {
			w.run(empty, program(nil).send(limited(limit)))
			w.has(long, "k2", "")
		}
		if got := w.reply(empty); !strings.Contains(got, "codespace: sdk, code: 11") {
			t.Errorf("reply %s", got)
		}
	})
	w.Verify()
}

// TestMime compiles testdata/mime, and compares it with what is there already if the compiler is the same one.
func TestMime(t *testing.T) {
	built, err := toolchain.Build(t.Context(), filepath.Join("testdata", "mime"), toolchain.C)
	if missing := (*toolchain.MissingError)(nil); errors.As(err, &missing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	version, err := exec.Command("clang", "--version").Output()
	if err != nil || !strings.Contains(string(version), "clang version 14.") {
		t.Skip("another version of clang makes another module")
	}
	if !bytes.Equal(built, mimeCode(t)) {
		t.Error("testdata/mime.wasm is not what testdata/mime compiles to")
	}
}
