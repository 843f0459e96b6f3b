// The handlers of the module, and how a body finds its own. A module is one actor.

import { Buffer, Major, sameBytes, stringAt } from "./buffer";
import { Call, None, Outcome, View } from "./call";
import { MAX_BODY, MAX_DEPTH, check } from "./check";
import { decodeAt, readFields, schemaOf, write, zero } from "./codec";
import { Code, fail, failed } from "./failure";
import { JSONReader, isJSON } from "./json";
import { Path } from "./path";
import { Form, Schema, sorted } from "./schema";
import { MAX_NAME, quoteBytes, snake, validUTF8 } from "./text";
import { Wire } from "./wire";

/** Handler takes the messages of one type. */
abstract class Handler {
  /** The name in UTF-8. */
  private utf8: Buffer = new Buffer();

  constructor(readonly name: string, readonly schema: Schema) { this.utf8.utf8(name); }

  /** isCalled reports whether the text in memory is the name. */
  isCalled(ptr: usize, len: u32): bool { return len == this.utf8.len && sameBytes(ptr, this.utf8.ptr, len); }

  /** call decodes the fields, in CBOR, and runs the handler. */
  abstract call(c: Call, ptr: usize, len: u32): void;

  /** answer is call for a query; it returns what to answer. */
  abstract answer(v: View, ptr: usize, len: u32): Uint8Array | null;
}

/** fieldsOf decodes the fields of a message. */
function fieldsOf<M>(h: Handler, ptr: usize, len: u32): M {
  const m = instantiate<M>();
  if (len > 0) {
    const fault = check(h.schema, ptr, len, h.name, MAX_DEPTH, true);
    if (fault != "") {
      fail(Code.Malformed, fault);
      return m;
    }
    readFields<M>(new Wire(ptr, len), m, h.schema);
  }
  // @ts-ignore: a message that can tell whether its fields make sense together
  if (isDefined(m.validate)) m.validate();
  return m;
}

@final
class CallHandler<M> extends Handler {
  constructor(name: string, private run: (c: Call, m: M) => void) { super(name, schemaOf<M>()); }

  call(c: Call, ptr: usize, len: u32): void {
    const m = fieldsOf<M>(this, ptr, len);
    if (!failed()) this.run(c, m);
  }

  answer(v: View, ptr: usize, len: u32): Uint8Array | null { return null; }
}

@final
class QueryHandler<Q, A> extends Handler {
  constructor(name: string, private run: (v: View, q: Q) => A) { super(name, schemaOf<Q>()); }

  call(c: Call, ptr: usize, len: u32): void {}

  answer(v: View, ptr: usize, len: u32): Uint8Array | null {
    const q = fieldsOf<Q>(this, ptr, len);
    if (failed()) return null;
    const a = this.run(v, q);
    if (failed()) return null;
    const b = new Buffer();
    write<A>(b, a);
    return b.copy();
  }
}

/** ReplyHandler takes the replies of one ID. */
abstract class ReplyHandler {
  constructor(readonly id: u64) {}
  abstract call(c: Call, r: Outcome): void;
}

/** Reply is the outcome of a sub-message. Its value is what it was given by Sub.payload, zero if it was given none. */
@final
export class Reply<P> extends Outcome {
  constructor(r: Outcome, readonly value: P) {
    super(r.id, r.payload, r.callee, r.gasUsed, r.error, r.data, r.events);
  }
}

@final
class PayloadHandler<P> extends ReplyHandler {
  constructor(id: u64, private run: (c: Call, r: Reply<P>) => void) { super(id); }

  call(c: Call, r: Outcome): void {
    let value = zero<P>();
    const payload = r.payload;
    if (idof<P>() != idof<None>() && payload != null && payload.length > 0) {
      const d = decodeAt<P>(payload.dataStart, payload.length);
      if (d.fault != "") {
        return fail(Code.Malformed, "the payload of reply " + r.id.toString() + " does not fit its handler");
      }
      value = d.value;
    }
    this.run(c, new Reply<P>(r, value));
  }
}

/** Table holds the handlers of one kind of named messages. */
@final
class Table {
  private handlers: Array<Handler> = [];

  constructor(private kind: string) {}

  add(h: Handler): void {
    assert(h.schema.form == Form.Fields, "a message is a class with fields");
    assert(h.name != "" && <u32>String.UTF8.byteLength(h.name) <= MAX_NAME, "the name of a message has 1 to 64 bytes");
    for (let i = 0; i < this.handlers.length; i++) {
      assert(this.handlers[i].name != h.name, "two handlers for the " + this.kind + " message " + h.name);
    }
    this.handlers.push(h);
  }

