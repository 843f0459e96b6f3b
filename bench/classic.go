package bench

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/keyvalue"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
	guests "github.com/troupe-run/troupe/runtime/guest/wasmbus/sample"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/wasmbus"
)

// Classic is what actors of the classic wasmCloud take.
type Classic struct {
	Calls ClassicCalls `json:"calls"`
	// Start is what it takes until the echo can be called.
	Start GuestStart `json:"start"`
	// IdleBytes is the memory of the machine that an idle instance of the echo keeps, and IdleInstances how many there were.
	IdleBytes     float64 `json:"idle_bytes_each"`
	IdleInstances int     `json:"idle_instances"`
}

// ClassicCalls are the medians of rounds that take turns, in microseconds: each is one transaction of one request in the core,
// without executor and disk, with all that is judged of claims and links. Each call sees an instance as if it was new.
type ClassicCalls struct {
	Echo    float64 `json:"echo_us"`       // an instance that is put back behind each call
	Fresh   float64 `json:"echo_fresh_us"` // a new instance for each call
	Counter float64 `json:"counter_us"`    // with a call of the provider, which reads and writes
	// Processors are the times of processors of the same calls. They tell more when others use the machine, too.
	Processors struct {
		Echo    float64 `json:"echo_us"`
		Fresh   float64 `json:"echo_fresh_us"`
		Counter float64 `json:"counter_us"`
	} `json:"cpu"`
}

// classics are the modules that are measured.
type classics struct{ echo, counter []byte }

func readClassics(c Config) (m classics, err error) {
	read := func(file, ours string) []byte {
		if file == "" {
			return guests.Code(ours)
		}
		code, readErr := os.ReadFile(file)
		err = errors.Join(err, readErr)
		return code
	}
	m = classics{read(c.Echo, "echo"), read(c.Counter, "kvcounter")}
	return m, err
}

// links are those that the two actors need. Echo may be linked to several addresses.
func classicOrder(actors ...capability.LinkOrder) capability.Order {
	return capability.Order{
		Provide: []capability.ProviderOrder{{Name: "web", Kind: "httpserver"}, {Name: "store", Kind: "keyvalue"}},
		Link:    append(actors, capability.LinkOrder{LinkName: capability.LinkName{Actor: "counter", Contract: capability.KeyValue}, Provider: "store"}),
	}
}

// requestTo is the payload of a request for a path.
func requestTo(path string) []byte {
	return pack.Marshal(&messages.HTTPRequest{Method: "GET", Path: path, QueryString: "a=b", Header: messages.Header{"Accept": {"*/*"}}, Body: []byte{}})
}

func invocationOf(path string) []byte {
	inv := capability.Invocation{Operation: messages.HandleRequest, Payload: requestTo(path)}
	return inv.Encode()
}

// classicCore returns a core with both actors, started and linked.
func classicCore(ctx context.Context, m classics, o wasm.Options) (c *core, closing func() error, err error) {
	engine, err := wasm.NewEngine(o)
	if err != nil {
		return nil, nil, err
	}
	closing = engine.Close
	dialect := wasmbus.Dialect()
	actors := codes{actor.ModuleID(capability.Address): &capability.Keeper{}, actor.ModuleID(capability.KeyValueKind): keyvalue.Actor()}
	var order capability.Order
	for name, code := range map[string][]byte{"echo": m.echo, "counter": m.counter} {
		claimed, token, err := claims.OpenModule(code)
		if err != nil {
			return nil, closing, err
		}
		module, err := engine.Load(ctx, code, dialect)
		if err != nil {
			return nil, closing, err
		}
		close := closing
		closing = func() error { return errors.Join(module.Close(), close()) }
		actors[actor.ModuleID(name)] = wasmbus.New(module, actor.ModuleID(name), wasmbus.Options{Hash: claimed.Hash})
		order.Start = append(order.Start, capability.StartOrder{Actor: actor.Address(name), Token: token})
	}
	if c, err = newCore(actors); err != nil {
		return nil, closing, err
	}
	close := closing
	closing = func() error { return errors.Join(c.store.Close(), close()) }
	for _, o := range []capability.Order{order, classicOrder()} {
		body, err := json.Marshal(o)
		if err != nil {
			return nil, closing, err
		}
		if err := c.send(ctx, "", actor.Message{Kind: actor.KindSudo, To: capability.Address, Body: body}); err != nil {
			return nil, closing, err
		}
	}
	return c, closing, nil
}

func classicCalls(ctx context.Context, m classics, d time.Duration) (g ClassicCalls, err error) {
	pooled, closePooled, err := classicCore(ctx, m, wasm.Options{})
	if closePooled != nil {
		defer func() { err = errors.Join(err, closePooled()) }()
	}
	if err != nil {
		return g, err
	}
	fresh, closeFresh, err := classicCore(ctx, m, wasm.Options{Reset: wasm.ResetFresh})
	if closeFresh != nil {
		defer func() { err = errors.Join(err, closeFresh()) }()
	}
	if err != nil {
		return g, err
	}
	echo := actor.Message{To: "echo", Body: invocationOf("/echo")}
	count := actor.Message{To: "counter", Body: invocationOf("/count")}
	kinds := []struct {
		core          *core
		message       actor.Message
		median, spent *float64
		rounds, costs []float64
	}{{core: pooled, message: echo, median: &g.Echo, spent: &g.Processors.Echo}, {core: fresh, message: echo, median: &g.Fresh, spent: &g.Processors.Fresh},
		{core: pooled, message: count, median: &g.Counter, spent: &g.Processors.Counter}}
	for begun := time.Now(); time.Since(begun) < d || len(kinds[0].rounds) < 2; {
		for i := range kinds {
			k := &kinds[i]
			before := processorTime()
			us, err := k.core.rounds(ctx, inRound, func(int) actor.Message { return k.message })
			if err != nil {
				return g, err
			}
			k.rounds, k.costs = append(k.rounds, us), append(k.costs, float64(processorTime()-before)/inRound/1e3)
		}
	}
	for i := range kinds {
		k := &kinds[i]
		*k.median, *k.spent = median(k.rounds[1:]), median(k.costs[1:]) // the first makes actors and instances
	}
	return g, nil
}

// classicStart loads the echo from nothing, and from the folder of compiled modules.
func classicStart(ctx context.Context, code []byte) (GuestStart, error) {
	return startOf(ctx, code, wasmbus.Dialect())
}

// classicIdle returns how much memory an idle instance has that has been called.
func classicIdle(ctx context.Context, code []byte) (float64, error) {
	d := wasmbus.Dialect()
	payload := requestTo("/echo")
	for i := range d.Host {
		switch f := &d.Host[i]; f.Name {
		case "__guest_request":
			f.Func = func(c *wasm.Call, s []uint64) {
				if err := errors.Join(c.Write(uint32(s[0]), []byte(messages.HandleRequest)), c.Write(uint32(s[1]), payload)); err != nil {
					c.Trap(err)
				}
			}
		case "__guest_response", "__guest_error", "__console_log":
			f.Func = func(*wasm.Call, []uint64) {}
		}
	}
	d.Name = "idle" // it is not what it is called: nobody is to find its modules
	return idleOf(ctx, code, d, "__guest_call", uint64(len(messages.HandleRequest)), uint64(len(payload)))
}
