package vm_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

// call runs an entry point with arguments of 3, 5 and 7 bytes.
func call(c *vm.Contract, entry string, args int) ([]byte, vm.Usage, error) {
	return c.Run(context.Background(), &vm.Call{Entry: entry, Args: callArgs[:args], Gas: plenty, Host: newWorld()})
}

// TestEntryPoints calls all that there are, each by its name.
func TestEntryPoints(t *testing.T) {
	c := probe(t)
	for entry, args := range map[string]int{"instantiate": 3, "execute": 3, "migrate": 2, "query": 2, "sudo": 2, "reply": 2} {
		list := slices.Repeat([][]byte{{}}, args)
		list[args-1] = count()
		answer, u, err := c.Run(context.Background(), &vm.Call{Entry: entry, Args: list, Gas: plenty, Host: newWorld()})
		if err != nil || string(answer) != "\x01\x00\x00\x00\x00\x00\x00\x00" || u.Used == 0 || u.External != 0 {
			t.Errorf("%s: %q, %v, %v", entry, answer, u, err)
		}
	}
}

// TestMissing calls what is not there: the arguments are handed over first, and paid.
func TestMissing(t *testing.T) {
	c := contract(t, ordinary(function{"requires_iterator", "", "", "end"}).Encode())
	for _, entry := range []string{"execute", "ibc2_packet_send", "nonsense", "", "allocate", "requires_iterator", "interface_version_8"} {
		_, u, err := call(c, entry, 3)
		is(t, err, vm.MissingExport, "Error resolving Wasm function: Could not get export: Missing export "+entry)
		if want := giving(3) + giving(5) + giving(7); u.Used != want {
			t.Errorf("%q: %d, not %d", entry, u.Used, want)
		}
	}
}

// TestArity is 2.2: the third argument of migrate is left out if it is not wanted, but is paid.
func TestArity(t *testing.T) {
	returns := func(name, signature string) function {
		return function{name, signature, "", "i32.const 96 end"}
	}
	c := contract(t, ordinary(returns("migrate", "i32 i32 : i32"), returns("execute", "i32 i32 : i32"), returns("sudo", "i32 i32 i32 : i32"),
		returns("query", "i32 : i32"), function{"reply", "i32 i32 :", "", "end"}).Encode())
	const entry = op + branch
	first := giving(3) + giving(5)
	answered := reading(resultSize) + branch
	for _, k := range []struct {
		name string
		args int
		gas  uint64
		kind vm.ErrorKind
		text string
	}{
		{"migrate", 2, first + entry + answered, -1, ""},
		{"migrate", 3, first + giving(7) + first + entry + answered, -1, ""},
		{"execute", 3, first + giving(7), vm.ArityMismatch, "The called function args arity does not match. The contract's method arity: 2"},
		{"sudo", 2, first, vm.ArityMismatch, "The called function args arity does not match. The contract's method arity: 3"},
		{"query", 2, first, vm.ArityMismatch, "The called function args arity does not match. The contract's method arity: 1"},
		{"migrate", 1, giving(3), vm.ArityMismatch, "The called function args arity does not match. The contract's method arity: 2"},
		{"reply", 2, first + branch, vm.ResultMismatch, "Unexpected number of result values when calling 'reply'. Expected: 1, actual: 0."},
	} {
		_, u, err := call(c, k.name, k.args)
		if k.kind < 0 && err != nil {
			t.Error(k.name, err)
		} else if k.kind >= 0 {
			is(t, err, k.kind, k.text)
		}
		if u.Used != k.gas {
			t.Errorf("%s with %d: %d, not %d", k.name, k.args, u.Used, k.gas)
		}
	}
	three := contract(t, ordinary(returns("migrate", "i32 i32 i32 : i32")).Encode())
	if _, u, err := call(three, "migrate", 3); err != nil || u.Used != first+giving(7)+entry+answered {
		t.Errorf("migrate of three: %v, %v", u, err)
	}
	if _, _, err := three.Run(t.Context(), &vm.Call{Entry: "migrate", Args: slices.Repeat([][]byte{{}}, 4), Gas: plenty, Host: newWorld()}); err == nil {
		t.Error("four arguments are passed")
	}

	// M11: an argument that is missing is not an empty one, and nothing is charged for the others.
	for i, args := range [][][]byte{{nil, {}, {}}, {{}, nil, {}}, {{}, {}, nil}} {
		_, u, err := three.Run(t.Context(), &vm.Call{Entry: "migrate", Args: args, Gas: plenty, Host: newWorld()})
		is(t, err, vm.NilArgument, fmt.Sprintf("Null/Nil argument: arg%d", i+1))
		if u != (vm.Usage{}) {
			t.Errorf("%v are used", u)
		}
	}

	odd := contract(t, assembled(nil, nil, marker, function{"allocate", "i32 i32 : i32", "", "i32.const 64 end"}, function{"deallocate", "", "", "end"},
		function{"query", ": i32", "", "i32.const 96 end"}).Encode())
	_, u, err := call(odd, "migrate", 3)
	is(t, err, vm.ArityMismatch, "The called function args arity does not match. The contract's method arity: 2")
	if u.Used != 0 {
		t.Errorf("%d are used", u.Used)
	}
	_, _, err = call(odd, "query", 0)
	is(t, err, vm.ArityMismatch, "The called function args arity does not match. The contract's method arity: 0")
	silent := contract(t, assembled(nil, nil, marker, function{"allocate", "i32 :", "", "end"}, deallocate).Encode())
	_, _, err = call(silent, "query", 1)
	is(t, err, vm.ResultMismatch, "Unexpected number of result values when calling 'allocate'. Expected: 1, actual: 0.")
	loud := contract(t, assembled(nil, nil, marker, allocate, function{"deallocate", "i32 : i32", "", "i32.const 0 end"},
		returns("query", ": i32")).Encode())
	_, _, err = call(loud, "query", 0)
	is(t, err, vm.ResultMismatch, "Unexpected number of result values when calling 'deallocate'. Expected: 0, actual: 1.")
}

