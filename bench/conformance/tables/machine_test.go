package tables_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// A bare contract is one without a host around its machine. Its world is the one that wasmvm is tested with: a store whose
// operations have a price each, addresses that are canonical with zeros behind them, and 250 ATOM on the bank.
type bare struct {
	t        *testing.T
	contract *vm.Contract
	rows     map[string]string
	printed  []string
}

// bareOf returns a contract of the corpus, with nothing in its store.
func bareOf(t *testing.T, name string) *bare {
	t.Helper()
	all, err := contracts()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := wasm.NewEngine(wasm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	module, err := engine.Load(t.Context(), all[name], vm.Dialect())
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	t.Cleanup(func() { module.Close() })
	return &bare{t: t, contract: vm.New(module), rows: map[string]string{}}
}

var mockEnv = wire.Env{
	Block:       wire.BlockInfo{Height: 123, Time: 1578939743_987654321, ChainID: "foobar"},
	Transaction: &wire.TransactionInfo{Index: 4, Hash: bytes.Repeat([]byte{0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00, 0x11}, 4)},
	Contract:    wire.ContractInfo{Address: "contract"},
}

const plentiful = 500_000_000_000 // what wasmvm's tests give to most calls

// run calls an entry point with so much gas.
func (b *bare) run(entry, sender, msg string, gas uint64) ([]byte, vm.Usage, error) {
	b.t.Helper()
	args := [][]byte{wire.AppendEnv(nil, &mockEnv), []byte(msg)}
	if entry == "instantiate" || entry == "execute" {
		info := wire.Info{Sender: sender, Funds: []wire.Coin{coin("100", "ATOM")}}
		args = slices.Insert(args, 1, wire.AppendInfo(nil, &info))
	}
	return b.contract.Run(b.t.Context(), &vm.Call{Entry: entry, Args: args, ReadOnly: entry == "query", Gas: gas, Host: b,
		Debug: func(text string) { b.printed = append(b.printed, text) }})
}

// must runs an entry point that answers with a response.
func (b *bare) must(entry, msg string) *wire.Response {
	b.t.Helper()
	answer, _, err := b.run(entry, "creator", msg, plentiful)
	if err != nil {
		b.t.Fatal(err)
	}
	result, err := wire.DecodeResult(answer)
	if err != nil || result.Ok == nil {
		b.t.Fatalf("%s %s: %s, %v", entry, msg, answer, err)
	}
	return result.Ok
}

// query asks for something that is there.
func (b *bare) query(msg string) string {
	b.t.Helper()
	answer, _, err := b.run("query", "", msg, plentiful)
	if err != nil {
		b.t.Fatal(err)
	}
	result, err := wire.DecodeQueryResult(answer)
	if err != nil || result.Err != "" {
		b.t.Fatalf("%s: %s, %v", msg, answer, err)
	}
	return string(result.Ok)
}

func (b *bare) Get(key []byte) ([]byte, uint64, error) {
	if value, ok := b.rows[string(key)]; ok {
		return []byte(value), 99_000, nil
	}
	return nil, 99_000, nil
}

func (b *bare) Set(key, value []byte) (uint64, error) {
	b.rows[string(key)] = string(value)
	return 187_000, nil
}

func (b *bare) Remove(key []byte) (uint64, error) {
	delete(b.rows, string(key))
	return 142_000, nil
}

func (b *bare) Scan(start, end []byte, descending bool) (vm.Iterator, uint64, error) {
	it := &walk{}
	for key, value := range b.rows {
		if key >= string(start) && (end == nil || key < string(end)) {
			it.rows = append(it.rows, [2]string{key, value})
		}
	}
	sort.Slice(it.rows, func(i, j int) bool { return (it.rows[i][0] < it.rows[j][0]) != descending })
	return it, 261_000, nil
}

type walk struct{ rows [][2]string }

func (w *walk) Next() (key, value []byte, ok bool, gas uint64, err error) {
	if len(w.rows) == 0 {
		return nil, nil, false, 0, nil
	}
	row := w.rows[0]
	w.rows = w.rows[1:]
	return []byte(row[0]), []byte(row[1]), true, 0, nil
}

func (w *walk) Close() {}

// Query knows one question: all that the contract has.
func (b *bare) Query(request []byte, _ uint64) ([]byte, uint64, error) {
	if !bytes.Contains(request, []byte(`"all_balances"`)) {
		return []byte(`{"error":{"unknown":{}}}`), 0, nil
	}
	answer := encode(m{"ok": m{"ok": []byte(`{"amount":[{"denom":"ATOM","amount":"250"}]}`)}})
	return []byte(answer), uint64(len(request)), nil
}

const canonicalLength = 32

func (b *bare) Canonicalize(human string) ([]byte, uint64, error) {
	if len(human) > canonicalLength {
		return nil, 0, &vm.UserError{Text: "human encoding too long"}
	}
	return append([]byte(human), make([]byte, canonicalLength-len(human))...), 440, nil
}

func (b *bare) Humanize(canonical []byte) (string, uint64, error) {
	if len(canonical) != canonicalLength {
		return "", 0, &vm.UserError{Text: "wrong canonical length"}
	}
	human, _, _ := strings.Cut(string(canonical), "\x00")
	return human, 550, nil
}

func (b *bare) Validate(human string) (uint64, error) {
	if _, gas, err := b.Canonicalize(human); err != nil {
		return gas, err
	}
	if human != strings.ToLower(human) {
		return 440 + 550, &vm.UserError{Text: "address validation failed"}
	}
	return 440 + 550, nil
}

// TestQueue is V27.
func TestQueue(t *testing.T) {
	filled := func(t *testing.T, values ...int) *bare {
		t.Helper()
		b := bareOf(t, "queue")
		b.must("instantiate", `{}`)
		for _, v := range values {
			b.must("execute", fmt.Sprintf(`{"enqueue":{"value":%d}}`, v))
		}
		return b
	}
	holds := func(t *testing.T, b *bare, count, sum int) {
		t.Helper()
		got := b.query(`{"count":{}}`) + b.query(`{"sum":{}}`)
		if want := fmt.Sprintf(`{"count":%d}{"sum":%d}`, count, sum); got != want {
			t.Errorf("the queue has %s, want %s", got, want)
		}
	}
	t.Run("V27 push", func(t *testing.T) {
		holds(t, filled(t, 25), 1, 25)
		holds(t, filled(t, 25, 35, 45), 3, 105)
	})
	t.Run("V27 push and pop", func(t *testing.T) {
		b := filled(t, 25, 17)
		if r := b.must("execute", `{"dequeue":{}}`); string(r.Data) != `{"value":25}` {
			t.Errorf("data %q", r.Data)
		}
		holds(t, b, 1, 17)
	})
	t.Run("V27 reducer", func(t *testing.T) {
		b := filled(t, 40, 15, 85, -10)
		holds(t, b, 4, 130)
		if got := b.query(`{"reducer":{}}`); got != `{"counters":[[40,85],[15,125],[85,0],[-10,140]]}` {
			t.Errorf("reduced to %s", got)
		}
	})
	t.Run("V27 migrate", func(t *testing.T) {
		b := filled(t, 25, 17)
		if r := b.must("migrate", `{}`); len(r.Messages) > 0 {
			t.Errorf("messages %v", r.Messages)
		}
		holds(t, b, 3, 303)
	})
	t.Run("V27 list", func(t *testing.T) {
		b := filled(t, slices.Repeat([]int{40}, 0x25)...)
		for range 0x19 {
			b.must("execute", `{"dequeue":{}}`)
		}
		if got := b.query(`{"list":{}}`); got != `{"empty":[],"early":[25,26,27,28,29,30,31],"late":[32,33,34,35,36]}` {
			t.Errorf("listed %s", got)
		}
	})
	t.Run("V27 open iterators", func(t *testing.T) {
		b := filled(t)
		for _, n := range []int{0, 1, 321} {
			b.query(fmt.Sprintf(`{"open_iterators":{"count":%d}}`, n))
		}
	})
}

// TestFloaty is V28: instructions on floats, with the arguments that the contract chooses, have the results that wasmvm and
// cosmwasm-vm have, to the bit and to the text of the trap.
func TestFloaty(t *testing.T) {
	b := bareOf(t, "floaty")
	var instructions []string
	if err := json.Unmarshal([]byte(b.query(`{"instructions":{}}`)), &instructions); err != nil || len(instructions) != 70 {
		t.Fatalf("%d instructions, %v", len(instructions), err)
	}
	results, traps := sha256.New(), 0
	for _, instruction := range instructions {
		for seed := range 150 {
			args := b.query(fmt.Sprintf(`{"random_args_for":{"instruction":"%s","seed":%d}}`, instruction, seed))
			answer, _, err := b.run("query", "", fmt.Sprintf(`{"run":{"instruction":"%s","args":%s}}`, instruction, args), plentiful)
			var text string
			if err != nil {
				traps++
				text = strings.TrimPrefix(err.Error(), "Error executing Wasm: ")
			} else {
				var value map[string]uint64
				result, err := wire.DecodeQueryResult(answer)
				if err != nil || result.Err != "" || json.Unmarshal(result.Ok, &value) != nil || len(value) != 1 {
					t.Fatalf("%s: %s, %v", instruction, answer, err)
				}
				for kind, bits := range value {
					text = fmt.Sprintf("%s(%d)", strings.ToUpper(kind), bits)
				}
			}
			fmt.Fprintf(results, "%s%d%s", instruction, seed, text)
		}
	}
	const want = "95f70fa6451176ab04a9594417a047a1e4d8e2ff809609b8f81099496bee2393"
	if got := hex.EncodeToString(results.Sum(nil)); got != want || traps == 0 {
		t.Errorf("V28: the results with %d traps hash to %s, want %s", traps, got, want)
	}
}

// TestCyberpunk is V29.
func TestCyberpunk(t *testing.T) {
	b := bareOf(t, "cyberpunk")
	b.must("instantiate", `{}`)
	t.Run("V29 mirror_env", func(t *testing.T) {
		want := string(wire.AppendEnv(nil, &mockEnv))
		if r := b.must("execute", `{"mirror_env":{}}`); string(r.Data) != want {
			t.Errorf("executed, the contract sees %s, want %s", r.Data, want)
		}
		if got := b.query(`{"mirror_env":{}}`); got != want {
			t.Errorf("asked, the contract sees %s, want %s", got, want)
		}
	})
	t.Run("V29 unreachable", func(t *testing.T) {
		_, _, err := b.run("execute", "fred", `{"unreachable":{}}`, plentiful)
		var failed *vm.Error
		if !errors.As(err, &failed) || failed.Kind != vm.RuntimeError || !strings.HasSuffix(failed.Text, "RuntimeError: unreachable") {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("V29 panic", func(t *testing.T) {
		if _, _, err := b.run("execute", "fred", `{"panic":{}}`, plentiful); err == nil || !strings.Contains(err.Error(), "This page intentionally faulted") {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("V29 argon2", func(t *testing.T) {
		if _, u, err := b.run("execute", "fred", `{"argon2":{"mem_cost":256,"time_cost":3}}`, plentiful); err != nil || u.Used != 6_200_582_725 {
			t.Errorf("%d gas, %v", u.Used, err)
		}
	})
	t.Run("V29 noop", func(t *testing.T) {
		if r := b.must("execute", `{"noop":{}}`); len(r.Messages)+len(r.Attributes)+len(r.Events) > 0 || r.Data != nil {
			t.Errorf("the response is %+v", r)
		}
	})
	t.Run("V29 debug", func(t *testing.T) {
		b.printed = nil
		b.must("execute", `{"debug":{}}`)
		if !slices.Contains(b.printed, "Round 9 done") {
			t.Errorf("printed %q", b.printed)
		}
	})
	for _, loop := range []string{"cpu_loop", "storage_loop", "memory_loop"} {
		t.Run("V29 "+loop, func(t *testing.T) {
			const limit = 40_000_000
			_, u, err := b.run("execute", "fred", `{"`+loop+`":{}}`, limit)
			var failed *vm.Error
			if !errors.As(err, &failed) || failed.Kind != vm.OutOfGas || u.Used+u.External < limit {
				t.Errorf("%+v, %v", u, err)
			}
		})
	}
}

// TestGas has the amounts of gas that the tests of wasmvm v3.0.7 have (2.6).
func TestGas(t *testing.T) {
	hackatom, cyberpunk := bareOf(t, "hackatom"), bareOf(t, "cyberpunk")
	for _, test := range []struct {
		name   string
		b      *bare
		entry  string
		sender string
		msg    string
		want   uint64
	}{
		{"hackatom is made", hackatom, "instantiate", "creator", `{"verifier": "fred", "beneficiary": "bob"}`, 0xdf0642},
		{"hackatom releases", hackatom, "execute", "fred", `{"release":{}}`, 0x16d1167},
		{"cyberpunk is made", cyberpunk, "instantiate", "creator", `{}`, 0x8bbb63},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer, u, err := test.b.run(test.entry, test.sender, test.msg, plentiful)
			if err != nil || !strings.HasPrefix(string(answer), `{"ok":`) || u.Used != test.want {
				t.Errorf("%#x gas, want %#x: %s, %v", u.Used, test.want, answer, err)
			}
		})
	}
}
