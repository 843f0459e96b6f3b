package guest

import (
	"context"
	"fmt"
	"unsafe"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/guest/envelope"
)

// version is the marker by which a host knows the dialect of a module and its version. It is never called.
//
//go:wasmexport troupe_abi_1
func version() {}

// call runs an entry point on the input that stands where alloc said. It returns where the output stands: the address in
// the upper half, the length in the lower.
//
//go:wasmexport troupe_call
func call(entry uint32, _ unsafe.Pointer, size uint32) uint64 {
	returned := false
	defer func() {
		if returned {
			return
		}
		why := recover()
		if why == nil {
			why = "the goroutine of the call has ended"
		}
		abort(textAt(fmt.Sprint(why)))
	}()
	output = run(actor.Kind(entry), input[:size])
	returned = true
	at, n := bytesAt(output)
	return uint64(uintptr(at))<<32 | uint64(n)
}

// What the one call of this memory sees of the world. It stands here because the heap is dear: the first allocation of a
// call writes to a dozen pages.
var (
	env  = actor.Env{State: writer{}, Services: services{}}
	view = actor.View{State: reader{}, Services: services{}}
)

func run(kind actor.Kind, input []byte) []byte {
	switch kind {
	case actor.KindExecute, actor.KindInstantiate, actor.KindMigrate, actor.KindSudo:
		return message(kind, input)
	case actor.KindReply:
		return reply(input)
	case actor.KindQuery:
		return answer(input)
	}
	return unsupported()
}

func message(kind actor.Kind, input []byte) []byte {
	msg := actor.Message{Kind: kind}
	if err := envelope.DecodeMessage(input, &env, &msg); err != nil {
		return failure(malformed(err))
	}
	ctx := context.Background()
	switch kind {
	case actor.KindInstantiate:
		if a, ok := registered.(actor.Instantiator); ok {
			return response(a.Instantiate(ctx, &env, msg))
		}
		if len(msg.Body) == 0 {
			return response(actor.Response{}, nil)
		}
	case actor.KindMigrate:
		if a, ok := registered.(actor.Migrator); ok {
			return response(a.Migrate(ctx, &env, msg))
		}
	case actor.KindSudo:
		if a, ok := registered.(actor.Sudoer); ok {
			return response(a.Sudo(ctx, &env, msg))
		}
	default:
		return response(registered.Execute(ctx, &env, msg))
	}
	return unsupported()
}

func reply(input []byte) []byte {
	a, ok := registered.(actor.Replier)
	if !ok {
		return unsupported()
	}
	var r actor.Reply
	if err := envelope.DecodeReply(input, &env, &r); err != nil {
		return failure(malformed(err))
	}
	return response(a.Reply(context.Background(), &env, r))
}

func answer(input []byte) []byte {
	a, ok := registered.(actor.Querier)
	if !ok {
		return unsupported()
	}
	body, err := envelope.DecodeQuery(input, &view)
	if err != nil {
		return failure(malformed(err))
	}
	data, err := a.Query(context.Background(), &view, body)
	if err != nil {
		return failure(err)
	}
	return envelope.AppendAnswer(free[:0], data)
}

func response(resp actor.Response, err error) []byte {
	if err != nil {
		return failure(err)
	}
	return envelope.AppendResponse(free[:0], &resp)
}

// failure says what an actor meant by its error, in the words that a host has for a native one.
func failure(err error) []byte {
	e := actor.AsError(err)
	if e == nil {
		e = actor.Errorf(actor.CodeFailed, "a nil *actor.Error was returned as an error: return nil itself")
	}
	return envelope.AppendError(free[:0], e)
}

func malformed(err error) error { return actor.Errorf(actor.CodeMalformed, "%v", err) }

func unsupported() []byte { return envelope.AppendUnsupported(free[:0]) }
