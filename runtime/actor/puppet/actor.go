package puppet

import (
	"context"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Actor is the puppet. The zero value is ready; it has every entry point.
//
// A reply whose payload holds no program answers with the payload as its data, and with nothing if there is no payload.
type Actor struct {
	// Birth runs in the place of an instantiate message without a body, which is how virtual actors begin.
	Birth Program
}

var (
	_ actor.Instantiator = Actor{}
	_ actor.Replier      = Actor{}
	_ actor.Querier      = Actor{}
	_ actor.Migrator     = Actor{}
	_ actor.Sudoer       = Actor{}
)

// Execute implements actor.Actor.
func (Actor) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return handle(ctx, env, msg)
}

// Instantiate implements actor.Instantiator.
func (a Actor) Instantiate(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	if len(msg.Body) == 0 {
		return newCall(ctx, env, &msg).respond(a.Birth)
	}
	return handle(ctx, env, msg)
}

// Migrate implements actor.Migrator.
func (Actor) Migrate(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return handle(ctx, env, msg)
}

// Sudo implements actor.Sudoer.
func (Actor) Sudo(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return handle(ctx, env, msg)
}

func handle(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	p, err := Decode(msg.Body)
	if err != nil {
		return actor.Response{}, malformed(err)
	}
	return newCall(ctx, env, &msg).respond(p)
}

// Reply implements actor.Replier.
func (Actor) Reply(ctx context.Context, env *actor.Env, reply actor.Reply) (actor.Response, error) {
	text, p, err := unpack(reply.Payload)
	if err != nil {
		return actor.Response{}, malformed(err)
	}
	if p.IsZero() && text != "" {
		return actor.Response{Data: []byte(text)}, nil
	}
	c := newCall(ctx, env, &actor.Message{Kind: actor.KindReply})
	c.reply, c.payload = &reply, text
	return c.respond(p)
}

// Query implements actor.Querier. The answer is what Data says.
func (Actor) Query(ctx context.Context, view *actor.View, body []byte) ([]byte, error) {
	p, err := Decode(body)
	if err != nil {
		return nil, malformed(err)
	}
	c := &call{ctx: ctx, reader: view.State, services: view.Services, msg: &actor.Message{Kind: actor.KindQuery, Body: body}}
	c.env = &actor.Env{Self: view.Self, Sequence: view.Sequence, Time: view.Time}
	resp, err := c.respond(p)
	return resp.Data, err
}

func malformed(err error) error { return actor.Errorf(actor.CodeMalformed, "%s", err) }
