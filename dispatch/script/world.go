package script

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/txn"
)

// Partition is the one that a World uses.
const Partition = state.Partition(1)

// A World is a dispatcher and the state that its transactions leave, without an executor: what a test sees of it is the
// algebra alone.
type World struct {
	T     testing.TB
	Store *state.Store
	Part  *txn.Partition
	D     dispatch.Dispatcher
	code  codes
	seq   uint64
	trace dispatch.Trace // of the last transaction
}

// codes is a resolver.
type codes map[actor.ModuleID]dispatch.Code

func (c codes) Resolve(id actor.ModuleID, _ state.Hash) (dispatch.Code, bool) {
	code, ok := c[id]
	return code, ok
}

// freeFuel makes instructions of WebAssembly cost nothing, so that puppets of all kinds cost the same.
const freeFuel = 1 << 62

// New returns an empty world in which nothing costs gas but what actors use on purpose.
func New(t testing.TB) *World {
	t.Helper()
	store, err := state.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	w := &World{T: t, Store: store, Part: txn.NewPartition(store, 1<<20), code: codes{}}
	w.D = dispatch.Dispatcher{Partition: Partition, Resolver: w.code, Gas: &dispatch.Gas{Fuel: freeFuel}}
	return w
}

// Bind makes a module known to the state and to the host.
func (w *World) Bind(id actor.ModuleID, code dispatch.Code) {
	w.code[id] = code
	tx := w.Part.Begin()
	record := state.Module{ID: id, Kind: "native"}
	tx.Set(Partition.AppendModule(nil, id), record.Append(nil))
	tx.Commit()
}

// Send runs a transaction and keeps what it did if it may commit.
func (w *World) Send(ctx context.Context, sender actor.Address, msg actor.Message) dispatch.Result {
	cmd := &state.Command{Op: state.OpMessage, Sequence: w.seq + 1, Time: int64(w.seq+1) * int64(time.Second), Sender: sender, Message: msg}
	binary.BigEndian.PutUint64(cmd.Seed[:], w.seq+1)
	tx := w.Part.Begin()
	defer tx.Rollback()
	res := w.D.Run(ctx, tx, cmd, &w.trace)
	if res.Fault == nil {
		w.seq++
	}
	if res.Fault == nil && res.Err == nil {
		tx.Commit()
	}
	return res
}

// Query asks an actor from outside.
func (w *World) Query(to actor.Address, body []byte) dispatch.Result {
	tx := w.Part.Begin()
	defer tx.Rollback()
	return w.D.Query(w.T.Context(), tx, state.Head{Sequence: w.seq, Time: int64(w.seq) * int64(time.Second)}, to, body)
}

// Actors calls fn for each actor in the order of addresses, with its keys.
func (w *World) Actors(fn func(addr actor.Address, record state.Actor, pairs [][2]string)) {
	tx := w.Part.Begin()
	defer tx.Rollback()
	lo, hi := Partition.Bounds(state.Actors)
	it := tx.Range(lo, hi, false)
	for it.Next() {
		record, err := state.DecodeActor(it.Value())
		if err != nil {
			continue // a script has damaged it
		}
		prefix := Partition.AppendStatePrefix(nil, record.Number)
		var pairs [][2]string
		for own := tx.Range(prefix, actor.PrefixEnd(prefix), false); own.Next(); {
			pairs = append(pairs, [2]string{string(own.Key()[len(prefix):]), string(own.Value())})
		}
		fn(actor.Address(it.Key()[len(lo):]), record, pairs)
	}
	if tx.Err() != nil {
		w.T.Fatal(tx.Err())
	}
}

// Orphans returns how many state keys belong to no actor. It is 0 in a sound world.
func (w *World) Orphans() (n int) {
	w.Actors(func(_ actor.Address, _ state.Actor, pairs [][2]string) { n -= len(pairs) })
	tx := w.Part.Begin()
	defer tx.Rollback()
	lo, hi := Partition.Bounds(state.State)
	for it := tx.Range(lo, hi, false); it.Next(); n++ {
	}
	return n
}

// StateText shows the keys of all actors, a line for each actor that has some.
func (w *World) StateText() string {
	var b strings.Builder
	w.Actors(func(addr actor.Address, _ state.Actor, pairs [][2]string) {
		if len(pairs) == 0 {
			return
		}
		fmt.Fprintf(&b, "  %s:", addr)
		for _, pair := range pairs {
			fmt.Fprintf(&b, " %s=%s", word(pair[0]), word(pair[1]))
		}
		b.WriteByte('\n')
	})
	return b.String()
}
