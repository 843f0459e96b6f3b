//go:build cgo

package oracle

import (
	"os"
	"unsafe"

	wasmvm "github.com/CosmWasm/wasmvm/v3"
	"github.com/CosmWasm/wasmvm/v3/types"
)

// The public functions of wasmvm return results that are decoded from JSON already, and take arguments that it encodes.
// To compare the bytes that contracts are given and give, the functions below are reached by their names in the
// linker. They and the layouts here are those of wasmvm v3.0.7, which go.mod pins; TestRaw compares them with the
// public functions.

// cache has the layout of api.Cache.
type cache struct {
	ptr      unsafe.Pointer
	lockfile os.File
}

// cacheOf returns the first field of the VM.
func cacheOf(vm *wasmvm.VM) cache { return *(*cache)(unsafe.Pointer(vm)) }

// call is the signature of the entry points without an info.
type call = func(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

// callWith is the signature of the entry points with three arguments.
type callWith = func(c cache, checksum, env, second, third []byte, meter *types.GasMeter, store types.KVStore,
	api *types.GoAPI, querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawInstantiate github.com/CosmWasm/wasmvm/v3/internal/api.Instantiate
func rawInstantiate(c cache, checksum, env, second, third []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawExecute github.com/CosmWasm/wasmvm/v3/internal/api.Execute
func rawExecute(c cache, checksum, env, second, third []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawMigrateWithInfo github.com/CosmWasm/wasmvm/v3/internal/api.MigrateWithInfo
func rawMigrateWithInfo(c cache, checksum, env, second, third []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawMigrate github.com/CosmWasm/wasmvm/v3/internal/api.Migrate
func rawMigrate(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawSudo github.com/CosmWasm/wasmvm/v3/internal/api.Sudo
func rawSudo(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawReply github.com/CosmWasm/wasmvm/v3/internal/api.Reply
func rawReply(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawQuery github.com/CosmWasm/wasmvm/v3/internal/api.Query
func rawQuery(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawIBCChannelOpen github.com/CosmWasm/wasmvm/v3/internal/api.IBCChannelOpen
func rawIBCChannelOpen(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawIBCChannelConnect github.com/CosmWasm/wasmvm/v3/internal/api.IBCChannelConnect
func rawIBCChannelConnect(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawIBCChannelClose github.com/CosmWasm/wasmvm/v3/internal/api.IBCChannelClose
func rawIBCChannelClose(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawIBCPacketReceive github.com/CosmWasm/wasmvm/v3/internal/api.IBCPacketReceive
func rawIBCPacketReceive(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawIBCPacketAck github.com/CosmWasm/wasmvm/v3/internal/api.IBCPacketAck
func rawIBCPacketAck(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawIBCPacketTimeout github.com/CosmWasm/wasmvm/v3/internal/api.IBCPacketTimeout
func rawIBCPacketTimeout(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawIBCSourceCallback github.com/CosmWasm/wasmvm/v3/internal/api.IBCSourceCallback
func rawIBCSourceCallback(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawIBCDestinationCallback github.com/CosmWasm/wasmvm/v3/internal/api.IBCDestinationCallback
func rawIBCDestinationCallback(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawIBC2PacketReceive github.com/CosmWasm/wasmvm/v3/internal/api.IBC2PacketReceive
func rawIBC2PacketReceive(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawIBC2PacketAck github.com/CosmWasm/wasmvm/v3/internal/api.IBC2PacketAck
func rawIBC2PacketAck(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawIBC2PacketTimeout github.com/CosmWasm/wasmvm/v3/internal/api.IBC2PacketTimeout
func rawIBC2PacketTimeout(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

//go:linkname rawIBC2PacketSend github.com/CosmWasm/wasmvm/v3/internal/api.IBC2PacketSend
func rawIBC2PacketSend(c cache, checksum, env, msg []byte, meter *types.GasMeter, store types.KVStore, api *types.GoAPI,
	querier *types.Querier, limit uint64, debug bool) ([]byte, types.GasReport, error)

// entries are the entry points with two arguments.
var entries = map[string]call{
	"migrate":                  rawMigrate,
	"sudo":                     rawSudo,
	"reply":                    rawReply,
	"query":                    rawQuery,
	"ibc_channel_open":         rawIBCChannelOpen,
	"ibc_channel_connect":      rawIBCChannelConnect,
	"ibc_channel_close":        rawIBCChannelClose,
	"ibc_packet_receive":       rawIBCPacketReceive,
	"ibc_packet_ack":           rawIBCPacketAck,
	"ibc_packet_timeout":       rawIBCPacketTimeout,
	"ibc_source_callback":      rawIBCSourceCallback,
	"ibc_destination_callback": rawIBCDestinationCallback,
	"ibc2_packet_receive":      rawIBC2PacketReceive,
	"ibc2_packet_ack":          rawIBC2PacketAck,
	"ibc2_packet_timeout":      rawIBC2PacketTimeout,
	"ibc2_packet_send":         rawIBC2PacketSend,
}

// entriesWith are the entry points with three.
var entriesWith = map[string]callWith{
	"instantiate": rawInstantiate,
	"execute":     rawExecute,
	"migrate":     rawMigrateWithInfo,
}
