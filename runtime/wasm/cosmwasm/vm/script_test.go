package vm_test

import (
	"context"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

// imports are the names that the probe calls by their place.
var imports = []string{
	"abort", "db_read", "db_write", "db_remove", "addr_validate", "addr_canonicalize", "addr_humanize",
	"bls12_381_aggregate_g1", "bls12_381_aggregate_g2", "bls12_381_pairing_equality", "bls12_381_hash_to_g1",
	"bls12_381_hash_to_g2", "secp256k1_verify", "secp256k1_recover_pubkey", "secp256r1_verify", "secp256r1_recover_pubkey",
	"ed25519_verify", "ed25519_batch_verify", "debug", "query_chain", "db_scan", "db_next", "db_next_key", "db_next_value",
}

// What is emitted besides the result of an import.
const (
	plain       = 0
	returned    = 1 // the region that the result points at
	destination = 2 // the region that was filled
)

// do is the command that calls an import, see testdata/probe.
func do(name string, emit byte, arguments ...[]byte) []byte {
	i := slices.Index(imports, name)
	if i < 0 {
		panic("no import " + name)
	}
	return slices.Concat([]byte{byte(i), emit}, slices.Concat(arguments...))
}

func le(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

// The arguments of imports.
func text(s string) []byte               { return data([]byte(s)) }
func data(b []byte) []byte               { return slices.Concat([]byte{'b'}, le(uint32(len(b))), b) }
func many(n uint32) []byte               { return slices.Concat([]byte{'m'}, le(n), []byte{'x'}) }
func num(n uint32) []byte                { return slices.Concat([]byte{'n'}, le(n)) }
func room(capacity uint32) []byte        { return slices.Concat([]byte{'c'}, le(capacity)) }
func inside(capacity uint32) []byte      { return slices.Concat([]byte{'s'}, le(capacity)) }
func region(a, b, c uint32) []byte       { return slices.Concat([]byte{'r'}, le(a), le(b), le(c)) }
func last() []byte                       { return []byte{'l'} }
func mode(m byte) []byte                 { return []byte{100, m} }
func die(kind byte) []byte               { return []byte{101, kind} }
func grow(pages uint32) []byte           { return slices.Concat([]byte{102}, le(pages)) }
func count() []byte                      { return []byte{103} }
func answer(ptr uint32) []byte           { return slices.Concat([]byte{104}, le(ptr)) }
func answerRegion(a, b, c uint32) []byte { return slices.Concat([]byte{105}, le(a), le(b), le(c)) }

// The modes of allocate.
const (
	allocateZero = 1 + iota
	allocateSmall
	allocateReenter
	allocateReenter2
	allocateNowhere
	allocateOutside
	allocateItself
	allocateSpin
	allocateTrap
)

// output is what a probe has emitted.
type output struct {
	t testing.TB
	b []byte
}

func (o *output) take(n int) []byte {
	o.t.Helper()
	if len(o.b) < n {
		o.t.Fatalf("the output has %d bytes more, not %d", len(o.b), n)
	}
	b := o.b[:n]
	o.b = o.b[n:]
	return b
}

// result takes the result of an import.
func (o *output) result() uint64 {
	o.t.Helper()
	return binary.LittleEndian.Uint64(o.take(8))
}

// region takes a region.
func (o *output) region() string {
	o.t.Helper()
	return string(o.take(int(binary.LittleEndian.Uint32(o.take(4)))))
}

const plenty = 1_000_000_000_000

// play runs a script.
func play(t testing.TB, c *vm.Contract, w *world, commands ...[]byte) (*output, vm.Usage, error) {
	t.Helper()
	result, u, err := c.Run(context.Background(), &vm.Call{
		Entry: "execute", Args: [][]byte{[]byte("{}"), []byte("{}"), append([]byte{}, slices.Concat(commands...)...)}, Gas: plenty, Host: w,
		ReadOnly: w.readOnly, Debug: w.print,
	})
	return &output{t, result}, u, err
}

// played runs a script that must come to its end.
func played(t testing.TB, c *vm.Contract, w *world, commands ...[]byte) *output {
	t.Helper()
	o, _, err := play(t, c, w, commands...)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// ended runs a script that must end with an error.
func ended(t testing.TB, c *vm.Contract, w *world, kind vm.ErrorKind, text string, commands ...[]byte) {
	t.Helper()
	_, _, err := play(t, c, w, commands...)
	is(t, err, kind, text)
}

// atRuntime is what the text of an error begins with that ended the guest.
const atRuntime = "Error executing Wasm: Wasmer runtime error: RuntimeError: "

func is(t testing.TB, err error, kind vm.ErrorKind, text string) {
	t.Helper()
	e, ok := err.(*vm.Error)
	if !ok || e.Kind != kind || e.Text != text {
		t.Errorf("the error is\n %v: %v\nnot\n %v: %s", kindOf(err), err, kind, text)
	}
}

func kindOf(err error) any {
	if e, ok := err.(*vm.Error); ok {
		return e.Kind
	}
	return "none of ours"
}
