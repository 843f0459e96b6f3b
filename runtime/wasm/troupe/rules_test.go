package troupe_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/dispatch/script"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/troupe"
)

// TestRules runs the rules of dispatch on puppets that are WebAssembly: all of them must get the answers that Go values get.
func TestRules(t *testing.T) {
	code, err := toolchain.Build(t.Context(), filepath.Join("testdata", "puppet"), toolchain.Go)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := wasm.NewEngine(wasm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	module, err := engine.Load(t.Context(), code, troupe.Dialect())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { module.Close() })
	script.Run(t, filepath.Join("..", "..", "..", "dispatch", "testdata", "rules"), func(birth puppet.Program, bare bool) actor.Actor {
		a := born{troupe.New(module, "puppet"), birth}
		if bare {
			return onlyExecute{a}
		}
		return a
	})
}

// born is a puppet that knows what to do when it is instantiated with an empty body. A module cannot: it is one for all.
type born struct {
	*troupe.Actor
	birth puppet.Program
}

func (b born) Instantiate(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	if len(msg.Body) == 0 && !b.birth.IsZero() {
		msg.Body = []byte(b.birth.String())
	}
	return b.Actor.Instantiate(ctx, env, msg)
}

// onlyExecute hides all entry points but one.
type onlyExecute struct{ actor.Actor }
