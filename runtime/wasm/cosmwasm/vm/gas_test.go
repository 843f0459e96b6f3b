package vm_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

// The prices of 2.5, once more: the tests do not believe the code.
const (
	op       = 115
	branch   = 1610
	hostCall = 18_000
	million  = 1_000_000
)

func reading(n int) uint64 {
	if n > 8_000_000 {
		return 520 * uint64(n)
	}
	return 200_000 + 115*uint64(n)
}

func writing(n int) uint64 { return 230_000 + 570*uint64(n) }

func stringOf(n int) uint64 { return 28_700 + 1400*uint64(n) }

// giving is what it costs to hand n bytes to an assembled contract.
func giving(n int) uint64 { return op + branch + writing(n) }

var callArgs = [][]byte{[]byte("env"), []byte("info!"), []byte("message")}

// around is what a call of an assembled contract costs besides an entry point.
func around() uint64 {
	return giving(3) + giving(5) + giving(7) + reading(resultSize) + branch
}

// TestImportGas is 2.3 and 2.5: what each import costs, in which order, at every limit.
func TestImportGas(t *testing.T) {
	const external = 1_000_003
	for _, k := range []struct {
		name, signature string
		lengths         []int
		more            string // arguments that are no regions
		gas             uint64 // besides the host call and reading
		external        uint64
		world           func(*world)
		kind            vm.ErrorKind // how it ends, if not well
	}{
		{"db_read", "i32 : i32", []int{3}, "", giving(6), external, func(w *world) { w.store["\x00\x00\x00"], w.price["get"] = "insect", external }, -1},
		{"db_read", "i32 : i32", []int{4}, "", 0, external, func(w *world) { w.price["get"] = external }, -1},
		{"db_write", "i32 i32 :", []int{3, 9}, "", 0, external, func(w *world) { w.price["set"] = external }, -1},
		{"db_remove", "i32 :", []int{3}, "", 0, external, func(w *world) { w.price["remove"] = external }, -1},
		{"db_scan", "i32 i32 i32 : i32", []int{3, 4}, "i32.const 1", 0, external, func(w *world) { w.price["scan"] = external }, -1},
		{"addr_validate", "i32 : i32", []int{20}, "", stringOf(20) + 990, 0, func(w *world) { w.price["validate"] = 990 }, -1},
		{"addr_validate", "i32 : i32", []int{2}, "", stringOf(2) + 990 + giving(len("human address too short")), 0, func(w *world) { w.price["validate"] = 990 }, -1},
		{"addr_validate", "i32 : i32", []int{0}, "", giving(len("Input is empty")), 0, func(*world) {}, -1},
		{"addr_canonicalize", "i32 i32 : i32", []int{20}, "i32.const 176", stringOf(20) + 440 + writing(20), 0, func(w *world) { w.price["canonicalize"] = 440 }, -1},
		{"addr_humanize", "i32 i32 : i32", []int{20}, "i32.const 176", 550 + writing(20), 0, func(w *world) { w.price["humanize"] = 550 }, -1},
		{"addr_humanize", "i32 i32 : i32", []int{20}, "i32.const 176", 550 + giving(1), 0,
			func(w *world) { w.price["humanize"], w.fail["humanize"] = 550, &vm.UserError{Text: "?"} }, -1},
		{"secp256k1_verify", "i32 i32 i32 : i32", []int{32, 64, 33}, "", 96 * million, 0, func(*world) {}, -1},
		{"secp256r1_verify", "i32 i32 i32 : i32", []int{32, 64, 33}, "", 279 * million, 0, func(*world) {}, -1},
		{"secp256k1_recover_pubkey", "i32 i32 i32 : i64", []int{32, 64}, "i32.const 1", 194 * million, 0, func(*world) {}, -1},
		{"secp256r1_recover_pubkey", "i32 i32 i32 : i64", []int{32, 64}, "i32.const 1", 592 * million, 0, func(*world) {}, -1},
		{"secp256k1_recover_pubkey", "i32 i32 i32 : i64", []int{32, 64}, "i32.const 256", 0, 0, func(*world) {}, -1},
		{"ed25519_verify", "i32 i32 i32 : i32", []int{7, 64, 32}, "", 35 * million, 0, func(*world) {}, -1},
		{"ed25519_batch_verify", "i32 i32 i32 : i32", []int{0, 0, 0}, "", 24 * million, 0, func(*world) {}, -1},
		{"ed25519_batch_verify", "i32 i32 i32 : i32", []int{4, 8, 4}, "", (36 + 2*10) * million, 0, func(*world) {}, -1},
		{"ed25519_batch_verify", "i32 i32 i32 : i32", []int{8, 12, 8}, "", (24 + 3*21) * million, 0, func(*world) {}, -1},
		{"bls12_381_aggregate_g1", "i32 i32 : i32", []int{100}, "i32.const 176", (68 + 2*12) * million, 0, func(*world) {}, -1},
		{"bls12_381_aggregate_g2", "i32 i32 : i32", []int{200}, "i32.const 176", 103_500_000 + 2*24_500_000, 0, func(*world) {}, -1},
		{"bls12_381_pairing_equality", "i32 i32 i32 i32 : i32", []int{96, 192, 48, 96}, "", (2112 + 3*163) * million, 0, func(*world) {}, -1},
		{"bls12_381_hash_to_g1", "i32 i32 i32 i32 : i32", []int{3, 4}, "i32.const 176", 563*million + writing(48), 0, func(*world) {}, -1},
		{"bls12_381_hash_to_g2", "i32 i32 i32 i32 : i32", []int{3, 4}, "i32.const 176", 871*million + writing(96), 0, func(*world) {}, -1},
		{"debug", "i32 :", []int{11}, "", 0, 0, func(*world) {}, -1},
		{"abort", "i32 :", []int{11}, "", stringOf(11), 0, func(*world) {}, vm.Aborted},
		{"query_chain", "i32 : i32", []int{11}, "", giving(len(`{"ok":{"ok":"e30="}}`)), external,
			func(w *world) { w.answer, w.price["query"] = `{"ok":{"ok":"e30="}}`, external }, -1},
		{"db_next", "i32 : i32", nil, "i32.const 0", 0, 0, func(*world) {}, vm.BackendErr},
		{"db_next_key", "i32 : i32", nil, "i32.const 0", 0, 0, func(*world) {}, vm.BackendErr},
		{"db_next_value", "i32 : i32", nil, "i32.const 0", 0, 0, func(*world) {}, vm.BackendErr},
		{"db_remove", "i32 :", []int{100_000}, "", 0, 0, func(*world) {}, vm.RegionLengthTooBig}, // paid before it is refused
	} {
		t.Run(k.name, func(t *testing.T) {
			body, n, reads := "", 0, uint64(0)
			if strings.HasPrefix(k.name, "bls12_381_hash") {
				body, n = "i32.const 0 ", 1
			}
			for i, length := range k.lengths {
				body += fmt.Sprintf("i32.const %d ", given+12*i)
				reads += reading(length)
				n++
			}
			if k.more != "" {
				n++
			}
			body += k.more + " call 0 "
			ops := uint64(n)*op + branch
			after := uint64(op + branch)
			if !strings.HasSuffix(k.signature, ":") {
				body += "drop "
				after += op
			}
			c := contract(t, assembled([]imported{{k.name, k.signature}}, k.lengths, allocate, deallocate, marker,
				function{"execute", "i32 i32 i32 : i32", "", body + fmt.Sprintf("i32.const %d end", result)}).Encode())
			run := func(limit uint64) (vm.Usage, error) {
				w := newWorld()
				k.world(w)
				_, u, err := c.Run(context.Background(), &vm.Call{Entry: "execute", Args: callArgs, Gas: limit, Host: w})
				if w.open != 0 {
					t.Errorf("%d iterators are open", w.open)
				}
				return u, err
			}
			want := around() + ops + after + hostCall + reads + k.gas
			if k.kind >= 0 {
				want -= after + reading(resultSize) + branch
			}
			u, err := run(plenty)
			if k.kind >= 0 && kindOf(err) != k.kind || k.kind < 0 && err != nil {
				t.Fatal(err)
			}
			if u.Used != want || u.External != k.external {
				t.Errorf("%d and external %d are charged, not %d and %d: %+d", u.Used, u.External, want, k.external, int64(u.Used-want))
			}
			total := want + k.external
			if u, err := run(total); (err != nil) != (k.kind >= 0) || u.Used != want {
				t.Errorf("with exactly enough: %v, %v", u, err)
			}
			const steps = 60
			for i := range uint64(steps + 1) {
				limit := total*i/steps - min(total*i/steps, 1)
				if u, err := run(limit); kindOf(err) != vm.OutOfGas || u.Used+u.External != limit && u.External <= limit {
					t.Errorf("with %d of %d: %v, %v", limit, total, u, err)
				}
			}
		})
	}
}

