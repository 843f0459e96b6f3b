package dispatch

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/txn"
)

// Config is the part of the configuration that decides outcomes. A change of it is a command in the log.
type Config struct {
	Limits Limits `json:"limits"`
	Gas    Gas    `json:"gas"`
}

// configName is the name of the meta row that holds the Config.
const configName = "config"

// Encode returns the one encoding of c, with all defaults filled in. DefaultFuel is left out, because it was before there
// was anything that burns fuel.
func (c Config) Encode() []byte {
	c.Limits = c.Limits.withDefaults()
	if c.Gas.Fuel == DefaultFuel {
		c.Gas.Fuel = 0
	}
	b, err := json.Marshal(c)
	if err != nil {
		panic("dispatch: a Config holds numbers only: " + err.Error())
	}
	return b
}

// DecodeConfig is the inverse of Config.Encode.
func DecodeConfig(b []byte) (c Config, err error) {
	if err = json.Unmarshal(b, &c); err != nil {
		return Config{}, fmt.Errorf("dispatch: the configuration cannot be read: %w", err)
	}
	return c, nil
}

// A machine executes commands one after another, as the log has them. The executor and a replay share it: what is here
// depends on the commands and the state alone. It belongs to one goroutine.
type machine struct {
	d    Dispatcher
	part *txn.Partition
	run  run // the memory of the command that is being executed
}

func newMachine(d Dispatcher, part *txn.Partition) machine {
	return machine{d: d, part: part, run: run{strangers: strangers{}}}
}

// An executed command, before it has a receipt.
type executed struct {
	cmd    *state.Command
	result Result
	writes []txn.Write
	// program is the code that it has installed, if any.
	program *program
}

// size is about how many bytes the command adds to its group: what it writes, what the log and the receipt hold of it, and what
// people are to be told.
func (e *executed) size() (n int) {
	n = len(e.cmd.Message.Body) + len(e.result.Data)
	for i := range e.writes {
		n += 2 * len(e.writes[i].Value) // the receipt has it, too
	}
	for i := range e.result.Events {
		for _, a := range e.result.Events[i].Attributes {
			n += len(a.Key) + len(a.Value)
		}
	}
	for i := range e.result.Said {
		n += len(e.result.Said[i].Text)
	}
	for i := range e.cmd.Answers {
		n += len(e.cmd.Answers[i].Data)
	}
	if e.program != nil {
		n += len(e.program.code)
	}
	return n
}

// step executes cmd. If the host failed nothing has changed and result.Fault says why; otherwise the next step sees
// what this one has written.
func (m *machine) step(ctx context.Context, cmd *state.Command, trace *Trace) executed {
	tx := m.part.Begin()
	defer tx.Rollback()
	var result Result
	var installed *program
	switch cmd.Op {
	case state.OpBind:
		result = m.bind(tx, cmd)
	case state.OpInstall:
		result, installed = m.install(ctx, tx, cmd, trace)
	case state.OpConfigure:
		result = m.configure(tx, cmd)
	default:
		result = m.run.message(ctx, &m.d, tx, cmd, trace)
	}
	done := executed{cmd: cmd, result: result}
	if result.Fault == nil && result.Err == nil {
		done.writes, done.program = tx.Writes(), installed
		tx.Commit()
		if installed != nil {
			m.d.installed = installed.installed
		}
	}
	return done
}

// bind records that a module is there from here on.
func (m *machine) bind(tx *txn.Tx, cmd *state.Command) Result {
	id := cmd.Message.Module
	if err := actor.Address(id).Validate(); err != nil {
		return Result{Err: actor.AsError(err)}
	}
	if refused := m.control(tx, cmd); refused != nil {
		return Result{Err: refused, Fault: tx.Err()}
	}
	if _, ok := m.d.installed[id]; ok {
		return Result{Err: installedAlready(id)}
	}
	record := state.Module{ID: id, Kind: string(cmd.Message.Body), Bound: cmd.Sequence}
	tx.Set(m.d.Partition.AppendModule(nil, id), record.Append(nil))
	m.run.strangers.forgetAll()
	return Result{Fault: tx.Err()}
}

func installedAlready(id actor.ModuleID) *actor.Error {
	return actor.Errorf(actor.CodeAlreadyExists, "module %q is installed, it cannot be bound as well", string(id))
}

// dispatcher returns what answers queries on the state as it is now.
func (m *machine) dispatcher() *Dispatcher {
	d := m.d
	return &d
}

func (m *machine) configure(tx *txn.Tx, cmd *state.Command) Result {
	if refused := m.control(tx, cmd); refused != nil {
		return Result{Err: refused, Fault: tx.Err()}
	}
	config, err := DecodeConfig(cmd.Message.Body)
	if err != nil {
		return Result{Err: actor.Errorf(actor.CodeMalformed, "the configuration cannot be read")}
	}
	tx.Set(m.d.Partition.AppendMeta(nil, configName), cmd.Message.Body)
	if tx.Err() == nil {
		m.adopt(config)
	}
	return Result{Fault: tx.Err()}
}

func (m *machine) adopt(c Config) { m.d.Limits, m.d.Gas = c.Limits, &c.Gas }

// receipt returns what the command left, without its hashes.
func (e *executed) receipt() *state.Receipt {
	r := &state.Receipt{
		Sequence: e.cmd.Sequence, RequestID: e.cmd.RequestID, Err: e.result.Err, Path: e.result.Path, Callee: e.result.Callee,
		Data: e.result.Data, Events: e.result.Events, GasUsed: e.result.GasUsed, Messages: e.result.Messages,
	}
	if len(e.writes) == 0 {
		return r
	}
	r.Changes = make([]state.Change, len(e.writes))
	for i, w := range e.writes {
		r.Changes[i] = state.Change{Key: w.Key[partitionLen:], Value: w.Value, Deleted: w.Deleted}
	}
	return r
}

// partitionLen is the length of what stands before the space in a stored key.
const partitionLen = 2
