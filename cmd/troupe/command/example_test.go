package command_test

import (
	"context"
	"encoding/binary"
	"os"

	"github.com/troupe-run/troupe/cmd/troupe/command"
	"github.com/troupe-run/troupe/runtime/actor"
)

// counter counts the messages that it gets.
type counter struct{}

func (counter) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	if string(msg.Body) != "inc" {
		return actor.Response{}, actor.Errorf("unknown_message", "%q", msg.Body)
	}
	n := make([]byte, 8)
	if old, ok := env.State.Get([]byte("n")); ok {
		copy(n, old)
	}
	binary.BigEndian.PutUint64(n, binary.BigEndian.Uint64(n)+1)
	env.State.Set([]byte("n"), n)
	return actor.Response{}, nil
}

// The whole program of a binary that has an actor of its own and all commands of troupe.
func ExampleMain() {
	main := func() {
		command.Main(command.Modules{"counter": counter{}})
	}
	_ = main // it ends the process
}

// A command line can be run inside of another program.
func ExampleProgram_Run() {
	p := command.Program{Name: "mytroupe", Modules: command.Modules{"counter": counter{}}, Stderr: os.Stdout}
	code := p.Run(context.Background(), []string{"get", "Counter", "n"})
	os.Stdout.WriteString(map[int]string{command.ExitOK: "fine", command.ExitUsage: "misused"}[code])
	// Output:
	// mytroupe: the address "Counter": a name matches [a-z0-9][a-z0-9._-]*, but 'C' stands at byte 1
	// misused
}
