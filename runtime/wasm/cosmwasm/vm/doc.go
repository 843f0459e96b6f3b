// Package vm is the virtual machine of CosmWasm on package wasm: it runs compiled contracts of interface version 8,
// unmodified, with the results and the gas of wasmvm v3.0.7, to the unit.
//
//	module, err := engine.Load(ctx, code, vm.Dialect())
//	contract := vm.New(module)
//	result, usage, err := contract.Run(ctx, &vm.Call{Entry: "execute", Args: [][]byte{env, info, msg}, Gas: limit, Host: host})
//
// Bytes go in and bytes come out: what they mean is a matter of package wire. What a contract sees of the world is the
// Host of the call. Rules are named as in the specification of this dialect: S57 is a rule, V7 a row of a table.
//
// # Gas
//
// An instruction costs 115, one that control parts or comes together at 1,610, and a local of a function beyond the 29th
// 115 when the function is entered. What the host does has the prices of gas.go, charged in the order of the reference
// VM: the call itself, then the regions that are read, each before its length is looked at, then the work. Gas that a
// Host reports for storage and queries is external: it lowers what is left, and is not counted as used. Gas for
// addresses is counted as used, as wasmvm does.
//
// memory.copy, memory.fill and memory.init, which wasmvm 3.0 refuses and 3.1 is to accept at prices that are not
// settled, cost 115 for each byte besides the instruction: what a byte costs that the host reads.
//
// # Differences from the reference
//
// These modules are refused when they are stored, although the reference stores them: those that can never be called,
// because they have a start function, which is given no gas, or data outside of the memory, or imports of other types
// than the host's, or no exported memory; those with an allocate, deallocate or entry point whose parameters and result
// are not of type i32; those with more than 1,000 globals, or globals of a reference type; those with an export that
// begins with "troupe:". These are stored, although the reference refuses them: those with types that do not fit in code
// that cannot be reached.
//
// The depth of calls is bounded by a number of calls, not by the bytes of a stack. An access beyond the size of the memory
// that is below 32 MiB finds zeros and does not trap; a Region there is refused as in the reference. A call through an
// empty place of a table has the text of one through a place that is not there.
package vm
