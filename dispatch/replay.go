package dispatch

import (
	"context"
	"fmt"

	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/txn"
)

// A Replay executes commands that a log holds once more, into a store of its own. It belongs to one goroutine.
type Replay struct {
	store   *state.Store
	machine machine
	journal journal
	batch   *state.Batch
}

// replayGroup is how many commands are applied together.
const replayGroup = 256

// NewReplay returns a replay that goes on behind the last transaction in the store: from the beginning if it is empty,
// else from the state of a checkpoint. The Resolver must have the code that the commands install, which is in them, and
// that the store has: see state.Partition.ReadCode. The store should not be synced for each step: keep it in memory.
func NewReplay(store *state.Store, d Dispatcher) (*Replay, error) {
	r := &Replay{store: store, machine: newMachine(d, txn.NewPartition(store, 64<<20))}
	head, _, err := d.Partition.ReadHead(store)
	if err != nil {
		return nil, err
	}
	r.journal = journal{partition: d.Partition, head: head}
	if r.machine.d.installed, err = readInstalled(store, d.Partition); err != nil {
		return nil, err
	}
	b, ok, err := store.Get(d.Partition.AppendMeta(nil, configName))
	if err != nil || !ok {
		return r, err
	}
	config, err := DecodeConfig(b)
	if err == nil {
		r.machine.adopt(config)
	}
	return r, err
}

// Step executes the next command and returns the receipt that it leaves now. If trace is not nil it is filled.
func (r *Replay) Step(ctx context.Context, cmd *state.Command, trace *Trace) (*state.Receipt, error) {
	if next := r.journal.head.Sequence + 1; cmd.Sequence != next {
		return nil, fmt.Errorf("dispatch: replay wants transaction %d, the log has %d", next, cmd.Sequence)
	}
	done := r.machine.step(ctx, cmd, trace)
	if done.result.Fault != nil {
		return nil, fmt.Errorf("dispatch: replay of transaction %d: %w", cmd.Sequence, done.result.Fault)
	}
	if r.batch == nil {
		r.batch = r.store.NewBatch()
	}
	receipt := r.journal.add(r.batch, []executed{done})[0]
	if cmd.Sequence%replayGroup == 0 {
		return receipt, r.Flush()
	}
	return receipt, nil
}

// Flush applies what was executed to the store.
func (r *Replay) Flush() error {
	if r.batch == nil {
		return nil
	}
	r.journal.close(r.batch)
	pending, err := r.store.Apply(r.batch)
	r.batch = nil
	if err != nil {
		return err
	}
	group := r.machine.part.Group()
	r.machine.part.Seal()
	r.machine.part.Applied(group)
	return pending.Wait()
}

// Head returns the last transaction that was executed.
func (r *Replay) Head() state.Head { return r.journal.head }
