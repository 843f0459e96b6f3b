package troupe

import "github.com/troupe-run/troupe/runtime/wasm/wasi"

// Version is the version of the ABI. A module says that it was made for it by exporting a function of the name Marker.
const Version = 1

// The names that the host looks for in a module.
const (
	Module       = "troupe" // the imports
	Marker       = "troupe_abi_1"
	markerPrefix = "troupe_abi_"
	exportAlloc  = "troupe_alloc"
	exportCall   = "troupe_call"
	exportMemory = "memory"
	exportInit   = "_initialize"
)

// Bounds of what passes between host and guest. They are part of the ABI: a guest meets the same everywhere.
const (
	// MaxTransfer bounds a key, a value, a body, an address or a text that a guest hands to an import, and an output, in
	// bytes. The limits of dispatch are mostly lower.
	MaxTransfer = 16 << 20
	// MaxItems bounds the messages, events and attributes of a response, all together.
	MaxItems = 1 << 17
	// MaxErrorCode is the longest code of an error, in bytes. A longer one is malformed.
	MaxErrorCode = 128
	// MaxErrorMessage is the longest text of an error, in bytes. What goes beyond is cut off.
	MaxErrorMessage = 4096
	// MaxLog is the longest line of the log, in bytes. What goes beyond is cut off.
	MaxLog = wasi.MaxLine
	// MaxIterators is how many iterators a call may have open at the same time. Each is worth some kilobytes of the host.
	MaxIterators = 1024
	// MaxPages is the largest memory, in pages of 64 KiB.
	MaxPages = 1024
	// MaxDepth is how deep the functions of a guest may call each other.
	MaxDepth = 1500
)

// What the host charges for its own work, in fuel, beside the gas that it costs where it is charged by gas.
const (
	// callFuel is for an import, beside the instruction that calls it.
	callFuel = wasi.CallFuel
	// byteFuel is for each byte of an input, of an output, and of what an import takes and gives.
	byteFuel = wasi.ByteFuel
	// itemFuel is for each message, event and attribute of a response.
	itemFuel = 64
	// pageFuel is for each page of memory beyond freePages that the module has at the beginning of a call. The host must
	// put back what a call changes.
	pageFuel  = 16384
	freePages = 64
)

// Texts of errors that do not depend on anything.
const (
	textBounds    = "out of bounds memory access"
	textReadOnly  = "a query cannot write"
	textNoPending = "there is no result to take"
	textNoMemory  = "the guest has no memory for its input"
)
