package vm_test

import (
	"context"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

// FuzzScript runs any script of the probe: any import with any regions, allocate in any mode, any answer. The call must
// come to the same end again, use no more gas than there is, and leave nothing open.
func FuzzScript(f *testing.F) {
	for _, commands := range [][]byte{
		{},
		do("db_write", plain, text("key"), text("value")),
		do("db_read", returned, num(0)),
		do("db_read", returned, region(1, 2, 3)),
		do("addr_humanize", destination, text("address"), inside(9)),
		append(do("db_scan", plain, num(0), text("z"), num(2)), do("db_next", returned, last())...),
		append(mode(allocateItself), do("db_read", returned, text("key"))...),
		append(mode(allocateReenter2), do("addr_validate", returned, text("A"))...),
		append(mode(allocateOutside), do("query_chain", returned, text("?"))...),
		do("ed25519_batch_verify", plain, text("\x00\x00\x00\x00"), text("a\x00\x00\x00\x01"), text("")),
		do("abort", plain, text("\xff")),
		answer(64), answerRegion(1<<31, 1<<31-1, 1<<20), die(5), grow(600),
	} {
		f.Add(commands)
	}
	c := probe(f)
	f.Fuzz(func(t *testing.T, script []byte) {
		const limit = 20_000_000_000
		run := func() (string, vm.Usage, error) {
			w := newWorld()
			w.store["key"], w.answer, w.price["get"], w.price["next"] = "value", `{"ok":{"ok":"e30="}}`, 7, 1<<40
			b, u, err := c.Run(context.Background(), &vm.Call{Entry: "execute", Args: [][]byte{{}, {}, append([]byte{}, script...)}, Gas: limit, Host: w})
			if w.open != 0 {
				t.Errorf("%d iterators are open", w.open)
			}
			return string(b), u, err
		}
		result, u, err := run()
		if _, ok := err.(*vm.Error); err != nil && !ok {
			t.Errorf("the error is %v", err)
		}
		if u.Used > limit || u.External <= limit && u.Used > limit-u.External {
			t.Errorf("of %d are used %+v", limit, u)
		}
		again, v, twice := run()
		if again != result || v != u || (twice == nil) != (err == nil) || err != nil && twice.Error() != err.Error() {
			t.Errorf("at first %q, %v, %v\n then %q, %v, %v", result, u, err, again, v, twice)
		}
	})
}

// FuzzAnalyze judges any bytes. What is refused is refused with an error of this package, and what the engine takes can be
// stored.
func FuzzAnalyze(f *testing.F) {
	m := ordinary(export("query"), export("requires_iterator"))
	f.Add(m.Encode())
	f.Add(assembled([]imported{{"db_read", "i32 : i32"}}, nil, allocate, deallocate, marker).Encode())
	f.Add(zipped(f, m.Encode()))
	if code, err := probeCode(); err == nil {
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		_, err := vm.Analyze(code)
		if _, ok := err.(*vm.Error); err != nil && !ok {
			t.Errorf("the error is %v", err)
		}
		if len(code) > 4<<10 {
			return // compiling takes long
		}
		loaded, refused := engine.Load(context.Background(), code, vm.Dialect())
		if refused != nil {
			return
		}
		defer loaded.Close()
		if err != nil {
			t.Errorf("the engine takes what cannot be stored: %v", err)
		}
		c := vm.New(loaded)
		_, u, err := c.Run(context.Background(), &vm.Call{Entry: "execute", Args: callArgs, Gas: 1_000_000_000, Host: newWorld()})
		if _, ok := err.(*vm.Error); err != nil && !ok || u.Used > 1_000_000_000 {
			t.Errorf("%+v, %v", u, err)
		}
	})
}
