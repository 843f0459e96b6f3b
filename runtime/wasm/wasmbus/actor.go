package wasmbus

import (
	"context"
	"sync"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/wasm"
)

// Options say how actors are run. The zero value is that of a host without a policy, and of a module without claims, which no
// actor that was started has.
type Options struct {
	// Hash is that of the code in the claims that the module carries, empty if it carries none that are right: see
	// claims.OpenModule. An actor runs only code that it was started with.
	Hash string
	// Policy decides about invocations, after claims and links have allowed them. Nil allows everything.
	Policy capability.Policy
	// Refused is told of each invocation of a guest, and by a guest, that is refused, with a code of package capability: that of
	// the refusal, or CodeDenied for whatever a policy says. It may be called by any number of goroutines. Nil is told nothing.
	Refused func(code string)
}

// Actor runs the actors of one module. Its messages are capability.Invocations, and what it answers is the payload of the
// guest's response.
type Actor struct {
	module  *wasm.Module
	name    actor.ModuleID
	options Options
	old     bool // the guest speaks as actors did up to 0.18
	memo    capability.Memo
	idle    sync.Pool // of *call
}

var (
	_ actor.Instantiator = (*Actor)(nil)
	_ actor.Querier      = (*Actor)(nil)
)

// New returns the actor that m is. The name, under which it is installed, stands in errors. m must have been loaded with
// Dialect, and stay open as long as the actor is used.
func New(m *wasm.Module, name actor.ModuleID, o Options) *Actor {
	return &Actor{module: m, name: name, options: o, old: m.Imports(ModuleOld)}
}

// Instantiate implements actor.Instantiator. A guest has no such entry: it accepts a message without a body.
func (a *Actor) Instantiate(_ context.Context, _ *actor.Env, msg actor.Message) (actor.Response, error) {
	if len(msg.Body) > 0 {
		return actor.Response{}, actor.Errorf(actor.CodeUnsupported, "module %q has no Instantiate: an actor of the dialect %s is "+
			"created with an empty body", string(a.name), Module)
	}
	return actor.Response{}, nil
}

// Execute implements actor.Actor.
func (a *Actor) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	c := a.begin(ctx, env.Self, env.Services)
	defer a.end(c)
	c.env = env
	c.world.Begin(env.Time.UnixNano(), &env.Seed, env.Span, c)
	data, err := c.handle(env.Sender, env.Time, msg.Body)
	return actor.Response{Data: data}, err
}

// Query implements actor.Querier. It is the call of Execute, with nothing that would write.
func (a *Actor) Query(ctx context.Context, view *actor.View, body []byte) ([]byte, error) {
	c := a.begin(ctx, view.Self, view.Services)
	defer a.end(c)
	c.world.Begin(view.Time.UnixNano(), new([32]byte), 0, c)
	return c.handle("", view.Time, body)
}

// begin takes a call from the idle ones and gives it what every call needs.
func (a *Actor) begin(ctx context.Context, self actor.Address, services actor.Services) *call {
	c, ok := a.idle.Get().(*call)
	if !ok {
		c = &call{actor: a}
		c.body = c.serve
	}
	c.ctx, c.self, c.Services = ctx, self, services
	c.account.Open(services)
	return c
}

// end leaves nothing of the call, however it ended: it also runs when a panic of the host ends the call.
func (a *Actor) end(c *call) {
	c.close()
	a.idle.Put(c)
}
