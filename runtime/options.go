package runtime

import (
	"log/slog"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/state"
)

// Options configure a host. The zero value, and nil, mean the defaults. Open copies it.
type Options struct {
	// Limits bound transactions. If they are zero, those that the log of the directory holds stay in force; otherwise
	// the log gets these. Zero fields mean the defaults of package dispatch.
	Limits dispatch.Limits
	// Gas is the price list, under the same rule; dispatch.DefaultGas if the log has none.
	Gas *dispatch.Gas
	// Authorize may refuse messages; see dispatch.Dispatcher. Nil allows all.
	Authorize func(dispatch.Access) error
	// Policy may refuse to let actors with claims and providers start, and their invocations, beside what claims and links
	// allow. It must be a function of what it is asked alone. Nil allows all.
	Policy capability.Policy
	// Executor configures order, grouping and memory. Its OnFault is the host's own and ignored here.
	Executor dispatch.Options
	// Store configures the storage. Its OnFault is the host's own and ignored here.
	Store state.Options
	// Wasm configures the engine that runs WebAssembly. Calls that run for long are reported to the Logger unless it says
	// something else.
	Wasm wasm.Options
	// Engine, if not nil, takes its place. It is the caller's to close, behind the host.
	Engine *Engine
	// Chain makes the host one that contracts of CosmWasm feel at home on: it binds the bank and the keeper of contracts
	// under their names, lets funds go with messages, and gives contracts addresses as a chain does; see StoreCode. It
	// must be the same whenever the directory is opened. Nil: contracts are actors as others, with names for addresses,
	// and nobody has funds.
	Chain *cosmwasm.Chain
	// Around, if not nil, is given the actors of each module that is installed, and returns what runs in their place: a
	// test lets calls fail by it. They must do the same whenever a transaction is executed again.
	Around func(actor.Actor) actor.Actor
	// Lazy leaves code that is installed until it is first used. Otherwise the host begins to make it run in the
	// background when it is opened.
	Lazy bool
	// ReadOnly opens a directory that nobody else has open to look at it. Nothing can be sent.
	ReadOnly bool
	// Logger is told about the life of the host and what went wrong in it; nobody if nil.
	Logger *slog.Logger

	// loader, if not nil, takes the place of any engine.
	loader loader
}
