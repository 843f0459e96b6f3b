package wasmbus_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/script"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/wasmbus"
	"github.com/troupe-run/troupe/state"
)

// echoCode returns the classic echo actor or, without the folder of such actors, ours.
func echoCode(b *testing.B) []byte {
	file := filepath.Join(os.Getenv("TROUPE_WASMBUS_ACTORS"), "otp_echo.wasm")
	if os.Getenv("TROUPE_WASMBUS_ACTORS") == "" {
		file = filepath.Join("..", "..", "..", "examples", "echo", "echo.wasm")
	}
	code, err := os.ReadFile(file)
	if err != nil {
		b.Skip(err)
	}
	return code
}

var echoRequest = pack.Marshal(&messages.HTTPRequest{Method: "GET", Path: "/echo", QueryString: "a=b", Header: messages.Header{}, Body: []byte("hi")})

// linked is an actor that writes a row of the table of actors, which the bench needs before it begins.
type linked struct{ key, value []byte }

func (l *linked) Execute(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
	env.State.Set(l.key, l.value)
	return actor.Response{}, nil
}

// BenchmarkEcho is a request to the echo actor: through a dispatcher, with all checks and a transaction that is dropped; as a query
// of a host, on all processors; and on a fresh instance each time, of ours, and of wazero with nothing around it.
func BenchmarkEcho(b *testing.B) {
	code := echoCode(b)
	inv := (&capability.Invocation{Operation: messages.HandleRequest, Payload: echoRequest}).Encode()
	b.Run("dispatcher", func(b *testing.B) {
		w := echoWorld(b, code, wasm.Options{})
		b.ReportAllocs()
		for b.Loop() {
			w.echo(b)
		}
	})
	b.Run("host", func(b *testing.B) {
		h, err := runtime.Open("", nil)
		if err != nil {
			b.Fatal(err)
		}
		defer h.Close()
		if _, err := h.Start(b.Context(), "echo", code, runtime.StartOptions{}); err != nil {
			b.Fatal(err)
		}
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if _, err := h.Query(b.Context(), "echo", inv); err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	})
	b.Run("fresh", func(b *testing.B) {
		w := echoWorld(b, code, wasm.Options{Reset: wasm.ResetFresh})
		for b.Loop() {
			w.echo(b)
		}
	})
	b.Run("wazero", func(b *testing.B) { benchmarkWazero(b, code) })
}

type echoes struct {
	*script.World
	cmd state.Command
}

func echoWorld(b *testing.B, code []byte, o wasm.Options) *echoes {
	e, err := wasm.NewEngine(o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { e.Close() })
	m, err := e.Load(b.Context(), code, wasmbus.Dialect())
	if err != nil {
		b.Fatal(err)
	}
	w := &echoes{World: script.New(b)}
	w.D.Gas = nil
	rows := &linked{}
	w.Bind(actor.ModuleID(capability.Address), dispatch.CodeOf(rows))
	w.Bind("echo", dispatch.CodeOf(wasmbus.New(m, "echo", wasmbus.Options{})))
	row := capability.Actor{Address: "echo", Key: "M", Issuer: "A", Caps: []string{capability.HTTPServer}, Instances: 1}
	for key, value := range map[string][]byte{"n": {0, 0, 0, 0, 0}, "a/echo": row.Encode()} {
		rows.key, rows.value = []byte(key), value
		if res := w.Send(b.Context(), "setup", actor.Message{To: capability.Address}); res.Err != nil || res.Fault != nil {
			b.Fatal(res.Err, res.Fault)
		}
	}
	inv := capability.Invocation{Operation: messages.HandleRequest, Payload: echoRequest}
	if res := w.Send(b.Context(), "alice", actor.Message{To: "echo", Body: inv.Encode()}); res.Err != nil || res.Fault != nil {
		b.Fatal(res.Err, res.Fault)
	}
	w.cmd = state.Command{Op: state.OpMessage, Sequence: 100, Time: 1, Sender: "alice", Message: actor.Message{To: "echo", Body: inv.Encode()}}
	return w
}

// echo runs one transaction and drops it.
func (w *echoes) echo(b *testing.B) {
	tx := w.Part.Begin()
	res := w.D.Run(b.Context(), tx, &w.cmd, nil)
	tx.Rollback()
	if res.Err != nil || res.Fault != nil || len(res.Data) == 0 {
		b.Fatal(res.Err, res.Fault)
	}
}

// benchmarkWazero runs the guest as the later classic hosts did: an instance for each call, and nothing around it.
func benchmarkWazero(b *testing.B, code []byte) {
	ctx := b.Context()
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx)
	var answer []byte
	host := r.NewHostModuleBuilder("wasmbus")
	host.NewFunctionBuilder().WithFunc(func(_ context.Context, m api.Module, op, msg uint32) {
		m.Memory().Write(op, []byte(messages.HandleRequest))
		m.Memory().Write(msg, echoRequest)
	}).Export("__guest_request")
	host.NewFunctionBuilder().WithFunc(func(_ context.Context, m api.Module, ptr, n uint32) {
		part, _ := m.Memory().Read(ptr, n)
		answer = append([]byte(nil), part...)
	}).Export("__guest_response")
	host.NewFunctionBuilder().WithFunc(func(uint32, uint32) {}).Export("__guest_error")
	host.NewFunctionBuilder().WithFunc(func(_, _ uint32) {}).Export("__console_log")
	host.NewFunctionBuilder().WithFunc(func(_, _, _, _, _, _, _, _ uint32) uint32 { return 0 }).Export("__host_call")
	for _, name := range []string{"__host_response", "__host_error"} {
		host.NewFunctionBuilder().WithFunc(func(uint32) {}).Export(name)
		host.NewFunctionBuilder().WithFunc(func() uint32 { return 0 }).Export(name + "_len")
	}
	if _, err := host.Instantiate(ctx); err != nil {
		b.Fatal(err)
	}
	compiled, err := r.CompileModule(ctx, code)
	if err != nil {
		b.Fatal(err)
	}
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	call := func() error {
		m, err := r.InstantiateModule(ctx, compiled, config)
		if err != nil {
			return err
		}
		defer m.Close(ctx)
		out, err := m.ExportedFunction("__guest_call").Call(ctx, uint64(len(messages.HandleRequest)), uint64(len(echoRequest)))
		if err == nil && out[0] != 1 {
			err = errors.New("it failed")
		}
		return err
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := call(); err != nil || len(answer) == 0 {
			b.Fatal(err)
		}
	}
}
