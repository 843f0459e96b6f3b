package world

import (
	"context"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
)

// wrapped is an actor whose calls can be made to fail.
type wrapped struct {
	inner   actor.Actor
	mishaps *mishaps
}

func (w *wrapped) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return w.mishaps.call(env, &msg, func() (actor.Response, error) { return w.inner.Execute(ctx, env, msg) })
}

// Code implements dispatch.Coder: what is wrapped stays what it is to dispatch.
func (w *wrapped) Code() dispatch.Code { return dispatch.CodeOf(w.inner) }

// The optional entry points, one type each, so that a wrapped actor has those that the inner one has and no others.
type (
	instantiator struct{ w *wrapped }
	replier      struct{ w *wrapped }
	querier      struct{ w *wrapped }
	migrator     struct{ w *wrapped }
	sudoer       struct{ w *wrapped }
)

func (x instantiator) Instantiate(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return x.w.mishaps.call(env, &msg, func() (actor.Response, error) {
		return x.w.inner.(actor.Instantiator).Instantiate(ctx, env, msg)
	})
}

func (x replier) Reply(ctx context.Context, env *actor.Env, reply actor.Reply) (actor.Response, error) {
	msg := actor.Message{Kind: actor.KindReply, To: env.Self, Body: reply.Payload}
	return x.w.mishaps.call(env, &msg, func() (actor.Response, error) {
		return x.w.inner.(actor.Replier).Reply(ctx, env, reply)
	})
}

func (x querier) Query(ctx context.Context, view *actor.View, body []byte) ([]byte, error) {
	return x.w.inner.(actor.Querier).Query(ctx, view, body)
}

func (x migrator) Migrate(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return x.w.mishaps.call(env, &msg, func() (actor.Response, error) {
		return x.w.inner.(actor.Migrator).Migrate(ctx, env, msg)
	})
}

func (x sudoer) Sudo(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return x.w.mishaps.call(env, &msg, func() (actor.Response, error) {
		return x.w.inner.(actor.Sudoer).Sudo(ctx, env, msg)
	})
}

// wrap puts the mishaps in front of an actor. A host looks at which interfaces a value has, hence one type for each set
// of them.
func (m *mishaps) wrap(a actor.Actor) actor.Actor {
	w := &wrapped{a, m}
	has := 0
	if _, ok := a.(actor.Instantiator); ok {
		has |= 1
	}
	if _, ok := a.(actor.Replier); ok {
		has |= 2
	}
	if _, ok := a.(actor.Querier); ok {
		has |= 4
	}
	if _, ok := a.(actor.Migrator); ok {
		has |= 8
	}
	if _, ok := a.(actor.Sudoer); ok {
		has |= 16
	}
	i, r, q, g, s := instantiator{w}, replier{w}, querier{w}, migrator{w}, sudoer{w}
	switch has {
	case 1:
		return struct {
			*wrapped
			instantiator
		}{w, i}
	case 2:
		return struct {
			*wrapped
			replier
		}{w, r}
	case 3:
		return struct {
			*wrapped
			instantiator
			replier
		}{w, i, r}
	case 4:
		return struct {
			*wrapped
			querier
		}{w, q}
	case 5:
		return struct {
			*wrapped
			instantiator
			querier
		}{w, i, q}
	case 6:
		return struct {
			*wrapped
			replier
			querier
		}{w, r, q}
	case 7:
		return struct {
			*wrapped
			instantiator
			replier
			querier
		}{w, i, r, q}
	case 8:
		return struct {
			*wrapped
			migrator
		}{w, g}
	case 9:
		return struct {
			*wrapped
			instantiator
			migrator
		}{w, i, g}
	case 10:
		return struct {
			*wrapped
			replier
			migrator
		}{w, r, g}
	case 11:
		return struct {
			*wrapped
			instantiator
			replier
			migrator
		}{w, i, r, g}
	case 12:
		return struct {
			*wrapped
			querier
			migrator
		}{w, q, g}
	case 13:
		return struct {
			*wrapped
			instantiator
			querier
			migrator
		}{w, i, q, g}
	case 14:
		return struct {
			*wrapped
			replier
			querier
			migrator
		}{w, r, q, g}
	case 15:
		return struct {
			*wrapped
			instantiator
			replier
			querier
			migrator
		}{w, i, r, q, g}
	case 16:
		return struct {
			*wrapped
			sudoer
		}{w, s}
	case 17:
		return struct {
			*wrapped
			instantiator
			sudoer
		}{w, i, s}
	case 18:
		return struct {
			*wrapped
			replier
			sudoer
		}{w, r, s}
	case 19:
		return struct {
			*wrapped
			instantiator
			replier
			sudoer
		}{w, i, r, s}
	case 20:
		return struct {
			*wrapped
			querier
			sudoer
		}{w, q, s}
	case 21:
		return struct {
			*wrapped
			instantiator
			querier
			sudoer
		}{w, i, q, s}
	case 22:
		return struct {
			*wrapped
			replier
			querier
			sudoer
		}{w, r, q, s}
	case 23:
		return struct {
			*wrapped
			instantiator
			replier
			querier
			sudoer
		}{w, i, r, q, s}
	case 24:
		return struct {
			*wrapped
			migrator
			sudoer
		}{w, g, s}
	case 25:
		return struct {
			*wrapped
			instantiator
			migrator
			sudoer
		}{w, i, g, s}
	case 26:
		return struct {
			*wrapped
			replier
			migrator
			sudoer
		}{w, r, g, s}
	case 27:
		return struct {
			*wrapped
			instantiator
			replier
			migrator
			sudoer
		}{w, i, r, g, s}
	case 28:
		return struct {
			*wrapped
			querier
			migrator
			sudoer
		}{w, q, g, s}
	case 29:
		return struct {
			*wrapped
			instantiator
			querier
			migrator
			sudoer
		}{w, i, q, g, s}
	case 30:
		return struct {
			*wrapped
			replier
			querier
			migrator
			sudoer
		}{w, r, q, g, s}
	case 31:
		return struct {
			*wrapped
			instantiator
			replier
			querier
			migrator
			sudoer
		}{w, i, r, q, g, s}
	}
	return w
}
