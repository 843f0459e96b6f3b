package typed

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Actor is an actor made of typed handlers. It implements actor.Actor and all the optional entry points; one for which
// it has no handler answers with actor.CodeUnsupported. It is immutable and serves any number of goroutines.
type Actor struct {
	execute     table[handle]
	sudo        table[handle]
	query       table[answer]
	instantiate *bodyHandler
	migrate     *bodyHandler
	replies     map[uint64]replyHandle
	reply       replyHandle // for the IDs that are not in replies
	virtual     bool
}

type (
	handle      func(c *Call, fields []byte) error
	answer      func(v *View, fields []byte) ([]byte, error)
	replyHandle func(c *Call, r actor.Reply) error
)

// bodyHandler handles the one type of an instantiate or migrate message.
type bodyHandler struct {
	schema *schema
	run    handle
}

var (
	_ actor.Actor        = (*Actor)(nil)
	_ actor.Instantiator = (*Actor)(nil)
	_ actor.Replier      = (*Actor)(nil)
	_ actor.Querier      = (*Actor)(nil)
	_ actor.Migrator     = (*Actor)(nil)
	_ actor.Sudoer       = (*Actor)(nil)
)

// Handler is one handler of an actor, or a trait such as Virtual. The functions On… make them.
type Handler struct{ add func(*Actor) error }

// New returns an actor that has the handlers. It panics if two of them claim the same message, or if a type cannot be
// sent: like regexp.MustCompile it is called when a program starts, on what stands in its source.
func New(handlers ...Handler) *Actor {
	a := &Actor{
		execute: table[handle]{kind: "execute", entries: map[string]*entryOf[handle]{}},
		sudo:    table[handle]{kind: "sudo", entries: map[string]*entryOf[handle]{}},
		query:   table[answer]{kind: "query", entries: map[string]*entryOf[answer]{}},
		replies: map[uint64]replyHandle{},
	}
	for _, h := range handlers {
		if err := h.add(a); err != nil {
			panic("typed: " + err.Error())
		}
	}
	if a.virtual && a.instantiate == nil {
		panic("typed: Virtual needs OnInstantiate; without either an empty body is accepted anyway")
	}
	return a
}

// Execute implements actor.Actor.
func (a *Actor) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	e, fields, err := a.execute.find(msg.Body)
	if err != nil {
		return actor.Response{}, err
	}
	return e.run.call(ctx, env, fields)
}

// Sudo implements actor.Sudoer.
func (a *Actor) Sudo(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	e, fields, err := a.sudo.find(msg.Body)
	if err != nil {
		return actor.Response{}, err
	}
	return e.run.call(ctx, env, fields)
}

// Query implements actor.Querier.
func (a *Actor) Query(ctx context.Context, view *actor.View, body []byte) (data []byte, err error) {
	e, fields, err := a.query.find(body)
	if err != nil {
		return nil, err
	}
	defer rescue(&err)
	return e.run(&View{View: view, ctx: ctx}, fields)
}

// Instantiate implements actor.Instantiator. Without a handler it accepts an empty body, or one with no fields. With
// one, an empty body (the first message to a virtual actor) is accepted if the actor is Virtual.
func (a *Actor) Instantiate(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	switch {
	case a.instantiate == nil:
		if body := strings.TrimSpace(string(msg.Body)); body != "" && body != "\xa0" && body != "{}" {
			return actor.Response{}, actor.Errorf(actor.CodeUnsupported, "the actor takes no instantiate message")
		}
		return actor.Response{}, nil
	case len(msg.Body) == 0 && !a.virtual:
		return actor.Response{}, actor.Errorf(actor.CodeMalformed,
			"instantiate: the body is empty; the actor must be created with a message and does not come up by its first one")
	}
	return a.instantiate.run.call(ctx, env, msg.Body)
}

// Migrate implements actor.Migrator.
func (a *Actor) Migrate(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	if a.migrate == nil {
		return actor.Response{}, actor.Errorf(actor.CodeUnsupported, "the actor takes no migrate message")
	}
	return a.migrate.run.call(ctx, env, msg.Body)
}

// Reply implements actor.Replier.
func (a *Actor) Reply(ctx context.Context, env *actor.Env, reply actor.Reply) (res actor.Response, err error) {
	run := a.replies[reply.ID]
	if run == nil {
		run = a.reply
	}
	if run == nil {
		return actor.Response{}, actor.Errorf(actor.CodeUnsupported, "the actor has no handler for reply %d", reply.ID)
	}
	defer rescue(&err)
	c := &Call{Env: env, ctx: ctx}
	if err := run(c, reply); err != nil {
		return actor.Response{}, err
	}
	return c.res, nil
}

// call runs a handler and returns the response that it has collected.
func (h handle) call(ctx context.Context, env *actor.Env, fields []byte) (res actor.Response, err error) {
	defer rescue(&err)
	c := &Call{Env: env, ctx: ctx}
	if err := h(c, fields); err != nil {
		return actor.Response{}, err
	}
	return c.res, nil
}

// messageOf returns the name and the schema of the messages of type M.
func messageOf[M any]() (string, *schema, error) {
	t := reflect.TypeFor[M]()
	s, err := structOf(t)
	if err != nil {
		return "", nil, err
	}
	name, ok := typeName(t)
	if !ok {
		return "", nil, fmt.Errorf("%v: a message has a plain name, or a method MessageName that gives it one of 1 to %d bytes", t, maxName)
	}
	return name, s, nil
}

func structOf(t reflect.Type) (*schema, error) {
	s, err := schemaOf(t)
	if err == nil && (s.form != formObject || t.Kind() == reflect.Pointer) {
		err = fmt.Errorf("%v: a message is a struct", t)
	}
	if err == nil {
		s.prepare()
	}
	return s, err
}

func (t *table[F]) add(name string, s, answer *schema, run F) error {
	if t.entries[name] != nil {
		return fmt.Errorf("two handlers for the %s message %q", t.kind, name)
	}
	t.entries[name] = &entryOf[F]{name, s, answer, run}
	return nil
}
