// The imports of the ABI, version 1.

import { Buffer, bytesAt } from "./buffer";

// @ts-ignore: decorator
@external("troupe", "state_get")
declare function state_get(key: usize, keyLen: u32, out: usize, cap: u32): i32;
// @ts-ignore: decorator
@external("troupe", "state_set")
declare function state_set(key: usize, keyLen: u32, value: usize, valueLen: u32): void;
// @ts-ignore: decorator
@external("troupe", "state_delete")
declare function state_delete(key: usize, keyLen: u32): void;
// @ts-ignore: decorator
@external("troupe", "state_range")
declare function state_range(start: usize, startLen: u32, end: usize, endLen: i32, order: i32): i32;
// @ts-ignore: decorator
@external("troupe", "range_next")
declare function range_next(iterator: i32, out: usize, cap: u32): i32;
// @ts-ignore: decorator
@external("troupe", "range_close")
declare function range_close(iterator: i32): void;
// @ts-ignore: decorator
@external("troupe", "query")
declare function query(to: usize, toLen: u32, body: usize, bodyLen: u32, out: usize, cap: u32): i32;
// @ts-ignore: decorator
@external("troupe", "query_raw")
declare function query_raw(to: usize, toLen: u32, key: usize, keyLen: u32, out: usize, cap: u32): i32;
// @ts-ignore: decorator
@external("troupe", "take")
declare function take(out: usize, cap: u32): i32;
// @ts-ignore: decorator
@external("troupe", "gas_left")
declare function gas_left(): u64;
// @ts-ignore: decorator
@external("troupe", "use_gas")
declare function use_gas(n: u64): void;
// @ts-ignore: decorator
@external("troupe", "log")
declare function log_line(text: usize, len: u32): void;
// @ts-ignore: decorator
@external("troupe", "abort")
declare function abort_call(text: usize, len: u32): void;

/** Results that fit go here. What it holds counts until the next call of the host. */
const ROOM: u32 = 4096;
const room: usize = memory.data(4096);

/** Found is a result of the host, valid until the next call of it. A length below 0 says that there is none. */
export let foundAt: usize = 0;
let foundLength: i32 = -1;

function found(n: i32): i32 {
  foundAt = room;
  if (n > <i32>ROOM) {
    foundAt = heap.alloc(n);
    take(foundAt, n);
  }
  foundLength = n;
  return n;
}

/** get reads a key of the actor and returns the length of its value at foundAt, -1 if there is none. */
export function get(key: Buffer): i32 {
  return found(state_get(key.ptr, key.len, room, ROOM));
}

export function set(key: Buffer, value: usize, len: u32): void { state_set(key.ptr, key.len, value, len); }

export function remove(key: usize, len: u32): void { state_delete(key, len); }

/** range opens an iterator over start <= key < end. An end that is null is open. */
export function range(start: Buffer, end: Buffer | null, descending: bool): i32 {
  const order = descending ? 1 : 0;
  if (end == null) return state_range(start.ptr, start.len, 0, -1, order);
  return state_range(start.ptr, start.len, end.ptr, <i32>end.len, order);
}

/** next reads a pair of an iterator to foundAt: the length of the key, the key, the value. It returns -1 at the end. */
export function next(iterator: i32): i32 { return found(range_next(iterator, room, ROOM)); }

export function close(iterator: i32): void { range_close(iterator); }

/** ask asks another actor, and returns the length of the answer at foundAt. */
export function ask(to: string, body: Uint8Array): i32 {
  const who = new Buffer();
  who.utf8(to);
  return found(query(who.ptr, who.len, body.dataStart, body.length, room, ROOM));
}

/** readKey reads one key of any actor, null if there is none. */
export function readKey(actor: string, key: Uint8Array): Uint8Array | null {
  const who = new Buffer();
  who.utf8(actor);
  const n = found(query_raw(who.ptr, who.len, key.dataStart, key.length, room, ROOM));
  return n < 0 ? null : bytesAt(foundAt, n);
}

/** gasLeft returns what the call may still use. */
export function gasLeft(): u64 { return gas_left(); }

/** useGas charges work that the host cannot see. If there is not enough left the call ends at once. */
export function useGas(n: u64): void { use_gas(n); }

/** log adds a line to the trace. It has no effect on the transaction. */
export function log(text: string): void {
  const b = new Buffer();
  b.utf8(text);
  log_line(b.ptr, b.len);
}

/** panic ends the call at once with the code "panic". The text goes to the trace. */
export function panic(text: string): void {
  const b = new Buffer();
  b.utf8(text);
  abort_call(b.ptr, b.len);
  unreachable();
}
