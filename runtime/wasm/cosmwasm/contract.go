package cosmwasm

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/bank"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// Kind is the kind of modules that are contracts.
const Kind = "cosmwasm"

// Contract runs the actors of one module that is a contract of CosmWasm.
type Contract struct {
	vm    *vm.Contract
	chain *Chain
	name  actor.ModuleID
	idle  sync.Pool // of *call
}

var (
	_ actor.Instantiator = (*Contract)(nil)
	_ actor.Replier      = (*Contract)(nil)
	_ actor.Querier      = (*Contract)(nil)
	_ actor.Migrator     = (*Contract)(nil)
	_ actor.Sudoer       = (*Contract)(nil)
	_ dispatch.Coder     = (*Contract)(nil)
)

// New returns the actor that a module is. The name, under which it is installed, stands in errors. m must have been loaded
// with vm.Dialect, and stay open as long as the actor is used.
func New(m *wasm.Module, name actor.ModuleID, chain *Chain) *Contract {
	return &Contract{vm: vm.New(m), chain: chain, name: name}
}

// Code implements dispatch.Coder.
func (c *Contract) Code() dispatch.Code { return dispatch.Code{Payable: true, Wrap: wrap} }

// Execute implements actor.Actor.
func (c *Contract) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return c.write(ctx, env, actor.KindExecute, &msg)
}

// Instantiate implements actor.Instantiator. What the keeper itself asks for, and not in the name of somebody, is an import.
func (c *Contract) Instantiate(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	if c.chain.isKeeper(env.Sender) {
		return take(env.State, msg.Body)
	}
	return c.write(ctx, env, actor.KindInstantiate, &msg)
}

// Sudo implements actor.Sudoer.
func (c *Contract) Sudo(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return c.write(ctx, env, actor.KindSudo, &msg)
}

// write runs an entry point with a message: with info, unless it is sudo (S34).
func (c *Contract) write(ctx context.Context, env *actor.Env, kind actor.Kind, msg *actor.Message) (actor.Response, error) {
	if !json.Valid(msg.Body) {
		return actor.Response{}, errInvalidMsg()
	}
	k := c.begin(ctx, kind, env)
	defer c.end(k)
	k.setEnv(env.Self, env.Sequence, env.Time.UnixNano(), &env.Seed)
	if kind == actor.KindSudo {
		return k.respond(k.envArg(), msg.Body)
	}
	funds, err := bank.ParseCoins(wireCoins(msg.Funds))
	if err != nil {
		return actor.Response{}, err
	}
	return k.respond(k.envArg(), k.infoArg(env.Sender, funds.Wire()), msg.Body)
}

// Migrate implements actor.Migrator. The keeper asks for it in the name of the admin; asked by anybody else, which a host
// without a keeper allows, the body is the message itself and the code before is one without a version.
func (c *Contract) Migrate(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	order := migrateOrder{Sender: env.Sender, Msg: msg.Body}
	if c.chain.isKeeper(env.Sender) {
		order = migrateOrder{}
		if err := json.Unmarshal(msg.Body, &order); err != nil {
			return actor.Response{}, actor.Errorf(actor.CodeMalformed, "a migration: %v", err)
		}
		if order.Import != nil {
			return take(env.State, msg.Body)
		}
	}
	if order.Old != nil && order.New != nil && *order.Old == *order.New {
		return actor.Response{}, nil // rule S15
	}
	k := c.begin(ctx, actor.KindMigrate, env)
	defer c.end(k)
	k.setEnv(env.Self, env.Sequence, env.Time.UnixNano(), &env.Seed)
	return k.respond(k.envArg(), order.Msg, k.migrateArg(&wire.MigrateInfo{Sender: string(order.Sender), OldMigrateVersion: order.Old}))
}

// Reply implements actor.Replier.
func (c *Contract) Reply(ctx context.Context, env *actor.Env, reply actor.Reply) (actor.Response, error) {
	k := c.begin(ctx, actor.KindReply, env)
	defer c.end(k)
	k.setEnv(env.Self, env.Sequence, env.Time.UnixNano(), &env.Seed)
	arg, err := k.replyArg(&reply)
	if err != nil {
		return actor.Response{}, err
	}
	return k.respond(k.envArg(), arg)
}

// Query implements actor.Querier.
func (c *Contract) Query(ctx context.Context, view *actor.View, body []byte) ([]byte, error) {
	if !json.Valid(body) {
		return nil, actor.Errorf(CodeInvalid, "json msg: invalid")
	}
	k := c.take(ctx, actor.KindQuery, view.Self, view.Services)
	defer c.end(k)
	k.reader = view.State
	k.setEnv(view.Self, view.Sequence, view.Time.UnixNano(), nil)
	answer, err := k.run(k.envArg(), body)
	if err != nil {
		return nil, err
	}
	result, err := wire.DecodeQueryResult(answer)
	if err != nil {
		return nil, actor.Errorf(CodeVM, "cannot deserialize the answer of the contract: %v", err)
	}
	if result.Err != "" {
		return nil, failed(actor.KindQuery, result.Err)
	}
	return append([]byte{}, result.Ok...), nil
}