// TestTraps ends contracts in all ways, and checks that what was before is as if it had not been.
func TestTraps(t *testing.T) {
	c := probe(t)
	for kind, want := range []string{
		"unreachable", "integer divide by zero", "out of bounds memory access", "invalid conversion to integer", "",
		"call stack exhausted", "undefined element: out of bounds table access",
	} {
		_, u, err := play(t, c, newWorld(), count(), grow(100), die(byte(kind)))
		if want == "" {
			is(t, err, vm.OutOfGas, "Ran out of gas during contract execution")
			if u.Used != plenty {
				t.Errorf("an endless loop has used %d", u.Used)
			}
		} else {
			is(t, err, vm.RuntimeError, atRuntime+want)
		}
		if o := played(t, c, newWorld(), count(), grow(0)); o.result() != 1 || o.result() > 20 {
			t.Errorf("after a trap of kind %d a call finds what the one before has left", kind)
		}
	}
	played(t, c, newWorld(), die(7)) // a thousand calls are not too deep
}

// TestReset checks that each call finds a new instance, and costs the same.
func TestReset(t *testing.T) {
	c := probe(t)
	script := [][]byte{count(), count(), grow(3), do("db_read", plain, text("k"))}
	_, first, err := play(t, c, newWorld(), script...)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		o, u, err := play(t, c, newWorld(), script...)
		if err != nil || o.result() != 1 || o.result() != 2 || u != first {
			t.Errorf("again: %v, %v, at first %v", u, err, first)
		}
		_, _, _ = play(t, c, newWorld(), count(), die(0))
	}
}

// TestMemory is the limit of 512 pages.
func TestMemory(t *testing.T) {
	c := probe(t)
	o := played(t, c, newWorld(), grow(0), grow(1600), grow(0))
	pages := o.result()
	if failed, now := o.result(), o.result(); failed != 1<<32-1 || now != pages {
		t.Errorf("growing beyond the limit: %d, then there are %d pages of %d", int32(failed), now, pages)
	}
	o = played(t, c, newWorld(), grow(512-uint32(pages)), grow(0), grow(1))
	if o.result() != pages || o.result() != 512 || o.result() != 1<<32-1 {
		t.Error("512 pages cannot be had, or more can")
	}
}

