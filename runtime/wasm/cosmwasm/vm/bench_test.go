package vm_test

import (
	"context"
	"slices"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

// still is a Host that keeps nothing, so that what is measured is the VM.
type still struct {
	vm.Host
	value []byte
}

func (s *still) Get([]byte) ([]byte, uint64, error)           { return s.value, 99_000, nil }
func (s *still) Set(_, _ []byte) (uint64, error)              { return 187_000, nil }
func (s *still) Validate(string) (uint64, error)              { return 990, nil }
func (s *still) Query([]byte, uint64) ([]byte, uint64, error) { return s.value, 1000, nil }

// BenchmarkRun is a call that does what the transfer of a token does: it checks an address, reads two keys and writes two.
func BenchmarkRun(b *testing.B) {
	c := probe(b)
	const key = "\x00\x07balancecosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr"
	call := &vm.Call{
		Entry: "execute", Gas: plenty, Host: &still{value: []byte(`{"ok":{"ok":"e30="}}`)},
		Args: [][]byte{make([]byte, 240), make([]byte, 100), slices.Concat(
			do("addr_validate", plain, text(key[9:])),
			do("db_read", plain, text(key)), do("db_write", plain, text(key), text("1000")),
			do("db_read", plain, text(key)), do("db_write", plain, text(key), text("1000")),
			do("query_chain", plain, text(key)),
		)},
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := c.Run(context.Background(), call); err != nil {
			b.Fatal(err)
		}
	}
}

// TestAllocations checks that a call allocates its result and the address that it is asked about, and nothing else.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("a pool forgets at random under the race detector")
	}
	c := probe(t)
	call := &vm.Call{Entry: "execute", Gas: plenty, Host: &still{value: []byte(`{"ok":{"ok":"e30="}}`)}, Args: [][]byte{{}, {}, slices.Concat(
		do("addr_validate", plain, text("somebody who has a name of some length")), do("db_read", plain, text("k")),
		do("db_write", plain, text("k"), text("v")), do("query_chain", plain, text("q")), do("debug", plain, text("d")))}}
	ctx := context.Background()
	if n := testing.AllocsPerRun(200, func() {
		if _, _, err := c.Run(ctx, call); err != nil {
			t.Fatal(err)
		}
	}); n > 2 {
		t.Errorf("a call allocates %v times", n)
	}
}
