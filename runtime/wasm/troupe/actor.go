package troupe

import (
	"context"
	"sync"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm"
)

// Actor runs the actors of one module. It has every entry point; those that the module lacks fail as they do for a
// native actor without the method.
type Actor struct {
	module *wasm.Module
	name   actor.ModuleID
	idle   sync.Pool // of *call
}

var (
	_ actor.Instantiator = (*Actor)(nil)
	_ actor.Replier      = (*Actor)(nil)
	_ actor.Querier      = (*Actor)(nil)
	_ actor.Migrator     = (*Actor)(nil)
	_ actor.Sudoer       = (*Actor)(nil)
)

// New returns the actor that m is. The name, under which it is installed, stands in errors. m must have been loaded with
// Dialect, and stay open as long as the actor is used.
func New(m *wasm.Module, name actor.ModuleID) *Actor { return &Actor{module: m, name: name} }

// Execute implements actor.Actor.
func (a *Actor) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return a.write(ctx, env, actor.KindExecute, &msg)
}

// Instantiate implements actor.Instantiator. As for native actors, a module without the entry accepts a message without a
// body.
func (a *Actor) Instantiate(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return a.write(ctx, env, actor.KindInstantiate, &msg)
}

// Migrate implements actor.Migrator.
func (a *Actor) Migrate(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return a.write(ctx, env, actor.KindMigrate, &msg)
}

// Sudo implements actor.Sudoer.
func (a *Actor) Sudo(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return a.write(ctx, env, actor.KindSudo, &msg)
}

func (a *Actor) write(ctx context.Context, env *actor.Env, entry actor.Kind, msg *actor.Message) (actor.Response, error) {
	c := a.begin(ctx, entry, env.Self, env.State, env.Services)
	defer a.end(c)
	c.writer = env.State
	c.world.Begin(env.Time.UnixNano(), &env.Seed, env.Span, c)
	c.input = appendMessage(c.input[:0], env, msg)
	err := c.run()
	if err == errNoEntry && entry == actor.KindInstantiate && len(msg.Body) == 0 {
		return actor.Response{}, nil
	}
	return c.response, a.outcome(entry, err)
}

// Reply implements actor.Replier.
func (a *Actor) Reply(ctx context.Context, env *actor.Env, reply actor.Reply) (actor.Response, error) {
	c := a.begin(ctx, actor.KindReply, env.Self, env.State, env.Services)
	defer a.end(c)
	c.writer = env.State
	c.world.Begin(env.Time.UnixNano(), &env.Seed, env.Span, c)
	c.input = appendReply(c.input[:0], env, &reply)
	err := c.run()
	return c.response, a.outcome(actor.KindReply, err)
}

// Query implements actor.Querier.
func (a *Actor) Query(ctx context.Context, view *actor.View, body []byte) ([]byte, error) {
	c := a.begin(ctx, actor.KindQuery, view.Self, view.State, view.Services)
	defer a.end(c)
	c.world.Begin(view.Time.UnixNano(), new([32]byte), 0, c)
	c.input = appendQuery(c.input[:0], view, body)
	err := c.run()
	return c.response.Data, a.outcome(actor.KindQuery, err)
}

// begin takes a call from the idle ones and gives it what every call needs.
func (a *Actor) begin(ctx context.Context, entry actor.Kind, self actor.Address, state actor.Reader, services actor.Services) *call {
	c, ok := a.idle.Get().(*call)
	if !ok {
		c = &call{module: a.module}
		c.body = c.serve
	}
	c.ctx, c.entry, c.self, c.reader, c.Services = ctx, entry, self, state, services
	c.account.Open(services)
	return c
}

// end leaves nothing of the call, however it ended: it also runs when a panic of the host ends the call.
func (a *Actor) end(c *call) {
	c.close()
	a.idle.Put(c)
}

// entryNames are the words for entries in the error of a module that lacks one: those that dispatch uses.
var entryNames = map[actor.Kind]string{actor.KindExecute: "Execute", actor.KindInstantiate: "Instantiate",
	actor.KindMigrate: "Migrate", actor.KindSudo: "Sudo", actor.KindQuery: "Query", actor.KindReply: "Reply"}

// outcome gives an error the form that leaves the dialect.
func (a *Actor) outcome(entry actor.Kind, err error) error {
	if err == errNoEntry {
		return actor.Errorf(actor.CodeUnsupported, "module %q has no %s", string(a.name), entryNames[entry])
	}
	return err
}
