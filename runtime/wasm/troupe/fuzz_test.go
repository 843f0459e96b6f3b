package troupe

import (
	"reflect"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// interpreter is an engine that must do what the other one does.
var interpreter = sync.OnceValue(func() *wasm.Engine { return must(wasm.NewEngine(wasm.Options{Interpreter: true})) })

// arguments are what a program of calls chooses from: addresses and lengths, handles and orders, the usual and the edges.
var arguments = [...]int64{0, 1, 2, 8, 9, 64, 1024, 65537, spareAt, spareAt + 3, inputAt, memoryEnd - 8, memoryEnd - 1, memoryEnd,
	MaxTransfer + 1, 1 << 31, -2, -1}

// program makes a guest of a list of imports: each byte is an import, a byte for each argument follows. What an import
// returns may become an argument, so that handles and lengths of results come around.
func program(list []byte) *guest {
	g := newGuest()
	g.pairs(g.call)
	functions := hostFunctions()
	for calls := 0; len(list) > 0 && calls < 40; calls++ {
		f := functions[int(list[0])%len(functions)]
		list = list[1:]
		for i, t := range f.Params {
			var b byte
			if i < len(list) {
				b = list[i]
			}
			switch v := arguments[int(b)%len(arguments)]; {
			case t == binary.I64:
				g.call.i64(v)
			case b >= 0xf0:
				g.call.with(binary.OpLocalGet, 3)
			default:
				g.call.i32(v)
			}
		}
		list = list[min(len(list), len(f.Params)):]
		g.call.with(binary.OpCall, g.index(f.Name))
		for _, t := range f.Results {
			if t == binary.I64 {
				g.call.op(binary.OpI32WrapI64)
			}
			g.call.with(binary.OpLocalSet, 3)
		}
	}
	g.call.with(binary.OpLocalGet, 0).i32(int64(actor.KindQuery)).op(binary.OpI32Eq).open(binary.OpIf)
	g.call.returns("\x82\x00\x43yes").op(binary.OpReturn, binary.OpEnd)
	g.call.returns("\x85\x00\x43yes\x80\x80\x80")
	return g
}

// FuzzImports runs any calls of imports with odd arguments, twice: the same must come of both. Nothing may panic, and a
// call that fails leaves nothing behind.
func FuzzImports(f *testing.F) {
	functions := hostFunctions()
	for i := range functions {
		f.Add([]byte{byte(i), 8, 1, 8, 1, 8, 100}, true)
		f.Add([]byte{byte(i), 13, 1, 13, 1, 13, 1}, false)
	}
	f.Add([]byte{1, 3, 3, 3, 5, 0, 3, 3, 8, 1, 8, 8, 5, 9, 0xff}, true)      // set, get, take
	f.Add([]byte{3, 0, 0, 0, 17, 1, 4, 0xff, 8, 5, 4, 1, 8, 1, 5, 1}, false) // range, next, next, close
	f.Add([]byte{6, 8, 1, 0, 0, 8, 5, 7, 3, 1, 3, 1, 8, 5}, true)
	f.Fuzz(func(t *testing.T, list []byte, query bool) {
		code := program(list).build()
		a, b := loadCode(t, code), loadInto(t, interpreter(), code)
		w := world(t, a)
		w.D.Limits = dispatch.Limits{Gas: 1_000_000, QueryDepth: 3}
		w.D.OnPanic = func(who actor.Address, value any, stack []byte) { t.Errorf("%s panicked: %v\n%s", who, value, stack) }
		run := func() any {
			if query {
				return w.Query("g", []byte("body"))
			}
			res, tr := trace(t, w, "g", "body")
			return []any{res, tr}
		}
		first := run()
		w.Bind("guest", dispatch.Code{Actor: b})
		if second := run(); !reflect.DeepEqual(first, second) {
			t.Errorf("compiled:\n%+v\ninterpreted:\n%+v", first, second)
		}
		if got := w.StateText(); got != "" || w.Orphans() != 0 {
			t.Errorf("it left:\n%s", got)
		}
	})
}