// TestAnswers returns what is no region, or a strange one.
func TestAnswers(t *testing.T) {
	c := probe(t)
	const lead = "Error in guest/host communication: "
	for _, k := range []struct {
		script []byte
		text   string
	}{
		{answer(0), "Got an invalid region: Got a zero Wasm address in the offset"},
		{answer(1<<32 - 1), "The Wasm memory address 4294967295 provided by the contract could not be dereferenced: Could not dereference this pointer to a Region"},
		{answer(1 << 30), "The Wasm memory address 1073741824 provided by the contract could not be dereferenced: Could not dereference this pointer to a Region"},
		{answerRegion(0, 0, 0), "Got an invalid region: Got a zero Wasm address in the offset"},
		{answerRegion(1, 5, 6), "Got an invalid region: Region length exceeds capacity. Length 6, capacity 5"},
		{answerRegion(1<<31, 1<<31, 0), "Got an invalid region: Region exceeds address space. Offset 2147483648, capacity 2147483648"},
		{answerRegion(1, 64<<20+1, 64<<20+1), "Region length too big. Got 67108865, limit 67108864"},
		{answerRegion(1<<31, 1<<31-1, 1), "?"},
		{answerRegion(1<<31, 0, 0), "?"},
		{answerRegion(1, 64<<20, 64<<20), "?"},
	} {
		_, _, err := play(t, c, newWorld(), k.script)
		if k.text != "?" {
			if err == nil || err.Error() != lead+k.text {
				t.Errorf("%v:\n got %v\nwant %s", k.script, err, lead+k.text)
			}
			continue
		}
		if kindOf(err) != vm.CommunicationErr || !strings.HasPrefix(err.Error(), lead+"Tried to access memory of region Region { offset: ") {
			t.Errorf("%v: %v", k.script, err)
		}
	}
	if _, _, err := play(t, c, newWorld(), answerRegion(1, 100, 12)); err != nil {
		t.Error(err)
	}
	if o := played(t, c, newWorld()); o.b == nil || len(o.b) != 0 {
		t.Errorf("an answer without bytes is %v", o.b)
	}
}

// TestAllocate lets the contract's allocate do what it should not.
func TestAllocate(t *testing.T) {
	c := probe(t)
	w := newWorld()
	w.store["x"] = "a value of some length"
	get := do("db_read", returned, many(1))
	twice := atRuntime + atRuntime
	for _, k := range []struct {
		mode byte
		kind vm.ErrorKind
		text string
	}{
		{allocateZero, vm.CommunicationErr, communication + "Got a zero Wasm address"},
		{allocateSmall, vm.CommunicationErr, communication + "Region too small. Got 21, required 22"},
		{allocateReenter2, vm.CallDepth, twice + "Maximum call depth exceeded."},
		{allocateNowhere, vm.CommunicationErr, communication + "The Wasm memory address 4294967294 provided by the contract could not be dereferenced: Could not dereference this pointer to a Region"},
		{allocateSpin, vm.OutOfGas, "Ran out of gas during contract execution"},
		{allocateTrap, vm.RuntimeError, twice + "unreachable"},
	} {
		if k.mode == allocateReenter2 {
			w.store["\x00"] = "another"
		}
		ended(t, c, w, k.kind, k.text, mode(k.mode), get)
	}
	if _, _, err := play(t, c, w, mode(allocateOutside), get); kindOf(err) != vm.CommunicationErr {
		t.Error(err)
	}
	if o := played(t, c, w, mode(allocateReenter), get); o.result() == 0 || o.region() != "a value of some length" {
		t.Error("an import within allocate spoils the one outside")
	}
	// The region lies in its own room: the bytes are written, and then the region over them.
	o := played(t, c, w, mode(allocateItself), do("db_read", plain, many(1)))
	o.result()
	o = played(t, c, w, do("addr_canonicalize", destination, text("somebody over there"), inside(40)))
	if o.result(); true {
		if got := o.region(); len(got) != 19 || got[12:] != "ydobemos" {
			t.Logf("a region in its own room reads %q", got)
		}
	}
}

// TestGivenRegions passes to an import what is no region, or a strange one.
func TestGivenRegions(t *testing.T) {
	c := probe(t)
	for _, argument := range [][]byte{num(0), num(1<<32 - 1), num(1<<32 - 12), region(0, 1, 1), region(1, 0, 1), region(1<<32-1, 1, 0),
		region(1<<31, 5, 5), region(1<<31, 0, 0), region(1, 1<<30, 1<<30)} {
		for i, name := range imports {
			var arguments [][]byte
			n := []int{1, 1, 2, 1, 1, 2, 2, 2, 2, 4, 4, 4, 3, 3, 3, 3, 3, 3, 1, 1, 3}
			if i >= len(n) || name == "db_scan" && argument[0] == 'n' && slices.Equal(argument, num(0)) {
				continue // iterators have no regions, and ranges may have none
			}
			for range n[i] {
				arguments = append(arguments, argument)
			}
			_, _, err := play(t, c, newWorld(), do(name, plain, arguments...))
			if k := kindOf(err); k != vm.CommunicationErr && k != vm.RegionLengthTooBig && k != vm.GenericErr || !strings.HasPrefix(err.Error(), atRuntime) {
				t.Errorf("%s(%q): %v", name, argument, err)
			}
		}
	}
}