// begin takes a call that may write.
func (c *Contract) begin(ctx context.Context, kind actor.Kind, env *actor.Env) *call {
	k := c.take(ctx, kind, env.Self, env.Services)
	k.reader, k.writer = env.State, env.State
	return k
}

func (c *Contract) take(ctx context.Context, kind actor.Kind, self actor.Address, services actor.Services) *call {
	k, ok := c.idle.Get().(*call)
	if !ok {
		k = &call{contract: c}
		k.vm.Host, k.vm.Debug = k, k.print
	}
	k.running = running{ctx: ctx, kind: kind, self: self, services: services, native: c.chain.native(self)}
	k.meter.open(services)
	return k
}

// end leaves nothing of the call, however it ended: it also runs when a panic of the host ends it.
func (c *Contract) end(k *call) {
	k.running = running{}
	k.meter = meter{}
	k.vm.Args = k.args[:0]
	c.idle.Put(k)
}

// call is one entry point on its way. The memory in it is used again for the next.
type call struct {
	running
	contract *Contract
	meter    meter
	vm       vm.Call
	args     [3][]byte
	scratch  struct{ env, info, other []byte }
	answer   []byte // of a query
}

// running is what a call knows and forgets when it has ended.
type running struct {
	ctx      context.Context
	kind     actor.Kind
	self     actor.Address
	services actor.Services
	reader   actor.Reader
	writer   actor.State // nil in a query
	native   bool
	env      wire.Env
	// transaction is where env points to.
	transaction wire.TransactionInfo
}

func (k *call) print(text string) { k.services.Log(text) }

func (k *call) setEnv(self actor.Address, sequence uint64, at int64, seed *[32]byte) {
	chain := k.contract.chain
	k.env = wire.Env{
		Block:    wire.BlockInfo{Height: chain.FirstHeight + sequence, Time: uint64(at), ChainID: chain.id()},
		Contract: wire.ContractInfo{Address: string(self)},
	}
	if seed != nil {
		// Each transaction is a block of its own. What identifies it is its randomness.
		k.transaction.Hash = seed[:]
		k.env.Transaction = &k.transaction
	}
}

func (k *call) envArg() []byte {
	k.scratch.env = wire.AppendEnv(k.scratch.env[:0], &k.env)
	return k.scratch.env
}

func (k *call) infoArg(sender actor.Address, funds []wire.Coin) []byte {
	k.scratch.info = wire.AppendInfo(k.scratch.info[:0], &wire.Info{Sender: string(sender), Funds: funds})
	return k.scratch.info
}

func (k *call) migrateArg(info *wire.MigrateInfo) []byte {
	k.scratch.other = wire.AppendMigrateInfo(k.scratch.other[:0], info)
	return k.scratch.other
}

// respond runs an entry point that may write, and returns what it wants.
func (k *call) respond(args ...[]byte) (actor.Response, error) {
	answer, err := k.run(args...)
	if err != nil {
		return actor.Response{}, err
	}
	result, err := wire.DecodeResult(answer)
	if err != nil {
		return actor.Response{}, actor.Errorf(CodeVM, "cannot deserialize the answer of the contract: %v", err)
	}
	if text, bad := result.Failed(); bad {
		return actor.Response{}, failed(k.kind, text)
	}
	k.meter.emitted(result.Ok.Attributes, result.Ok.Events)
	return k.response(result.Ok)
}

// run calls the contract. The error is an *actor.Error.
func (k *call) run(args ...[]byte) ([]byte, error) {
	k.vm.Entry, k.vm.ReadOnly, k.vm.Gas = k.kind.String(), k.kind == actor.KindQuery, k.meter.limit
	k.vm.Args = append(k.args[:0], args...)
	answer, used, err := k.contract.vm.Run(k.ctx, &k.vm)
	k.meter.settle(used.Used)
	if err == nil {
		if poor := k.meter.answered(len(answer)); poor != nil {
			return nil, poor
		}
		return answer, nil
	}
	var broke *vm.Error
	switch {
	case errors.As(err, &broke) && broke.Kind == vm.OutOfGas:
		k.meter.exhaust()
		return nil, actor.Errorf(actor.CodeOutOfGas, "%s", broke.Text)
	case errors.As(err, &broke):
		return nil, actor.Errorf(CodeVM, "Error calling the VM: %s", broke.Text)
	}
	if f, ok := k.services.(faulty); ok {
		f.Fault(err)
	}
	return nil, err
}

// faulty are services that take note of what is not the contract's fault, and do not return then: dispatch does.
type faulty interface{ Fault(err error) }

func wireCoins(list []actor.Coin) []wire.Coin {
	if len(list) == 0 {
		return nil
	}
	coins := make([]wire.Coin, len(list))
	for i, c := range list {
		coins[i] = wire.Coin(c)
	}
	return coins
}
