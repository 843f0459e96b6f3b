// Package instrument rewrites a WebAssembly module so that the host is master of what it uses: gas, memory and depth of
// calls are counted inside of the module, by instructions that this package adds, and arithmetic gives the same bits
// everywhere. The result is a valid module for any engine. It computes what the original computes, but for what is said
// below.
//
//	info, err := instrument.Rewrite(m, instrument.Options{Gas: &table, MaxPages: 512, Depth: 1000})
//
// # What the host finds
//
// Every rewritten module exports four mutable globals of its own, which the host sets before a call and reads after it:
//
//   - troupe:gas (i64): what is left. The host may change it in host functions too. It starts at 0.
//   - troupe:exhausted (i32): 0; 1 when the module ended itself because of the depth of calls.
//   - troupe:depth (i32): how many calls may still nest. It starts at Options.Depth.
//   - troupe:pages (i32): the size of memory that the module sees, in pages. It starts at the declared minimum.
//
// All other mutable globals are exported as troupe:g<index>. A guest cannot reach any of these: nothing of the host's
// has a smaller index than the guest's own, and exports of a guest that begin with "troupe:" are refused. The start
// function is not run by instantiation, where the host could not have given it gas, but is the export troupe:start,
// which the host calls first.
//
// A call is out of gas if troupe:gas is below 0, whether the call trapped or returned, and whatever the trap was. A trap
// that the module makes itself is an unreachable; after any trap troupe:depth is where it was, and the host sets it
// before the next call.
//
// # Gas
//
// An instruction costs what the Table says, and is paid if control reaches it. An end is reached from above only: a
// branch to it lands behind it; so it is with else. The instructions that this package adds are free. There are two
// schemes. They agree on the gas of every call that completes.
//
// In both, whether anything is left is looked at when a function is entered, when a loop begins its next round and after
// what is paid by length. Between these gas may be below 0. So a host function looks at it first, and so does the host
// when a call returns or traps.
//
// With Exact unset, a run of instructions without a branch in or out of it is paid when it is entered. A trap has paid
// the whole run that it is in.
//
// With Exact set, the module counts as the metering of CosmWasm's VM does: before each instruction that Table.Branch
// names, what has come up since the last one is subtracted. A trap has paid up to the last such instruction. CosmWasm's
// metering also compares there, and ends the module at once. What a module does beyond that point here, nobody sees: it
// is out of gas for every host function and at its end.
//
// In both, memory.fill, memory.copy, memory.init and the instructions on tables pay their length before they begin, and
// memory.grow pays the pages that it adds, if it adds them.
//
// # Depth
//
// A function takes from troupe:depth when it is entered and gives it back when it is left by a return, a branch or its
// end. If not enough is left it sets troupe:exhausted to 1 and ends in unreachable. It takes 1, and more if its frame on the
// engine's stack may be large, so that all calls of a module together never need more than 32 MiB of that stack. Functions
// that call nothing and take 1 are not counted at all.
//
// # Memory
//
// Memory is declared with its greatest size, which is the smaller of Options.MaxPages and what the module declares, as
// its minimum and maximum. memory.size and memory.grow work on troupe:pages. So an access between troupe:pages and the
// greatest size does not trap, as it would in the original.
//
// # Floats
//
// The result of ceil, floor, trunc, nearest, sqrt, add, sub, mul, div, min and max is the canonical NaN (0x7fc00000,
// 0x7ff8000000000000) if it is a NaN. The other instructions give defined bits for defined bits, and stay as they are.
//
// # What it is not
//
// It does not judge modules: binary.Rules does, before. It leaves custom sections alone, and since function bodies
// change, those with names and debug information of code are wrong afterwards: the caller empties Module.Customs. It
// drops instructions that cannot be reached. It knows nothing of an engine.
package instrument