// TestWriteOrder checks that nothing is written before all is paid that comes before.
func TestWriteOrder(t *testing.T) {
	c := contract(t, assembled([]imported{{"db_write", "i32 i32 :"}}, []int{3, 9}, allocate, deallocate, marker,
		function{"execute", "i32 i32 i32 : i32", "", "i32.const 128 i32.const 140 call 0 i32.const 96 end"}).Encode())
	before := giving(3) + giving(5) + giving(7) + 2*op + branch + hostCall + reading(3) + reading(9)
	for _, limit := range []uint64{before - 1, before} {
		w := newWorld()
		_, _, err := c.Run(context.Background(), &vm.Call{Entry: "execute", Args: callArgs, Gas: limit, Host: w})
		if kindOf(err) != vm.OutOfGas || (len(w.store) > 0) != (limit == before) {
			t.Errorf("with %d: %v, %q", limit, err, w.store)
		}
	}
}

// TestOutOfGasText tells where the gas ran out: within an import it is an error of the engine.
func TestOutOfGasText(t *testing.T) {
	c := contract(t, assembled([]imported{{"db_read", "i32 : i32"}}, []int{3}, allocate, deallocate, marker,
		function{"execute", "i32 i32 i32 : i32", "", "i32.const 128 call 0 drop i32.const 96 end"}).Encode())
	const bare = "Ran out of gas during contract execution"
	start := giving(3) + giving(5) + giving(7)
	in := start + op + branch + hostCall + reading(3)
	for _, k := range []struct {
		limit uint64
		text  string
	}{
		{0, bare}, {op + branch, bare}, {start, bare}, {start + op + branch, atRuntime + bare}, {in - 1, atRuntime + bare},
		{in, bare},                             // the guest runs out within allocate
		{in + op + branch, atRuntime + bare},   // the import does, as it writes
		{in + giving(6), bare},                 // the guest does, after it
		{in + giving(6) + 2*op + branch, bare}, // the host does, as it reads the result
	} {
		w := newWorld()
		w.store["\x00\x00\x00"] = "insect"
		_, u, err := c.Run(context.Background(), &vm.Call{Entry: "execute", Args: callArgs, Gas: k.limit, Host: w})
		is(t, err, vm.OutOfGas, k.text)
		if u.Used != k.limit {
			t.Errorf("of %d are used %d", k.limit, u.Used)
		}
	}
}

