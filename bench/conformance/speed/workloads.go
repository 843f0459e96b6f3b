package speed

import (
	"context"
	"fmt"
	"strconv"

	wasmvm "github.com/CosmWasm/wasmvm/v3"

	"github.com/troupe-run/troupe/bench/conformance/corpus"
	"github.com/troupe-run/troupe/bench/conformance/oracle"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

// workload is what one goroutine does: a contract is instantiated, and then called with one request after the other,
// in a circle.
type workload struct {
	name, contract string
	instantiate    request
	requests       []request
}

// Contracts are those that the workloads call.
func Contracts() []corpus.Contract {
	var of []corpus.Contract
	for _, c := range corpus.All() {
		if c.Name == "cw20-base" || c.Name == "hackatom" || c.Name == "cyberpunk" {
			of = append(of, c)
		}
	}
	return of
}

func workloads() []workload {
	alice, bob := person("alice"), person("bob")
	held := []any{}
	for i := range 100 {
		held = append(held, map[string]any{"address": person("holder " + strconv.Itoa(i)), "amount": "1000000000"})
	}
	for _, a := range []string{alice, bob} {
		held = append(held, map[string]any{"address": a, "amount": "1000000000"})
	}
	token := request{"instantiate", alice, encode(map[string]any{"name": "Token", "symbol": "TOK", "decimals": 6, "initial_balances": held})}
	transfer := func(from, to string) request {
		return request{"execute", from, encode(map[string]any{"transfer": map[string]any{"recipient": to, "amount": "1"}})}
	}
	return []workload{
		{"cw20 transfer", "cw20-base", token, []request{transfer(alice, bob), transfer(bob, alice)}},
		{"cw20 balance query", "cw20-base", token, []request{
			{"query", "", encode(map[string]any{"balance": map[string]any{"address": alice}})},
			{"query", "", encode(map[string]any{"balance": map[string]any{"address": bob}})},
		}},
		{"hackatom release", "hackatom", request{"instantiate", alice, encode(map[string]any{"verifier": alice, "beneficiary": bob})},
			[]request{{"execute", alice, encode(map[string]any{"release": map[string]any{"denom": denom}})}}},
		{"argon2 (256 KiB, 3)", "cyberpunk", request{"instantiate", alice, []byte("{}")},
			[]request{{"execute", alice, []byte(`{"argon2":{"mem_cost":256,"time_cost":3}}`)}}},
	}
}

func person(name string) string {
	a, err := prefix.Human(fmt.Appendf(nil, "%-20.20s", name))
	if err != nil {
		panic(err) // 20 bytes are an address
	}
	return a
}

// machines are both VMs with the contracts stored, and pinned where that means something.
type machines struct {
	wasmvm    *wasmvm.VM
	end       func() error
	engine    *wasm.Engine
	checksums map[string]wasmvm.Checksum
	contracts map[string]*vm.Contract
	modules   []*wasm.Module
}

func start(ctx context.Context, codes map[string][]byte) (*machines, error) {
	o, err := oracle.New("", vm.Capabilities())
	if err != nil {
		return nil, err
	}
	engine, err := wasm.NewEngine(wasm.Options{})
	if err != nil {
		o.Close()
		return nil, err
	}
	m := &machines{o.Raw(), o.Close, engine, map[string]wasmvm.Checksum{}, map[string]*vm.Contract{}, nil}
	for name, code := range codes {
		sum, err := o.Store(code)
		if err != nil {
			return nil, fmt.Errorf("speed: %s: %w", name, err)
		}
		m.checksums[name] = sum.(wasmvm.Checksum)
		module, err := engine.Load(ctx, code, vm.Dialect())
		if err != nil {
			return nil, fmt.Errorf("speed: %s: %w", name, err)
		}
		m.modules = append(m.modules, module)
		m.contracts[name] = vm.New(module)
	}
	return m, nil
}

func (m *machines) close() error {
	for _, module := range m.modules {
		module.Close()
	}
	m.engine.Close()
	return m.end()
}
