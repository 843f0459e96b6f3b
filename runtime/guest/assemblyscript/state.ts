// What an actor keeps. The helpers hold no data themselves: declare them as constants of the module.
//
//     const balances = new StateMap<string, u64>("balances");
//
// A stored key or value that is none of the type makes the call fail with Code.CorruptState. A query reads; if it writes,
// the host ends it.

import { Buffer } from "./buffer";
import { Decoded, decodeAt, write, zero } from "./codec";
import { Code, fail, failed } from "./failure";
import * as host from "./host";
import { Cut, Pair, appendKey, cutKey } from "./key";
import { quoteBytes, validName } from "./text";

function checkedName(name: string): string {
  assert(validName(name), "the name of a state helper matches [a-zA-Z0-9][a-zA-Z0-9._-]* and has at most 64 bytes");
  return name;
}

function corrupt(what: string, ptr: usize, len: u32): void {
  fail(Code.CorruptState, "the " + what + " at " + quoteBytes(ptr, len) + " is not of the type that the actor expects");
}

/** load reads and decodes the value of a stored key. It returns fallback if there is none. */
function load_<V>(key: Buffer, fallback: V): V {
  if (failed()) return fallback;
  const n = host.get(key);
  return n < 0 ? fallback : decoded<V>(host.foundAt, n, key.ptr, key.len);
}

function decoded<V>(ptr: usize, len: u32, key: usize, keyLen: u32): V {
  const d: Decoded<V> = decodeAt<V>(ptr, len);
  if (d.fault != "") corrupt("value", key, keyLen);
  return d.value;
}

function store_<V>(key: Buffer, v: V): void {
  if (failed()) return;
  const value = new Buffer();
  write<V>(value, v);
  host.set(key, value.ptr, value.len);
}

function has_(key: Buffer): bool { return !failed() && host.get(key) >= 0; }

/** StateValue is one value, stored under the name itself. */
@final
export class StateValue<V> {
  private name: string;

  constructor(name: string) { this.name = checkedName(name); }

  private key(): Buffer {
    const key = new Buffer();
    key.utf8(this.name);
    return key;
  }

  /** has reports whether there is a value. */
  has(): bool { return has_(this.key()); }

  /** get returns the value, zero if there is none. */
  get(): V { return load_<V>(this.key(), zero<V>()); }

  /** or returns the value, or fallback if there is none. */
  or(fallback: V): V { return load_<V>(this.key(), fallback); }

  set(v: V): void { store_<V>(this.key(), v); }

  /** delete removes the value; it may be missing. */
  delete(): void {
    const key = this.key();
    if (!failed()) host.remove(key.ptr, key.len);
  }
}

/** StateCounter is a number that only grows, from 0, stored under the name itself. */
@final
export class StateCounter {
  private value: StateValue<u64>;

  constructor(private name: string) { this.value = new StateValue<u64>(name); }

  /** get returns what the counter stands at. */
  get(): u64 { return this.value.get(); }

  /** next adds 1 and returns the sum: the first number is 1. */
  next(): u64 { return this.add(1); }

  /** add adds n and returns the sum. If that would pass 2^64-1, the call fails with Code.Overflow. */
  add(n: u64): u64 {
    const v = this.get();
    if (v > u64.MAX_VALUE - n) {
      fail(Code.Overflow, "the counter " + this.name + " stands at " + v.toString() + " and cannot take " + n.toString() + " more");
      return 0;
    }
    this.value.set(v + n);
    return v + n;
  }
}

/**
 * StateMap is values under keys, in the order of the keys: a string, a Uint8Array, an integer or a Pair. A key is stored
 * as the name, a "/" and the key itself: text as it is, 42 as b42.
 */
@final
export class StateMap<K, V> {
  private prefix: Buffer;

  constructor(name: string) {
    this.prefix = new Buffer();
    this.prefix.utf8(checkedName(name) + "/");
  }

  key(k: K): Buffer {
    const key = new Buffer();
    key.raw(this.prefix.ptr, this.prefix.len);
    appendKey<K>(key, k, true);
    return key;
  }

  /** has reports whether there is a value of k, without decoding it. */
  has(k: K): bool { return has_(this.key(k)); }

  /** get returns the value of k, zero if there is none. */
  get(k: K): V { return load_<V>(this.key(k), zero<V>()); }

  /** or returns the value of k, or fallback if there is none. */
  or(k: K, fallback: V): V { return load_<V>(this.key(k), fallback); }

  set(k: K, v: V): void { store_<V>(this.key(k), v); }

  /** delete removes k; it may be missing. */
  delete(k: K): void {
    const key = this.key(k);
    if (!failed()) host.remove(key.ptr, key.len);
  }

  /** clear removes all pairs. */
  clear(): void {
    const it = this.all();
    while (it.step()) host.remove(it.ptr, it.len);
  }

  /** all returns all pairs, ascending; narrow it by the methods of Entries. */
  all(): Entries<K, V> { return new Entries<K, V>(this.prefix); }

