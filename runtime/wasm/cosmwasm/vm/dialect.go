package vm

import (
	"slices"
	"sync"

	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
)

const (
	entryMigrate = "migrate"

	// maxPages is the memory of a contract: 32 MiB.
	maxPages = 512

	// maxBytes bounds a module, uncompressed: what a chain takes by a proposal. By a transaction it takes less (S62).
	maxBytes = 3 << 20
)

// The first places in entryNames. Those of entry points follow.
const (
	entryAllocate = iota
	entryDeallocate
	entryPoints
)

// entryNames are the exports that the host calls, Dialect.Entry. The entry points are sorted.
var entryNames = [...]string{
	entryAllocate:   "allocate",
	entryDeallocate: "deallocate",
	"execute",
	"ibc2_packet_ack",
	"ibc2_packet_receive",
	"ibc2_packet_send",
	"ibc2_packet_timeout",
	"ibc_channel_close",
	"ibc_channel_connect",
	"ibc_channel_open",
	"ibc_destination_callback",
	"ibc_packet_ack",
	"ibc_packet_receive",
	"ibc_packet_timeout",
	"ibc_source_callback",
	"instantiate",
	entryMigrate,
	"query",
	"reply",
	"sudo",
}

// entryOf returns the place of an entry point, or -1 if there is none of the name.
func entryOf(name string) int {
	i := slices.Index(entryNames[entryPoints:], name)
	if i < 0 {
		return -1
	}
	return entryPoints + i
}

// Dialect returns the dialect: what a contract may be, what it costs, and what the host does for it. It is the same value
// each time.
func Dialect() *wasm.Dialect { return dialect() }

var dialect = sync.OnceValue(func() *wasm.Dialect {
	return &wasm.Dialect{
		Name:     "cosmwasm",
		Version:  1,
		Rules:    rules(),
		Check:    func(m *binary.Module) error { return asError(check(m)) },
		Gas:      gasTable(),
		MaxPages: maxPages,
		Depth:    instrument.MaxDepth,
		Host:     hostFunctions(),
		Entry:    entryNames[:],
	}
})

// gasTable is the metering of the reference VM (2.5, 2.6). It charges nothing for the pages that memory.grow adds.
func gasTable() instrument.Table {
	t := instrument.Table{
		Name:       "cosmwasm-3.0",
		Branch:     gasBranch - gasOperation,
		Local:      gasOperation,
		FreeLocals: freeLocals,
		BulkByte:   gasOperation,
		Exact:      true,
	}
	for op := range t.Cost {
		t.Cost[op] = gasOperation
	}
	for op := range t.Misc {
		t.Misc[op] = gasOperation
	}
	return t
}

// Capabilities returns what a contract may require of this host (S66), sorted.
func Capabilities() []string { return slices.Clone(capabilities[:]) }

var capabilities = [...]string{
	"cosmwasm_1_1", "cosmwasm_1_2", "cosmwasm_1_3", "cosmwasm_1_4", "cosmwasm_2_0", "cosmwasm_2_1", "cosmwasm_2_2",
	"cosmwasm_3_0", "ibc2", "iterator", "staking", "stargate",
}
