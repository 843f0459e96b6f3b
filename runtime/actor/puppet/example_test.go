package puppet_test

import (
	"context"
	"fmt"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
)

func Example() {
	env := &actor.Env{Self: "warrior", Sender: "alice", State: new(actor.MemState)}
	script := `
set asked={sender}
emit asked
call currency id=1 reply=error
  fail broke: no money left
on reply 1
  set seen={code}`

	// A host does all this when "alice" sends the script to a puppet.
	resp, _ := puppet.Actor{}.Execute(context.Background(), env, actor.Message{Body: []byte(script)})
	sub := resp.Messages[0]
	_, err := puppet.Actor{}.Execute(context.Background(), &actor.Env{Self: sub.Msg.To}, sub.Msg)
	reply := actor.Reply{ID: sub.ID, Payload: sub.Payload, Callee: sub.Msg.To, Err: actor.AsError(err)}
	puppet.Actor{}.Reply(context.Background(), env, reply)

	for key, value := range env.State.Range(nil, nil, actor.Ascending) {
		fmt.Printf("%s=%s\n", key, value)
	}
	// Output:
	// asked=alice
	// seen=broke
}

func ExampleParse() {
	program, err := puppet.Parse(`
		set k=v
		call b reply=always
		  data done
		on reply
		  set told={data}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(program.Ops), "operations")
	fmt.Print(program)
	// Output:
	// 2 operations
	// set k=v
	// call b reply=always
	//   data done
	// on reply
	//   set told={data}
}