// TestExternalGas checks what a Host says it has charged, in sums that are too large.
func TestExternalGas(t *testing.T) {
	c := probe(t)
	for _, k := range []struct {
		limit, price   uint64
		used, external uint64
	}{
		{plenty, plenty - 1, 1, plenty - 1}, {plenty, plenty, 0, plenty}, {plenty, plenty + 1, 0, plenty + 1},
		{plenty, math.MaxUint64, 0, math.MaxUint64}, {math.MaxUint64, math.MaxUint64, 0, math.MaxUint64},
	} {
		w := newWorld()
		w.price["get"] = k.price
		_, u, err := c.Run(context.Background(), &vm.Call{
			Entry: "query", Args: [][]byte{{}, do("db_read", plain, text("k"))}, Gas: k.limit, Host: w,
		})
		if kindOf(err) != vm.OutOfGas || u.Used != k.used || u.External != k.external {
			t.Errorf("%+v: %v, %v", k, u, err)
		}
	}
}

// TestExternalSum checks that external gas that is more than can be counted is as much as can be.
func TestExternalSum(t *testing.T) {
	w := newWorld()
	w.price["get"], w.price["remove"] = 5, math.MaxUint64
	_, u, err := play(t, probe(t), w, do("db_read", plain, text("k")), do("db_remove", plain, text("k")))
	if kindOf(err) != vm.OutOfGas || u.External != math.MaxUint64 || u.Used != 0 {
		t.Errorf("%+v, %v", u, err)
	}
}

