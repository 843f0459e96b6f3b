package bench

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/txn"
)

// SubmessageCost is what one sub-message to a native actor costs, with its savepoint, a write of eight bytes in it, and
// its reply.
type SubmessageCost struct {
	// Depth is how deep in the tree its sender is; the root has 1.
	Depth  int     `json:"depth"`
	NS     float64 `json:"ns"`
	Allocs float64 `json:"allocs"`
}

// RollbackCost is what one sub-message costs that writes eight bytes and fails, with the rollback and the reply.
type RollbackCost struct {
	// WrittenBefore is how many keys the transaction had written when the sub-message began.
	WrittenBefore int     `json:"written_before"`
	NS            float64 `json:"ns"`
}

// A fan is what the actor caller does: it goes levels deep, writes so many keys, and then sends so many sub-messages.
type fan struct {
	levels   byte
	fails    bool
	before   uint32
	messages uint32
}

func (f fan) encode() []byte {
	body := []byte{f.levels, 0}
	if f.fails {
		body[1] = 1
	}
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(body, f.before), f.messages)
}

// caller sends sub-messages.
type caller struct{}

// Execute implements actor.Actor.
func (caller) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	if len(msg.Body) != 10 {
		return actor.Response{}, actor.Errorf(actor.CodeMalformed, "a message has 10 bytes")
	}
	f := fan{msg.Body[0], msg.Body[1] == 1, binary.BigEndian.Uint32(msg.Body[2:]), binary.BigEndian.Uint32(msg.Body[6:])}
	if f.levels > 1 {
		f.levels--
		return actor.Response{Messages: []actor.SubMsg{{Msg: actor.Message{To: env.Self, Body: f.encode()}}}}, nil
	}
	for i := range f.before {
		put(env.State, bookKey(int(i)), 1)
	}
	messages := make([]actor.SubMsg, f.messages)
	for i := range messages {
		messages[i] = actor.SubMsg{ID: uint64(i), ReplyOn: actor.ReplyAlways, Msg: actor.Message{To: "callee", Body: msg.Body[1:2]}}
	}
	return actor.Response{Messages: messages}, nil
}

// Reply implements actor.Replier.
func (caller) Reply(context.Context, *actor.Env, actor.Reply) (actor.Response, error) {
	return actor.Response{}, nil
}

// callee writes, and fails if it is told to.
type callee struct{}

var errRefused = &actor.Error{Code: "refused"}

// Execute implements actor.Actor.
func (callee) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	put(env.State, countKey, 1)
	if msg.Body[0] == 1 {
		return actor.Response{}, errRefused
	}
	return actor.Response{}, nil
}

// A core is the dispatcher on a partition: no executor, no disk.
type core struct {
	store      *state.Store
	part       *txn.Partition
	dispatcher dispatch.Dispatcher
	sequence   uint64
}

// codes are the actors that a core can run.
type codes map[actor.ModuleID]actor.Actor

// Resolve implements dispatch.Resolver.
func (c codes) Resolve(id actor.ModuleID, _ state.Hash) (dispatch.Code, bool) {
	a, ok := c[id]
	return dispatch.Code{Actor: a}, ok
}

func newCore(actors codes) (*core, error) {
	store, err := state.Open("", nil)
	if err != nil {
		return nil, err
	}
	c := &core{store: store, part: txn.NewPartition(store, 64<<20), dispatcher: dispatch.Dispatcher{Partition: partition, Resolver: actors}}
	tx := c.part.Begin()
	for id := range actors {
		m := state.Module{ID: id, Kind: "native"}
		tx.Set(partition.AppendModule(nil, id), m.Append(nil))
	}
	tx.Commit()
	return c, nil
}

// send runs one transaction.
func (c *core) send(ctx context.Context, from actor.Address, msg actor.Message) error {
	c.sequence++
	cmd := state.Command{Op: state.OpMessage, Sequence: c.sequence, Sender: from, Message: msg}
	tx := c.part.Begin()
	defer tx.Rollback()
	result := c.dispatcher.Run(ctx, tx, &cmd, nil)
	if result.Fault != nil || result.Err != nil {
		return fmt.Errorf("a transaction failed: %w", cmp.Or[error](result.Fault, result.Err))
	}
	tx.Commit()
	return nil
}

// applied ends a group. The store never gets it; the cache has what the next transactions need.
func (c *core) applied() {
	group := c.part.Group()
	c.part.Seal()
	c.part.Applied(group)
}

// fan times one transaction.
func (c *core) fan(ctx context.Context, f fan) (time.Duration, error) {
	begun := time.Now()
	err := c.send(ctx, "bench", actor.Message{To: "caller", Body: f.encode()})
	took := time.Since(begun)
	c.applied()
	return took, err
}

// inOne is how many sub-messages are in one transaction.
const inOne = 10_000

// cost is the median time of one sub-message: that of a transaction with many, without that of one with none just before.
func (c *core) cost(ctx context.Context, f fan, d time.Duration) (ns float64, spent usage, n uint64, err error) {
	var each []float64
	err = spent.measure(func() error {
		for begun := time.Now(); time.Since(begun) < d || n == 0; n += inOne {
			f.messages = 0
			alone, err := c.fan(ctx, f)
			if err != nil {
				return err
			}
			f.messages = inOne
			took, err := c.fan(ctx, f)
			if err != nil {
				return err
			}
			each = append(each, float64(took-alone)/inOne)
		}
		return nil
	})
	return median(each), spent, n, err
}

// runSubmessage is the workload submessage. It measures the core without executor and disk; a transaction of the result
// is a sub-message at depth 1.
func runSubmessage(ctx context.Context, c Config, p *progress) (result Result, err error) {
	c.Dir, c.Clients = "", 1
	bench, err := newCore(codes{"caller": caller{}, "callee": callee{}})
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, bench.store.Close()) }()
	depths, before := []int{1, 8, 32}, []int{0, 10_000}
	each := c.Duration / time.Duration(len(depths)+len(before))
	result = newResult(c)
	if _, err := bench.fan(ctx, fan{messages: 1}); err != nil { // the actors come into being
		return Result{}, err
	}
	for _, depth := range depths {
		p.show("submessage: at depth %d", depth)
		ns, spent, n, err := bench.cost(ctx, fan{levels: byte(depth)}, each)
		if err != nil {
			return Result{}, err
		}
		result.Submessages = append(result.Submessages, SubmessageCost{depth, ns, ratio(float64(spent.objects), float64(n))})
		if result.Tx == 0 {
			result.Tx, result.TxPerS = n, ratio(1e9, ns)
			result.spent(spent)
		}
	}
	for _, k := range before {
		p.show("submessage: rollback after %d writes", k)
		ns, _, _, err := bench.cost(ctx, fan{levels: 1, fails: true, before: uint32(k)}, each)
		if err != nil {
			return Result{}, err
		}
		result.Rollbacks = append(result.Rollbacks, RollbackCost{k, ns})
	}
	return result, nil
}
