package differential

import (
	"errors"
	"fmt"
	"testing"

	"github.com/CosmWasm/wasmvm/v3/types"

	"github.com/troupe-run/troupe/bench/conformance/machine"
	"github.com/troupe-run/troupe/bench/conformance/world"
)

func step() world.Step {
	return world.Step{
		Outcome:  machine.Outcome{Result: []byte("result"), Used: 1, External: 2, Left: 3},
		Accesses: []world.Access{{Op: "get", Key: []byte("k"), Value: []byte("v"), Gas: 4}, {Op: "remove", Key: []byte("k"), Gas: 5}},
		Changed:  []world.Row{{Key: []byte("k"), Value: []byte{}}},
	}
}

// TestCompare checks that each thing that can differ is noticed, alone.
func TestCompare(t *testing.T) {
	if d := compare(step(), step()); len(d) > 0 {
		t.Errorf("equal steps differ: %v", d)
	}
	outOfGas := fmt.Errorf("%w: text", machine.ErrOutOfGas)
	for name, change := range map[string]func(*world.Step){
		"result":        func(s *world.Step) { s.Result = []byte("resulT") },
		"no result":     func(s *world.Step) { s.Result = nil },
		"gas":           func(s *world.Step) { s.Used++ },
		"external gas":  func(s *world.Step) { s.External-- },
		"left":          func(s *world.Step) { s.Left++ },
		"error":         func(s *world.Step) { s.Err = errors.New("trap") },
		"operation":     func(s *world.Step) { s.Accesses[0].Op = "set" },
		"key":           func(s *world.Step) { s.Accesses[0].Key = []byte("K") },
		"value":         func(s *world.Step) { s.Accesses[0].Value = nil },
		"price":         func(s *world.Step) { s.Accesses[1].Gas++ },
		"one less":      func(s *world.Step) { s.Accesses = s.Accesses[:1] },
		"one more":      func(s *world.Step) { s.Accesses = append(s.Accesses, world.Access{Op: "scan"}) },
		"order":         func(s *world.Step) { s.Accesses[0], s.Accesses[1] = s.Accesses[1], s.Accesses[0] },
		"row":           func(s *world.Step) { s.Changed[0].Value = []byte("x") },
		"row gone":      func(s *world.Step) { s.Changed[0].Value = nil },
		"row untouched": func(s *world.Step) { s.Changed = nil },
	} {
		changed := step()
		change(&changed)
		if len(compare(step(), changed)) == 0 || len(compare(changed, step())) == 0 {
			t.Errorf("a difference is not noticed: %s", name)
		}
	}
	a, b := step(), step()
	a.Err, b.Err = outOfGas, errors.New("trap")
	if len(compare(a, b)) == 0 {
		t.Error("out of gas is like any other error")
	}
}

// TestEdge checks that what wire encodes is compared, and that an answer which both refuse is no difference.
func TestEdge(t *testing.T) {
	env := types.Env{Block: types.BlockInfo{Height: 1, Time: 2, ChainID: "<c>"}, Transaction: &types.TransactionInfo{Index: 3, Hash: []byte("h")},
		Contract: types.ContractInfo{Address: "a"}}
	info := types.MessageInfo{Sender: "s", Funds: []types.Coin{{Denom: "d", Amount: "1"}}}
	args := [][]byte{encode(env), encode(info), nil}
	if d := encoded("execute", env, info, args); len(d) > 0 {
		t.Error(d)
	}
	args[0] = append(args[0], ' ')
	if d := encoded("query", env, info, args); len(d) != 1 {
		t.Errorf("another env is not noticed: %v", d)
	}
	args[1] = append(args[1], ' ')
	if d := encoded("execute", env, info, args); len(d) != 2 {
		t.Errorf("another info is not noticed: %v", d)
	}
	for _, answer := range []string{"", "{", `{"ok":{}}`, `{"error":"no"}`, `{"ok":{"messages":[{"id":1}]}}`, `{"ok":"e30="}`, `{"error":"no","ok":{}}`, "[]"} {
		for _, entry := range []string{"execute", "query"} {
			if d := understood(entry, []byte(answer)); len(d) > 0 {
				t.Error(d)
			}
		}
		if d := asked([]byte(answer)); len(d) > 0 {
			t.Error(d)
		}
	}
}
