package guest

import "unsafe"

// The imports of the dialect, version 1. A length goes with each pointer; the host copies what it is given before it
// returns.

//go:wasmimport troupe state_get
//go:noescape
func stateGet(key unsafe.Pointer, keyLen uint32, out unsafe.Pointer, outCap uint32) int32

//go:wasmimport troupe state_set
//go:noescape
func stateSet(key unsafe.Pointer, keyLen uint32, value unsafe.Pointer, valueLen uint32)

//go:wasmimport troupe state_delete
//go:noescape
func stateDelete(key unsafe.Pointer, keyLen uint32)

//go:wasmimport troupe state_range
//go:noescape
func stateRange(start unsafe.Pointer, startLen uint32, end unsafe.Pointer, endLen int32, order uint32) uint32

//go:wasmimport troupe range_next
//go:noescape
func rangeNext(iterator uint32, out unsafe.Pointer, outCap uint32) int32

//go:wasmimport troupe range_close
func rangeClose(iterator uint32)

//go:wasmimport troupe query
//go:noescape
func query(to unsafe.Pointer, toLen uint32, body unsafe.Pointer, bodyLen uint32, out unsafe.Pointer, outCap uint32) int32

//go:wasmimport troupe query_raw
//go:noescape
func queryRaw(to unsafe.Pointer, toLen uint32, key unsafe.Pointer, keyLen uint32, out unsafe.Pointer, outCap uint32) int32

//go:wasmimport troupe take
//go:noescape
func take(out unsafe.Pointer, outCap uint32) int32

//go:wasmimport troupe gas_left
func gasLeft() uint64

//go:wasmimport troupe use_gas
func useGas(n uint64)

//go:wasmimport troupe log
//go:noescape
func log(text unsafe.Pointer, textLen uint32)

//go:wasmimport troupe abort
//go:noescape
func abort(text unsafe.Pointer, textLen uint32)

func bytesAt(b []byte) (unsafe.Pointer, uint32) {
	return unsafe.Pointer(unsafe.SliceData(b)), uint32(len(b))
}

func textAt(s string) (unsafe.Pointer, uint32) {
	return unsafe.Pointer(unsafe.StringData(s)), uint32(len(s))
}