// panicking is a host that does not come back.
type panicking struct{ *world }

func (panicking) Get([]byte) ([]byte, uint64, error) { panic("stop") }

// TestHostPanics checks that a panic goes through and leaves nothing behind.
func TestHostPanics(t *testing.T) {
	c := probe(t)
	w := newWorld()
	func() {
		defer func() {
			if r := recover(); r != "stop" {
				t.Errorf("recovered %v", r)
			}
		}()
		c.Run(context.Background(), &vm.Call{Entry: "query", Gas: plenty, Host: panicking{w},
			Args: [][]byte{{}, slices.Concat(count(), do("db_scan", plain, num(0), num(0), num(1)), do("db_read", plain, text("k")))}})
	}()
	if w.open != 0 {
		t.Errorf("%d iterators are open", w.open)
	}
	if o := played(t, c, w, count()); o.result() != 1 {
		t.Error("the next call finds what the panic has left")
	}
}

// TestContext checks that a call does not begin when its context has ended.
func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, u, err := probe(t).Run(ctx, &vm.Call{Entry: "query", Args: callArgs[:2], Gas: plenty, Host: newWorld()})
	if !errors.Is(err, context.Canceled) || u != (vm.Usage{}) {
		t.Errorf("%v, %v", u, err)
	}
}

// nested is a host whose queries call the contract again.
type nested struct {
	*world
	c     *vm.Contract
	depth int
}

func (n *nested) Query(request []byte, limit uint64) ([]byte, uint64, error) {
	if n.depth == 0 {
		return []byte(`{"ok":{"ok":""}}`), 1, nil
	}
	n.depth--
	_, u, err := n.c.Run(context.Background(), &vm.Call{Entry: "query", Args: [][]byte{{}, request}, Gas: limit, Host: n})
	return []byte(`{"ok":{"ok":""}}`), u.Used + u.External, err
}

// TestQueryWithinQuery calls a contract while it waits for the answer.
func TestQueryWithinQuery(t *testing.T) {
	c := probe(t)
	ask := func(request []byte) []byte { return slices.Concat(count(), do("query_chain", returned, data(request))) }
	n := &nested{newWorld(), c, 2}
	answer, u, err := c.Run(context.Background(), &vm.Call{
		Entry: "query", Args: [][]byte{{}, ask(ask(ask([]byte("deepest"))))}, Gas: plenty, Host: n,
	})
	if err != nil || len(answer) == 0 || answer[0] != 1 || u.External == 0 {
		t.Errorf("%q, %v, %v", answer, u, err)
	}
}

// TestConcurrent runs a contract in many goroutines.
func TestConcurrent(t *testing.T) {
	c := probe(t)
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			w := newWorld()
			for i := range 40 {
				key := fmt.Sprintf("%d %d", g, i)
				o, _, err := play(t, c, w, count(), do("db_write", plain, text(key), text(key)), do("db_read", returned, text(key)))
				if err != nil || o.result() != 1 || o.result() != 0 || o.result() == 0 || o.region() != key {
					t.Errorf("%s: %v", key, err)
				}
			}
		})
	}
	wait.Wait()
}

// TestStart is S69: a start function has no gas, so that it cannot run.
func TestStart(t *testing.T) {
	m := ordinary(function{"begin", "", "", "end"})
	start := uint32(3)
	m.Start = &start
	_, err := engine.Load(t.Context(), m.Encode(), vm.Dialect())
	if refusal := (*wasm.Refusal)(nil); !errors.As(err, &refusal) {
		t.Errorf("the error is %v", err)
	}
}

// TestKinds checks that each kind of error has a name of its own.
func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for k := vm.OutOfGas; k <= vm.StaticValidation; k++ {
		if seen[k.String()] || k.String() == "" || k.String() == "unknown" {
			t.Errorf("kind %d is called %q", int(k), k)
		}
		seen[k.String()] = true
	}
	if (vm.StaticValidation+1).String() != "unknown" || vm.ErrorKind(-1).String() != "unknown" {
		t.Error("a kind that is none has a name")
	}
}
