// Package cast is one actor that plays the parts of all who work in a restaurant, and of one who does whatever an actor
// can do, each under addresses of its own kind. So one module serves several tests: natively and as WebAssembly it is the
// same value.
package cast

import (
	"context"

	"github.com/troupe-run/troupe/examples/kitchen/staff"
	"github.com/troupe-run/troupe/runtime/actor"
)

// Part is an actor with every entry point.
type Part interface {
	actor.Actor
	actor.Instantiator
	actor.Replier
	actor.Querier
	actor.Migrator
	actor.Sudoer
}

var parts = map[string]Part{
	staff.SellerModule: staff.Seller().(Part),
	staff.ChefModule:   staff.Chef().(Part),
	staff.WaiterModule: staff.Waiter().(Part),
	staff.CardsModule:  staff.Cards().(Part),
	staff.OrderModule:  staff.Tray().(Part),
	"probe":            probe{},
}

// Names returns the kinds of addresses that Actor plays.
func Names() []string {
	var names []string
	for name := range parts {
		names = append(names, name)
	}
	return names
}

// Actor plays the part of the kind of its address.
type Actor struct{}

var _ Part = Actor{}

func (Actor) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return parts[env.Self.Kind()].Execute(ctx, env, msg)
}

func (Actor) Instantiate(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return parts[env.Self.Kind()].Instantiate(ctx, env, msg)
}

func (Actor) Migrate(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return parts[env.Self.Kind()].Migrate(ctx, env, msg)
}

func (Actor) Sudo(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return parts[env.Self.Kind()].Sudo(ctx, env, msg)
}

func (Actor) Reply(ctx context.Context, env *actor.Env, reply actor.Reply) (actor.Response, error) {
	return parts[env.Self.Kind()].Reply(ctx, env, reply)
}

func (Actor) Query(ctx context.Context, view *actor.View, body []byte) ([]byte, error) {
	return parts[view.Self.Kind()].Query(ctx, view, body)
}

// Bare has no entry point but Execute.
type Bare struct{}

// Execute says where it is.
func (Bare) Execute(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
	return actor.Response{Data: []byte(env.Self)}, nil
}
