// KeyValue: wasmcloud:keyvalue.

import { DEFAULT, Result, call } from "./host";
import { Reader, Writer } from "./msgpack";

/** Value is that of a key. */
export class Value {
  constructor(public value: string = "", public exists: bool = false) {}
}

function send(method: string, w: Writer): Result<Uint8Array> {
  return call(DEFAULT, "wasmcloud:keyvalue", "KeyValue." + method, w.content());
}

/** wrong says that an answer is none, or null. */
function wrong(r: Reader, method: string): string | null { return r.bad ? "the answer is not that of KeyValue." + method : null; }

function one(s: string): Writer { return new Writer().text(s); }

function two(field: string, name: string, value: string): Writer {
  return new Writer().pairs(2).text(field).text(name).text("value").text(value);
}

function all(names: Array<string>): Writer {
  const w = new Writer().list(names.length);
  for (let i = 0; i < names.length; i++) w.text(names[i]);
  return w;
}

function yes(method: string, w: Writer): Result<bool> {
  const answer = send(method, w);
  if (answer.failed) return new Result(false, answer.error);
  const r = new Reader(answer.value);
  const is = r.bool();
  return new Result(is, wrong(r, method));
}

function size(method: string, w: Writer): Result<u32> {
  const answer = send(method, w);
  if (answer.failed) return new Result<u32>(0, answer.error);
  const r = new Reader(answer.value);
  const n = r.u32();
  return new Result(n, wrong(r, method));
}

function texts(method: string, w: Writer): Result<Array<string>> {
  const answer = send(method, w);
  if (answer.failed) return new Result<Array<string>>([], answer.error);
  const r = new Reader(answer.value);
  const list = r.texts();
  return new Result(list, wrong(r, method));
}

export function get(key: string): Result<Value> {
  const answer = send("Get", one(key));
  const v = new Value();
  if (answer.failed) return new Result(v, answer.error);
  const r = new Reader(answer.value);
  for (let n = r.pairs(); n > 0 && !r.bad; n--) {
    const name = r.text();
    if (name == "value") v.value = r.text();
    else if (name == "exists") v.exists = r.bool();
    else r.skip();
  }
  return new Result(v, wrong(r, "Get"));
}

/** set keeps a value for so many seconds, for ever if expires is 0. */
export function set(key: string, value: string, expires: u32 = 0): Result<bool> {
  const answer = send("Set", new Writer().pairs(3).text("key").text(key).text("value").text(value).text("expires").uint(expires));
  return new Result(!answer.failed, answer.error);
}

/** increment returns the new number. */
export function increment(key: string, by: i32): Result<i32> {
  const answer = send("Increment", new Writer().pairs(2).text("key").text(key).text("value").int(by));
  if (answer.failed) return new Result<i32>(0, answer.error);
  const r = new Reader(answer.value);
  const n = r.i32();
  return new Result(n, wrong(r, "Increment"));
}

/** remove returns whether the key was there. */
export function remove(key: string): Result<bool> { return yes("Del", one(key)); }
export function contains(key: string): Result<bool> { return yes("Contains", one(key)); }

/** These return the new size. */
export function listAdd(list: string, value: string): Result<u32> { return size("ListAdd", two("listName", list, value)); }
export function setAdd(set: string, value: string): Result<u32> { return size("SetAdd", two("setName", set, value)); }
export function setRemove(set: string, value: string): Result<u32> { return size("SetDel", two("setName", set, value)); }

/** These return whether there was something. */
export function listRemove(list: string, value: string): Result<bool> { return yes("ListDel", two("listName", list, value)); }
export function listClear(list: string): Result<bool> { return yes("ListClear", one(list)); }
export function setClear(set: string): Result<bool> { return yes("SetClear", one(set)); }

/** listRange returns the elements from start to stop, both included; numbers below 0 count from the end. */
export function listRange(list: string, start: i32, stop: i32): Result<Array<string>> {
  return texts("ListRange", new Writer().pairs(3).text("listName").text(list).text("start").int(start).text("stop").int(stop));
}

export function setQuery(set: string): Result<Array<string>> { return texts("SetQuery", one(set)); }
export function setUnion(sets: Array<string>): Result<Array<string>> { return texts("SetUnion", all(sets)); }
export function setIntersection(sets: Array<string>): Result<Array<string>> { return texts("SetIntersection", all(sets)); }
