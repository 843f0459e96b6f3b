package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
)

// A tally keeps what it is sent. It asks "audit" to have a look, and goes on if audit refuses.
type tally struct{}

func (tally) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	before, _ := env.State.Get([]byte("kept"))
	env.State.Set([]byte("kept"), append(append([]byte{}, before...), msg.Body...))
	return actor.Response{Messages: []actor.SubMsg{{
		ID: 1, ReplyOn: actor.ReplyOnError, Msg: actor.Message{To: "audit", Body: msg.Body},
	}}}, nil
}

func (tally) Reply(_ context.Context, env *actor.Env, reply actor.Reply) (actor.Response, error) {
	env.State.Set([]byte("refused"), []byte(reply.Err.Code))
	return actor.Response{}, nil
}

func (tally) Query(_ context.Context, view *actor.View, key []byte) ([]byte, error) {
	value, _ := view.State.Get(key)
	return value, nil
}

type audit struct{}

func (audit) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	env.State.Set([]byte("seen"), msg.Body) // vanishes if the next line fails
	if string(msg.Body) == "x" {
		return actor.Response{}, actor.Errorf("forbidden", "no %s in here", msg.Body)
	}
	return actor.Response{}, nil
}

func Example() {
	ctx := context.Background()
	host, err := runtime.Open("", nil) // in memory; give a directory to keep it
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close()
	if err := errors.Join(host.Bind("tally", tally{}), host.Bind("audit", audit{})); err != nil {
		log.Fatal(err)
	}
	for _, body := range []string{"a", "x"} {
		if _, err := host.Send(ctx, "alice", actor.Message{To: "tally", Body: []byte(body)}); err != nil {
			log.Fatal(err)
		}
	}
	kept, _ := host.Query(ctx, "tally", []byte("kept"))
	refused, _ := host.Query(ctx, "tally", []byte("refused"))
	seen, _, _ := host.Get("audit", []byte("seen"))
	fmt.Printf("tally kept %q, audit refused with %q and has seen %q\n", kept, refused, seen)

	_, err = host.Send(ctx, "alice", actor.Message{To: "audit", Body: []byte("x")})
	fmt.Println(err)
	head, err := host.Verify(ctx)
	fmt.Println("verified up to", head.Sequence, err)
	// Output:
	// tally kept "ax", audit refused with "forbidden" and has seen "a"
	// alice → audit: forbidden: no x in here
	// verified up to 6 <nil>
}
