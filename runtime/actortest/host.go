package actortest

import (
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/runtime/actortest/world"
	"github.com/troupe-run/troupe/state"
)

// Options configure a Host; they are those of a world.
type Options = world.Options

// A Host is a host in memory for one test. Its methods may be called from any goroutine, except that those that can end
// the test (all that return no error) are for the goroutine of the test.
type Host struct {
	t     testing.TB
	world *world.World
}

// New returns an empty host. It is closed when the test ends. Nil options mean the defaults.
func New(t testing.TB, opts *Options) *Host {
	t.Helper()
	w, err := world.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	return attach(t, w)
}

func attach(t testing.TB, w *world.World) *Host {
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return &Host{t, w}
}

// World returns what is around the host: everything that is not a method here.
func (h *Host) World() *world.World { return h.world }

// Runtime returns the host itself, as it is until the next Reopen or Restore.
func (h *Host) Runtime() *runtime.Host { return h.world.Host() }

// Clock returns the clock that the host goes by.
func (h *Host) Clock() *world.Clock { return h.world.Clock() }

// Bind makes a Go value the module of that name.
func (h *Host) Bind(name string, a actor.Actor) {
	h.t.Helper()
	h.must(h.world.Bind(name, a))
}

// Install makes WebAssembly the module of that name, in the place of what it has. World().Install has the other ways.
func (h *Host) Install(name string, code []byte) state.Module {
	h.t.Helper()
	m, err := h.world.Install(h.t.Context(), name, code, &runtime.InstallOptions{Replace: true})
	h.must(err)
	return m
}

// Body returns what a message, query or answer consists of on the wire: []byte and string as they stand, nil as nothing,
// any other value in the encoding of typed messages.
func Body(v any) []byte {
	switch v := v.(type) {
	case nil:
		return nil
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	return typed.Encode(v)
}

// Send runs one transaction and returns what came of it. If the tree was rolled back, there is a receipt and the error is
// a *runtime.TxError; errors.As finds the *actor.Error.
func (h *Host) Send(from, to actor.Address, body any) (*state.Receipt, error) {
	return h.world.Send(h.t.Context(), from, actor.Message{To: to, Body: Body(body)})
}

// MustSend is Send for what must succeed: else the test ends.
func (h *Host) MustSend(from, to actor.Address, body any) *state.Receipt {
	h.t.Helper()
	r, err := h.Send(from, to, body)
	h.must(err)
	return r
}

// SendError is Send for what must be rolled back. It returns how the actor failed.
func (h *Host) SendError(from, to actor.Address, body any) *actor.Error {
	h.t.Helper()
	r, err := h.Send(from, to, body)
	if err == nil {
		h.t.Fatalf("%s to %s was committed as %d, but should have failed", from, to, r.Sequence)
	}
	if r == nil {
		h.t.Fatal(err)
	}
	return r.Err
}

// Do runs one transaction with everything that a request can say.
func (h *Host) Do(req dispatch.Request) (*state.Receipt, error) {
	return h.world.Do(h.t.Context(), req)
}

// Create makes an actor of a module, and returns its address: at, or one that the host has chosen if that is empty. The
// body is the fields of the instantiate message.
func (h *Host) Create(from, at actor.Address, module actor.ModuleID, body any) actor.Address {
	h.t.Helper()
	msg := actor.Message{Kind: actor.KindInstantiate, To: at, Module: module, Body: fields(body)}
	r, err := h.world.Send(h.t.Context(), from, msg)
	h.must(err)
	return r.Callee
}

// fields is Body for messages that have no name.
func fields(v any) []byte {
	switch v.(type) {
	case nil, []byte, string:
		return Body(v)
	}
	return typed.EncodeValue(v)
}

// Sudo sends a message as the operator of the host.
func (h *Host) Sudo(to actor.Address, body any) (*state.Receipt, error) {
	return h.Do(dispatch.Request{Message: actor.Message{Kind: actor.KindSudo, To: to, Body: Body(body)}})
}

// Query asks an actor.
func (h *Host) Query(to actor.Address, body any) ([]byte, error) {
	return h.world.Query(h.t.Context(), to, Body(body))
}

// Ask asks a typed actor and decodes the answer. If that fails, the test ends.
func Ask[A any](h *Host, to actor.Address, body any) A {
	h.t.Helper()
	data, err := h.Query(to, body)
	h.must(err)
	answer, err := typed.Decode[A](data)
	h.must(err)
	return answer
}

// Get returns the value of a key of an actor, nil if there is none. If it cannot be read, the test ends.
func (h *Host) Get(addr actor.Address, key string) (value []byte) {
	h.t.Helper()
	h.must(h.world.Use(func(host *runtime.Host) (err error) {
		value, _, err = host.Get(addr, []byte(key))
		return err
	}))
	return value
}

// Advance moves the clock.
func (h *Host) Advance(d time.Duration) { h.world.Clock().Advance(d) }

// Fail makes messages fail: see world.Failure.
func (h *Host) Fail(f world.Failure) *world.Injection { return h.world.Fail(f) }

// Crash makes the disk crash at once; everything that was not synced is lost. Reopen goes on.
func (h *Host) Crash() { h.world.Crash(100) }

// Reopen opens the host again, after a crash with what is left.
func (h *Host) Reopen() {
	h.t.Helper()
	h.must(h.world.Reopen())
}

// Snapshot keeps the whole world as it is.
func (h *Host) Snapshot() *world.Snapshot {
	h.t.Helper()
	s, err := h.world.Snapshot()
	h.must(err)
	return s
}

// Restore makes the world what it was when the snapshot was taken.
func (h *Host) Restore(s *world.Snapshot) {
	h.t.Helper()
	h.must(h.world.Restore(s))
}

// Fork returns another host that is as this one is now, for the test t, at whose end it is closed. That can be a subtest,
// be it parallel.
func (h *Host) Fork(t testing.TB) *Host {
	t.Helper()
	w, err := h.world.Fork()
	if err != nil {
		t.Fatal(err)
	}
	return attach(t, w)
}

// Verify executes the whole log again. A difference ends the test.
func (h *Host) Verify() state.Head {
	h.t.Helper()
	var head state.Head
	h.must(h.world.Use(func(host *runtime.Host) (err error) {
		head, err = host.Verify(h.t.Context())
		return err
	}))
	return head
}

func (h *Host) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}
