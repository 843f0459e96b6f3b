package actor

import "context"

// An Actor handles messages. One value serves every instance of its module and, for queries, several goroutines at
// once: it must keep what it remembers in State, never in its own fields.
//
// Returning an error fails the call and rolls its subtree back. Return an *Error to choose the code that a caller who
// asked for a reply sees; any other error has the code CodeFailed. A panic is an error with the code CodePanic.
type Actor interface {
	Execute(ctx context.Context, env *Env, msg Message) (Response, error)
}

// An Instantiator prepares a new instance. An actor without one accepts an instantiate message with an empty body only.
// For a virtual actor the body is nil: the first message to it instantiates it.
type Instantiator interface {
	Instantiate(ctx context.Context, env *Env, msg Message) (Response, error)
}

// A Replier receives the outcome of sub-messages that asked for a reply. It runs in its own call, on the state that the
// caller and, if it succeeded, the callee have left (rule S4).
type Replier interface {
	Reply(ctx context.Context, env *Env, reply Reply) (Response, error)
}

// A Querier answers questions about its state. It cannot write: a View has no way to.
type Querier interface {
	Query(ctx context.Context, view *View, body []byte) ([]byte, error)
}

// A Migrator takes over the state that an earlier module of the same actor left. It is called on the new module.
type Migrator interface {
	Migrate(ctx context.Context, env *Env, msg Message) (Response, error)
}

// A Sudoer accepts messages that only the operator of the host can send. Such a message has no sender.
type Sudoer interface {
	Sudo(ctx context.Context, env *Env, msg Message) (Response, error)
}
