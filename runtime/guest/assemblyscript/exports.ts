// What a module exports, as the ABI has it. An actor passes it on from its entry file:
//
//     export * from "troupe-actor/exports";

import "./abort"; // named by the option "use" of the compiler
import { runInstantiate, runMigrate, runNamed, runQuery, runReply } from "./actor";
import { Buffer, Major, bytesAt, stringAt } from "./buffer";
import { Attribute, Call, Event, Outcome, View } from "./call";
import { Failure, failure } from "./failure";
import { Wire } from "./wire";

/** The numbers of the entries. */
const EXECUTE: i32 = 0;
const INSTANTIATE: i32 = 1;
const MIGRATE: i32 = 2;
const SUDO: i32 = 4;
const QUERY: i32 = 5;
const REPLY: i32 = 6;

/** troupe_abi_1 says which ABI the module speaks. It is never called. */
export function troupe_abi_1(): void {}

/** troupe_alloc makes room for the input of a call. */
export function troupe_alloc(size: u32): usize { return heap.alloc(size); }

/** troupe_call runs an entry on the input, and returns where the output is. */
export function troupe_call(entry: i32, ptr: usize, len: u32): u64 {
  const input = new Input(ptr, len);
  const out = new Buffer(256);
  switch (entry) {
    case EXECUTE:
    case INSTANTIATE:
    case MIGRATE:
    case SUDO: {
      const c = input.call();
      input.take();
      if (entry == INSTANTIATE) runInstantiate(c, input.from, input.size);
      else if (entry == MIGRATE) runMigrate(c, input.from, input.size);
      else runNamed(entry == SUDO, c, input.from, input.size);
      if (!failedTo(out)) c.writeTo(out);
      break;
    }
    case REPLY: {
      const c = input.call();
      runReply(c, input.outcome());
      if (!failedTo(out)) c.writeTo(out);
      break;
    }
    case QUERY: {
      const v = input.view();
      input.take();
      const answer = runQuery(v, input.from, input.size);
      if (!failedTo(out)) {
        out.head(Major.List, 2);
        out.head(Major.Uint, 0);
        out.nullable(answer);
      }
      break;
    }
    default: // there is no such entry point
      out.head(Major.List, 1);
      out.head(Major.Uint, 2);
  }
  return <u64>out.ptr << 32 | <u64>out.len;
}

/** failedTo appends how the call has failed, and reports whether it has. */
function failedTo(out: Buffer): bool {
  const f = failure();
  if (f == null) return false;
  out.head(Major.List, 3);
  out.head(Major.Uint, 1);
  out.text(f.code);
  out.text(f.message);
  return true;
}

/** Input reads what the host hands over, which is as the ABI has it. */
@final
class Input {
  private w: Wire;
  /** Where take has found bytes, nowhere if there was null. */
  from: usize = 0;
  size: u32 = 0;

  constructor(ptr: usize, len: u32) {
    this.w = new Wire(ptr, len);
    this.w.head();
  }

  private uint(): u64 {
    this.w.head();
    return this.w.arg;
  }

  private int(): i64 {
    this.w.head();
    return this.w.major == Major.Negative ? ~(<i64>this.w.arg) : <i64>this.w.arg;
  }

  private text(): string {
    const w = this.w;
    w.head();
    w.trust();
    return stringAt(w.from, w.size);
  }

  /** take reads bytes or null, and reports whether it was bytes. */
  take(): bool {
    const w = this.w;
    w.head();
    const is = !w.isNull();
    if (is) w.trust();
    this.from = is ? w.from : 0;
    this.size = is ? w.size : 0;
    return is;
  }

  /** bytes returns a copy, null for null. */
  private bytes(): Uint8Array | null { return this.take() ? bytesAt(this.from, this.size) : null; }

  call(): Call {
    const self = this.text();
    const sender = this.text();
    const sequence = this.uint();
    const time = this.int();
    this.take();
    const seed = this.from;
    return new Call(self, sequence, time, sender, seed, this.uint());
  }

  view(): View {
    const self = this.text();
    const sequence = this.uint();
    return new View(self, sequence, this.int());
  }

  outcome(): Outcome {
    const id = this.uint();
    const payload = this.bytes();
    const callee = this.text();
    const gasUsed = this.uint();
    let error: Failure | null = null;
    this.w.head();
    if (!this.w.isNull()) {
      const code = this.text();
      error = new Failure(code, this.text());
    }
    const data = this.bytes();
    const events = new Array<Event>();
    for (let n = this.uint(); n > 0; n--) {
      this.w.head();
      const by = this.text();
      const e = new Event(by, this.text());
      for (let a = this.uint(); a > 0; a--) {
        this.w.head();
        const key = this.text();
        e.attributes.push(new Attribute(key, this.text()));
      }
      events.push(e);
    }
    return new Outcome(id, payload, callee, gasUsed, error, data, events);
  }
}
