// Package actor is the vocabulary of Troupe: what an actor is, what it is sent, what it answers, and what it sees
// while it runs. Authors of actors need this package alone. It imports the standard library only and builds for
// GOOS=wasip1, so that one source serves as a native actor and as a WebAssembly guest.
//
// An actor is a value with one method:
//
//	type counter struct{}
//
//	func (counter) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
//		n, _ := env.State.Get([]byte("n"))
//		env.State.Set([]byte("n"), append(n, '|'))
//		return actor.Response{Events: []actor.Event{{Type: "counted"}}}, nil
//	}
//
// # Guarantees
//
// Sub-messages are returned, never called: an entry point runs to its end before anything it asked for begins, so no
// other actor can enter in the middle of it. Everything that an entry point writes, emits and asks for commits or
// vanishes together with the subtree it belongs to. State access cannot fail as far as an actor can see: a fault of the
// host stops the whole transaction and is never handed to an actor.
//
// # What it is not
//
// It holds no runtime: a host (package runtime) runs actors; package runtime/actor/typed puts Go structs in the place of
// bytes.
package actor