  private named(ptr: usize, len: u32): Handler | null {
    for (let i = 0, n = this.handlers.length; i < n; i++) {
      const h = unchecked(this.handlers[i]);
      if (h.isCalled(ptr, len)) return h;
    }
    return null;
  }

  /**
   * find takes a body apart. It returns the handler of the message, and leaves where its fields are, in CBOR, in
   * fieldsPtr and fieldsLen: nowhere if there are none. It returns null if the call has failed.
   */
  find(ptr: usize, len: u32): Handler | null {
    if (this.handlers.length == 0) return refuse(Code.Unsupported, "the actor takes no " + this.kind + " messages");
    if (len == 0) return refuse(Code.Malformed, 'the body is empty; a message is {"name": {…}} or "name"');
    if (len > MAX_BODY) return refuse(Code.BodyTooLarge, tooLarge(len));
    fieldsPtr = 0;
    fieldsLen = 0;
    return isJSON(ptr, len) ? this.findJSON(ptr, len) : this.findCBOR(ptr, len);
  }

  private findCBOR(ptr: usize, len: u32): Handler | null {
    const w = new Wire(ptr, len);
    if (!w.head()) {
      return refuse(Code.Malformed, 'the body is neither CBOR nor JSON; a message is {"name": {…}} or "name", quotes included');
    }
    const bare = w.major == Major.Text;
    if (!bare) {
      if (w.major != Major.Pairs || w.arg != 1) {
        const found = w.major == Major.Pairs ? "a map with " + w.arg.toString() + " keys" : w.found();
        return refuse(Code.Malformed, "message: expected a map with one key, the name, or the name alone as text; found " + found);
      }
      if (!w.head() || w.major != Major.Text) return refuse(Code.Malformed, "message: its one key, the name, is a text");
    }
    if (!w.take()) return refuse(Code.Malformed, "message: " + w.fault);
    const h = this.named(w.from, w.size);
    if (h == null) return this.unknown(w.from, w.size);
    if (bare) {
      if (w.off == len) return h;
      return refuse(Code.Malformed, "message: byte " + w.off.toString() + ": something follows the name");
    }
    if (w.off == len) return refuse(Code.Malformed, "message: the data ends too early");
    fieldsPtr = ptr + w.off;
    fieldsLen = len - w.off;
    return h;
  }

  private findJSON(ptr: usize, len: u32): Handler | null {
    const r = new JSONReader(ptr, len, MAX_DEPTH);
    const at = Path.of("message");
    const bare = r.peek() == 0x22;
    let name: Buffer | null = null;
    if (bare) {
      name = r.text(at);
    } else if (r.peek() != 0x7b) {
      r.wrongAt(at, 'a message is {"name": {…}} or "name"');
    } else {
      r.off++;
      if (r.peek() == 0x7d) return refuse(Code.Malformed, "message: a message has one key, its name");
      name = r.key(at);
    }
    if (name == null) return refuse(Code.Malformed, r.fault);
    const h = this.named(name.ptr, name.len);
    if (h == null) return this.unknown(name.ptr, name.len);
    if (!bare) {
      const out = new Buffer(len);
      if (!r.value(out, h.schema, Path.of(h.name))) return refuse(Code.Malformed, r.fault);
      if (r.peek() != 0x7d) {
        r.wrongAt(at, "a message has one key, its name");
        return refuse(Code.Malformed, r.fault);
      }
      r.off++;
      fieldsPtr = out.ptr;
      fieldsLen = out.len;
    }
    if (r.peek() != 0) {
      r.wrongAt(at, "something follows the message");
      return refuse(Code.Malformed, r.fault);
    }
    return h;
  }

  private unknown(ptr: usize, len: u32): Handler | null {
    const names = this.handlers.map<string>((h) => h.name);
    return refuse(Code.UnknownMessage, "no " + this.kind + " message " + quoteBytes(ptr, len) + "; known are " + sorted(names).join(", "));
  }
}

/** Where the fields of the message are that Table.find has found. */
let fieldsPtr: usize = 0;
let fieldsLen: u32 = 0;

function refuse(code: string, message: string): Handler | null {
  fail(code, message);
  return null;
}

function tooLarge(len: u32): string {
  return "a body has at most " + MAX_BODY.toString() + " bytes, this one has " + len.toString();
}

const executes = new Table("execute");
const sudos = new Table("sudo");
const queries = new Table("query");
const replies = new Array<ReplyHandler>();
let anyReply: ReplyHandler | null = null;
let instantiates: Handler | null = null;
let migrates: Handler | null = null;
let isVirtual = false;

function nameOf<M>(name: string): string { return name == "" ? snake(nameof<M>()) : name; }

/**
 * onExecute handles the execute messages of class M. Their name is that of the class in snake case, MintTo is "mint_to",
 * or the name that is given. If M has a method validate, it is called before the handler.
 */
