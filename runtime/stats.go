package runtime

import (
	"encoding/json"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/state"
)

// Stats are what the parts of a host tell about themselves. Counters count from Open.
type Stats struct {
	Executor dispatch.Stats
	Store    state.Metrics
	// Wasm is that of the engine, which other hosts may share.
	Wasm wasm.Stats
	// Calls are those of actors, by module, queries included. What is executed again does not count.
	Calls map[actor.ModuleID]uint64
	// Claimed are the tallies of modules with claims, which are the addresses of their actors.
	Claimed map[actor.ModuleID]Tally
}

// Stats returns the figures of now.
func (h *Host) Stats() Stats {
	s := Stats{Executor: h.executor.Stats(), Store: h.store.Metrics(), Calls: h.modules.counts(), Claimed: h.modules.tallies()}
	if engine, ok := h.modules.loader.(interface{ Stats() wasm.Stats }); ok {
		s.Wasm = engine.Stats()
	}
	return s
}

// Schema returns the messages that actors of a module take, as JSON of a typed.Description, nil if its code does not
// tell: a Go value that is bound, and has the method Describe of *typed.Actor, does.
func (h *Host) Schema(module actor.ModuleID) []byte {
	code, ok := h.modules.find(module, state.Hash{})
	if !ok {
		return nil
	}
	describer, ok := code.Actor.(interface{ Describe() typed.Description })
	if !ok {
		return nil
	}
	text, err := json.Marshal(describer.Describe())
	if err != nil {
		return nil
	}
	return text
}

// Binds reports whether the code of a module is a Go value that the host has.
func (h *Host) Binds(module actor.ModuleID) bool {
	_, ok := h.modules.find(module, state.Hash{})
	return ok
}

// Textual reports whether actors of a module are known to speak no CBOR, so that what can be read as text is text: those of
// a Go value that does not describe its messages, and is not the host's own.
func (h *Host) Textual(module actor.ModuleID) bool {
	switch actor.Address(module) {
	case access.Address, cosmwasm.KeeperAddress, cosmwasm.BankAddress:
		return false
	}
	return h.Binds(module) && h.Schema(module) == nil
}