  /** prefixed is the part of a map whose keys begin with a part: see under. */
  static prefixed<K, V>(prefix: Buffer): StateMap<K, V> {
    const m = new StateMap<K, V>("part");
    m.prefix = prefix;
    return m;
  }

  /** prefixWith returns where the keys that begin with a part are stored. */
  prefixWith<A>(first: A): Buffer {
    const prefix = new Buffer();
    prefix.raw(this.prefix.ptr, this.prefix.len);
    appendKey<A>(prefix, first, false);
    return prefix;
  }
}

/**
 * under returns the part of a map whose keys begin with first: a map of the second parts. What is written in it is
 * written in m.
 */
export function under<A, B, V>(m: StateMap<Pair<A, B>, V>, first: A): StateMap<B, V> {
  return StateMap.prefixed<B, V>(m.prefixWith<A>(first));
}

/**
 * Entries goes through pairs. What is written meanwhile does not show.
 *
 *     const list = balances.all().from("b").descending();
 *     while (list.next()) log(list.key + " has " + list.value.toString());
 */
export class Entries<K, V> {
  /** The pair that next has found. */
  key: K = unset<K>();
  value: V = zero<V>();
  /** Where its stored key lies. */
  ptr: usize = 0;
  len: u32 = 0;
  private valuePtr: usize = 0;
  private valueLen: u32 = 0;
  private start: Buffer;
  private end: Buffer | null;
  private down: bool = false;
  private iterator: i32 = -1;
  private over: bool = false;

  constructor(private prefix: Buffer) {
    this.start = prefix;
    this.end = prefixEnd(prefix);
  }

  private bound(k: K): Buffer {
    const key = new Buffer();
    key.raw(this.prefix.ptr, this.prefix.len);
    appendKey<K>(key, k, true);
    return key;
  }

  /** from leaves out the keys before k. */
  from(k: K): Entries<K, V> {
    this.start = this.bound(k);
    return this;
  }

  /** to leaves out k and the keys behind it. */
  to(k: K): Entries<K, V> {
    this.end = this.bound(k);
    return this;
  }

  /** descending turns the order round. */
  descending(): Entries<K, V> {
    this.down = true;
    return this;
  }

  /** next goes to the next pair, and reports whether there is one. */
  next(): bool {
    if (!this.step()) return false;
    this.cut();
    this.value = decoded<V>(this.valuePtr, this.valueLen, this.ptr, this.len);
    return !failed();
  }

  /** nextKey is next without the value. */
  nextKey(): bool {
    if (!this.step()) return false;
    this.cut();
    return !failed();
  }

  private cut(): void {
    const c = new Cut(this.ptr + this.prefix.len, this.len - this.prefix.len);
    const key = cutKey<K>(c, true);
    if (c.ok && c.len == 0) this.key = key;
    else corrupt("key", this.ptr, this.len);
  }

  /** step goes to the next pair without decoding it. */
  step(): bool {
    if (this.over || failed()) return false;
    if (this.iterator < 0) this.iterator = host.range(this.start, this.end, this.down);
    const n = host.next(this.iterator);
    if (n < 0) {
      this.close();
      return false;
    }
    // The key outlives the next call of the host: what it is removed by, for one.
    const pair = new Buffer(n);
    pair.raw(host.foundAt, n);
    this.len = load<u32>(pair.ptr);
    this.ptr = pair.ptr + 4;
    this.valuePtr = this.ptr + this.len;
    this.valueLen = n - 4 - this.len;
    return true;
  }

  /** close ends it early, so that it costs the host no more. */
  close(): void {
    if (!this.over && this.iterator >= 0) host.close(this.iterator);
    this.over = true;
  }
}

/** unset is a key before there is one. */
function unset<K>(): K {
  if (!isReference<K>()) return <K>0;
  if (isString<K>()) return changetype<K>("");
  return changetype<K>(0);
}

/** prefixEnd returns the least key that is greater than every key with the prefix, null if there is none. */
function prefixEnd(prefix: Buffer): Buffer | null {
  for (let n = prefix.len; n > 0; n--) {
    const last = load<u8>(prefix.ptr + n - 1);
    if (last == 0xff) continue;
    const end = new Buffer(n);
    end.raw(prefix.ptr, n);
    store<u8>(end.ptr + n - 1, last + 1);
    return end;
  }
  return null;
}

/** StateSet is a set of keys, in their order. It is stored as a StateMap to true. */
@final
export class StateSet<K> {
  private map: StateMap<K, bool>;

  constructor(name: string) { this.map = new StateMap<K, bool>(name); }

  has(k: K): bool { return this.map.has(k); }

  /** add puts k into the set and reports whether it was not there. */
  add(k: K): bool {
    if (this.map.has(k)) return false;
    this.map.set(k, true);
    return true;
  }

  /** delete removes k; it may be missing. */
  delete(k: K): void { this.map.delete(k); }

  /** clear removes all keys. */
  clear(): void { this.map.clear(); }

  /** all returns all keys, ascending. Go through them by nextKey. */
  all(): Entries<K, bool> { return this.map.all(); }
}