// TestHugeLimit checks that a limit beyond what the guest can count is one, and what a query is told to be left.
func TestHugeLimit(t *testing.T) {
	c := probe(t)
	w := newWorld()
	w.answer = `{"ok":{"ok":""}}`
	run := func(limit uint64) vm.Usage {
		_, u, err := c.Run(context.Background(), &vm.Call{
			Entry: "query", Args: [][]byte{{}, do("query_chain", plain, text("k"))}, Gas: limit, Host: w,
		})
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	small, huge := run(plenty), run(math.MaxUint64)
	if small != huge {
		t.Errorf("%v with little gas, %v with much", small, huge)
	}
	if a, b := plenty-w.limits[0], math.MaxUint64-w.limits[1]; a != b || a == 0 {
		t.Errorf("a query is told that %d and %d are used", a, b)
	}
}

// TestReadLarge is the price of a result of more than 8 MB.
func TestReadLarge(t *testing.T) {
	for _, size := range []int{8_000_000, 8_000_001} {
		m := ordinary(function{"query", "i32 i32 : i32", "", "i32.const 96 i32.const 1024 i32.store 0 i32.const 96 " +
			fmt.Sprintf("i32.const %d i32.store 4 i32.const 96 i32.const %d i32.store 8 i32.const 96 end", size, size)})
		m.Memories[0].Min = 200
		answer, u, err := contract(t, m.Encode()).Run(context.Background(), &vm.Call{Entry: "query", Args: callArgs[:2], Gas: plenty})
		want := giving(3) + giving(5) + 10*op + branch + reading(size) + branch
		if err != nil || len(answer) != size || u.Used != want {
			t.Errorf("%d bytes: %d bytes, %v: %d, not %d", size, len(answer), err, u.Used, want)
		}
	}
}

// TestLocalsGas is what S67 leaves of locals: those beyond the 29th have a price.
func TestLocalsGas(t *testing.T) {
	for _, k := range []struct{ locals, extra uint64 }{{29, 0}, {30, op}, {100, 71 * op}} {
		c := contract(t, ordinary(function{"query", "i32 i32 : i32", strings.Repeat("i64 ", int(k.locals)), "i32.const 96 end"}).Encode())
		_, u, err := c.Run(context.Background(), &vm.Call{Entry: "query", Args: callArgs[:2], Gas: plenty})
		want := giving(3) + giving(5) + op + branch + k.extra + reading(resultSize) + branch
		if err != nil || u.Used != want {
			t.Errorf("%d locals: %v, %d, not %d", k.locals, err, u.Used, want)
		}
	}
}

// TestBulkGas is S68: a byte of memory.copy and memory.fill costs what an instruction does.
func TestBulkGas(t *testing.T) {
	for _, n := range []int{0, 1, 1000} {
		c := contract(t, ordinary(function{"query", "i32 i32 : i32", "",
			fmt.Sprintf("i32.const 8192 i32.const 1 i32.const %d memory.fill i32.const 96 end", n)}).Encode())
		_, u, err := c.Run(context.Background(), &vm.Call{Entry: "query", Args: callArgs[:2], Gas: plenty})
		want := giving(3) + giving(5) + 5*op + branch + uint64(n)*op + reading(resultSize) + branch
		if err != nil || u.Used != want {
			t.Errorf("%d bytes: %v, %d, not %d", n, err, u.Used, want)
		}
	}
}