export function onExecute<M>(h: (c: Call, m: M) => void, name: string = ""): void {
  executes.add(new CallHandler<M>(nameOf<M>(name), h));
}

/** onSudo handles the sudo messages of class M: those that only the operator of the host can send. */
export function onSudo<M>(h: (c: Call, m: M) => void, name: string = ""): void {
  sudos.add(new CallHandler<M>(nameOf<M>(name), h));
}

/** onQuery answers the queries of class Q. The handler writes nothing: the host would end it. */
export function onQuery<Q, A>(h: (v: View, q: Q) => A, name: string = ""): void {
  queries.add(new QueryHandler<Q, A>(nameOf<Q>(name), h));
}

/**
 * onInstantiate prepares a new instance. The body of the message is the fields alone, with no name around them. An empty one is
 * malformed unless the actor is virtual.
 */
export function onInstantiate<M>(h: (c: Call, m: M) => void): void {
  assert(instantiates == null, "two handlers for instantiate");
  instantiates = new CallHandler<M>("instantiate", h);
}

/** onMigrate takes over the state that an earlier module left. An empty body is the zero message. */
export function onMigrate<M>(h: (c: Call, m: M) => void): void {
  assert(migrates == null, "two handlers for migrate");
  migrates = new CallHandler<M>("migrate", h);
}

/**
 * virtual lets the first message to an address instantiate the actor there: such an instantiation has no body, and the
 * handler of onInstantiate then gets the zero message.
 */
export function virtual(): void { isVirtual = true; }

/** onReply handles the replies with the ID, whose sub-messages carry a payload of type P. */
export function onReply<P>(id: u64, h: (c: Call, r: Reply<P>) => void): void {
  for (let i = 0; i < replies.length; i++) assert(replies[i].id != id, "two handlers for reply " + id.toString());
  replies.push(new PayloadHandler<P>(id, h));
}

/** onAnyReply handles the replies whose ID has no handler of its own. */
export function onAnyReply<P>(h: (c: Call, r: Reply<P>) => void): void {
  assert(anyReply == null, "two handlers for any reply");
  anyReply = new PayloadHandler<P>(0, h);
}

/** runNamed delivers an execute or sudo message. */
export function runNamed(sudo: bool, c: Call, ptr: usize, len: u32): void {
  const h = (sudo ? sudos : executes).find(ptr, len);
  if (h != null) h.call(c, fieldsPtr, fieldsLen);
}

/** runQuery delivers a query. */
export function runQuery(v: View, ptr: usize, len: u32): Uint8Array | null {
  const h = queries.find(ptr, len);
  return h == null ? null : h.answer(v, fieldsPtr, fieldsLen);
}

/** runInstantiate delivers an instantiate message. */
export function runInstantiate(c: Call, ptr: usize, len: u32): void {
  const h = instantiates;
  if (h == null) {
    if (!isBlank(ptr, len)) fail(Code.Unsupported, "the actor takes no instantiate message");
    return;
  }
  if (len == 0 && !isVirtual) {
    return fail(Code.Malformed,
      "instantiate: the body is empty; the actor must be created with a message and does not come up by its first one");
  }
  runBody(h, c, ptr, len);
}

/** isBlank reports whether a body says nothing: no bytes, or no fields. */
function isBlank(ptr: usize, len: u32): bool {
  if (len == 1 && load<u8>(ptr) == 0xa0) return true;
  if (!validUTF8(ptr, len)) return false;
  const text = stringAt(ptr, len).trim();
  return text == "" || text == "{}";
}

/** runMigrate delivers a migrate message. */
export function runMigrate(c: Call, ptr: usize, len: u32): void {
  const h = migrates;
  if (h == null) return fail(Code.Unsupported, "the actor takes no migrate message");
  runBody(h, c, ptr, len);
}

/** runBody delivers a body that has no name in it. */
function runBody(h: Handler, c: Call, ptr: usize, len: u32): void {
  if (len > MAX_BODY) return fail(Code.BodyTooLarge, tooLarge(len));
  if (isJSON(ptr, len)) {
    const out = new Buffer(len);
    const r = new JSONReader(ptr, len, MAX_DEPTH);
    if (!r.document(out, h.schema, Path.of(h.name))) return fail(Code.Malformed, r.fault);
    ptr = out.ptr;
    len = out.len;
  }
  h.call(c, ptr, len);
}

/** runReply delivers a reply. */
export function runReply(c: Call, r: Outcome): void {
  for (let i = 0; i < replies.length; i++) {
    if (replies[i].id == r.id) return replies[i].call(c, r);
  }
  const any = anyReply;
  if (any == null) return fail(Code.Unsupported, "the actor has no handler for reply " + r.id.toString());
  any.call(c, r);
}
