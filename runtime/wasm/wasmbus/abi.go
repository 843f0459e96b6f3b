package wasmbus

import (
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/wasm/wasi"
)

// The modules that guests import the functions from. Those that import from the older one speak as actors did up to 0.18.
const (
	Module    = "wasmbus"
	ModuleOld = "wapc"
)

// The exports that the host looks for.
const (
	exportCall   = "__guest_call"
	exportMemory = "memory"
)

// inits are run once, when a module is loaded: those that there are, in this order.
var inits = []string{"_initialize", "_start", "wapc_init"}

// Bounds of what passes between host and guest: a guest meets the same everywhere.
const (
	// MaxTransfer bounds a payload, in bytes, in either direction. The limits of dispatch are mostly lower.
	MaxTransfer = 16 << 20
	// MaxName is the longest name of a link, a contract or an operation that a guest may give, in bytes.
	MaxName = capability.MaxWord
	// MaxErrorMessage is the longest text of an error, in bytes. What goes beyond is cut off.
	MaxErrorMessage = 4096
	// MaxLog is the longest line of the log, in bytes. What goes beyond is cut off.
	MaxLog = wasi.MaxLine
	// MaxPages is the largest memory, in pages of 64 KiB.
	MaxPages = 2048
	// MaxDepth is how deep the functions of a guest may call each other.
	MaxDepth = 1500
)

// What the host charges for its own work, in fuel, beside the gas that it costs where it is charged by gas.
const (
	// callFuel is for an import, beside the instruction that calls it.
	callFuel = wasi.CallFuel
	// byteFuel is for each byte that an import takes or gives.
	byteFuel = wasi.ByteFuel
	// pageFuel is for each page of memory beyond freePages that the module has at the beginning of a call. The host must
	// put back what a call changes.
	pageFuel  = 16384
	freePages = 64
)

// Texts of errors that do not depend on anything.
const textBounds = "out of bounds memory access"
