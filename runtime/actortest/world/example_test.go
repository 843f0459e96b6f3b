package world_test

import (
	"context"
	"fmt"
	"log"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/actortest/world"
)

// A transaction fails halfway, on demand; the trace shows what was rolled back.
func Example() {
	w, err := world.Open(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()
	if err := w.Bind("account", puppet.Actor{}); err != nil {
		log.Fatal(err)
	}
	w.Fail(world.Failure{Actor: "account/bob", After: true, Err: actor.Errorf("closed", "the account is closed")})
	_, err = w.Send(context.Background(), "alice", actor.Message{To: "account/alice", Body: []byte(`{"ops":[
		{"do":"set","key":"balance","value":"5"},
		{"do":"send","sub":{"kind":"execute","to":"account/bob","reply_on":"never","body":{"ops":[
			{"do":"set","key":"balance","value":"7"}]}}}]}`)})
	fmt.Println(err)
	fmt.Print(show.Trace(w.Last().Trace, &show.Options{Width: 20}))
	// Output:
	// alice → account/alice → account/bob: closed: the account is closed
	// alice → account/alice  execute {"ops":[{"do":"set",… (195 bytes)   gas 2,974   rolled back: closed: the account is closed
	// │  set balance: – → "5"
	// ├─ alice → account/alice  instantiate account   rolled back: account/alice failed: closed
	// └─ account/alice → account/bob  execute {"ops":[{"do":"set",… (50 bytes)   rolled back: closed: the account is closed
	//    │  set balance: – → "7"
	//    └─ account/alice → account/bob  instantiate account   rolled back: account/alice failed: closed
	// rolled back seq 3: alice → account/alice → account/bob: closed: the account is closed
}

// A snapshot is the whole world; a fork lives on by itself.
func ExampleWorld_Snapshot() {
	w, err := world.Open(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()
	if err := w.Bind("account", puppet.Actor{}); err != nil {
		log.Fatal(err)
	}
	balance := func(amount string) {
		msg := actor.Message{To: "account/alice", Body: []byte("set balance=" + amount)}
		if _, err := w.Send(context.Background(), "alice", msg); err != nil {
			log.Fatal(err)
		}
	}
	balance("5")
	before, err := w.Snapshot()
	if err != nil {
		log.Fatal(err)
	}
	balance("6")
	after, err := w.Fork()
	if err != nil {
		log.Fatal(err)
	}
	defer after.Close()
	if err := w.Restore(before); err != nil {
		log.Fatal(err)
	}
	diff, err := w.Diff(after)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(diff)
	// Output:
	// account/alice
	//   - balance: "5"
	//   + balance: "6"
}
