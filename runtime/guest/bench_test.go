//go:build !wasip1

package guest_test

import (
	"math"
	"testing"
	"time"

	"github.com/troupe-run/troupe/examples/mmo/game"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/runtime/guest/testdata/cast"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/troupe"
)

// plenty are services that never run out.
type plenty struct{ actor.Services }

func (plenty) GasLeft() uint64 { return math.MaxUint64 }
func (plenty) UseGas(uint64)   {}

// BenchmarkCall calls actors natively and as guests, resets included, on a state in memory: what is left is what it costs
// to be a guest.
func BenchmarkCall(b *testing.B) {
	engine, err := wasm.NewEngine(wasm.Options{CacheDir: cache})
	if err != nil {
		b.Fatal(err)
	}
	defer engine.Close()
	for _, module := range []struct {
		name, folder string
		native       actor.Actor
		calls        []string
	}{
		{"bare", "testdata/bare", cast.Bare{}, []string{"execute"}},
		{"currency", "../../examples/mmo/guest/go/currency", game.Currency(), []string{"transfer", "transfer in JSON", "refused", "balance"}},
	} {
		code := build(b, module.folder)
		m, err := engine.Load(b.Context(), code, troupe.Dialect())
		if err != nil {
			b.Fatal(err)
		}
		defer m.Close()
		for _, call := range module.calls {
			for _, as := range []struct {
				kind  string
				actor actor.Actor
			}{{"native", module.native}, {"guest", troupe.New(m, actor.ModuleID(module.name))}} {
				b.Run(module.name+"/"+call+"/"+as.kind, func(b *testing.B) { benchmarkCall(b, as.actor, call) })
			}
		}
	}
}

func benchmarkCall(b *testing.B, a actor.Actor, call string) {
	state := &actor.MemState{}
	env := &actor.Env{Self: "currency", Sender: "bank", Sequence: 1000, Time: time.Unix(1_700_000_000, 0), State: state, Services: plenty{}}
	view := &actor.View{Self: "currency", Sequence: 1000, Time: env.Time, State: state, Services: plenty{}}
	msg := actor.Message{To: "currency"}
	if setUp, ok := a.(actor.Instantiator); ok {
		if _, err := setUp.Instantiate(b.Context(), env, msg); err != nil {
			b.Fatal(err)
		}
		msg.Body = typed.Encode(game.Mint{To: "alice", Amount: 1 << 60})
		if _, err := a.Execute(b.Context(), env, msg); err != nil {
			b.Fatal(err)
		}
		env.Sender = "alice"
	}
	msg.Body = typed.Encode(game.Transfer{To: "bob", Amount: 1})
	switch call {
	case "transfer in JSON":
		msg.Body = []byte(`{"transfer": {"to": "bob", "amount": 1}}`)
	case "refused":
		env.Sender = "eve"
	case "balance":
		question := typed.Encode(game.Balance{Of: "alice"})
		for b.Loop() {
			if _, err := a.(actor.Querier).Query(b.Context(), view, question); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	for b.Loop() {
		if _, err := a.Execute(b.Context(), env, msg); (err != nil) != (call == "refused") {
			b.Fatal(err)
		}
	}
}
