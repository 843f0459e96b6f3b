import { Buffer, Major, bytesAt, stringAt } from "./buffer";
import { Decoded, Fields, decodeAt, encode, schemaOf, write, zero } from "./codec";
import { Code, Failure, failed } from "./failure";
import * as host from "./host";
import { Rand } from "./rand";
import { snake } from "./text";
import { Wire } from "./wire";

/** ReplyOn says in which cases the sender of a sub-message wants a reply. */
export namespace ReplyOn {
  export const Never: u64 = 0;
  export const Success: u64 = 1;
  export const Error: u64 = 2;
  export const Always: u64 = 3;
}

/** The kinds of message that an actor can send. */
export namespace Kind {
  export const Execute: u64 = 0;
  export const Instantiate: u64 = 1;
  export const Migrate: u64 = 2;
  export const SetAdmin: u64 = 3;
}

/** Attributes are facts about an event or a call, as they are told. */
@final
export class Attributes {
  private count: u32 = 0;
  private encoded: Buffer | null = null;

  /** The type is that of an event, null for a call. */
  constructor(private type: string | null) {}

  /** with adds one. The value is a text, an integer or a bool. */
  with<T>(key: string, value: T): Attributes {
    let text: string;
    if (isString<T>()) text = changetype<string>(value);
    else if (isBoolean<T>()) text = value ? "true" : "false";
    else if (isInteger<T>()) text = value.toString();
    else ERROR("the value of an attribute is a text, an integer or a bool");
    let b = this.encoded;
    if (b == null) {
      b = new Buffer(128);
      this.encoded = b;
    }
    this.count++;
    b.head(Major.List, 2);
    b.text(key);
    b.text(text);
    return this;
  }

  writeTo(b: Buffer): void {
    const type = this.type;
    if (type != null) {
      b.head(Major.List, 2);
      b.text(type);
    }
    b.head(Major.List, this.count);
    const encoded = this.encoded;
    if (encoded != null) b.raw(encoded.ptr, encoded.len);
  }
}

/** Attribute is one fact of an event that a sub-message has left. */
@final
export class Attribute {
  constructor(readonly key: string, readonly value: string) {}
}

/** Event is an event that a sub-message has left. */
@final
export class Event {
  readonly attributes: Array<Attribute> = [];
  constructor(/** who emitted it */ readonly actor: string, readonly type: string) {}
}

/** Sub is a sub-message, to be refined: by default it wants no reply, and may use all the gas that is left. */
@final
export class Sub {
  private id: u64 = 0;
  private replyOn: u64 = ReplyOn.Never;
  private gas: u64 = 0;
  private data: Uint8Array | null = null;
  private adminOf: string = "";

  constructor(private kind: u64, private to: string, private body: Uint8Array | null, private module: string = "") {}

  /** onSuccess asks for a reply with the ID if the sub-message succeeds. */
  onSuccess(id: u64): Sub { return this.reply(id, ReplyOn.Success); }

  /**
   * onError asks for a reply with the ID if the sub-message fails. Its subtree is rolled back, and the call itself goes on
   * unless the handler of the reply fails.
   */
  onError(id: u64): Sub { return this.reply(id, ReplyOn.Error); }

  /** always asks for a reply with the ID in both cases. */
  always(id: u64): Sub { return this.reply(id, ReplyOn.Always); }

  private reply(id: u64, on: u64): Sub {
    this.id = id;
    this.replyOn = on;
    return this;
  }

  /** payload gives the sub-message a value that comes back in the reply. */
  payload<T>(v: T): Sub {
    this.data = encode<T>(v);
    return this;
  }

  /** gasLimit bounds the gas of the subtree. */
  gasLimit(n: u64): Sub {
    this.gas = n;
    return this;
  }

  /** at chooses the address of an actor that is to be created. */
  at(address: string): Sub {
    this.to = address;
    return this;
  }

  /** admin makes an address the admin of an actor that is to be created. */
  admin(address: string): Sub {
    this.adminOf = address;
    return this;
  }

  writeTo(b: Buffer): void {
    b.head(Major.List, 5);
    b.head(Major.Uint, this.id);
    b.head(Major.Uint, this.replyOn);
    b.head(Major.Uint, this.gas);
    b.nullable(this.data);
    b.head(Major.List, 5);
    b.head(Major.Uint, this.kind);
    b.text(this.to);
    b.nullable(this.body);
    b.text(this.module);
    b.text(this.adminOf);
  }
}

/** message returns the body of an execute, query or sudo message: {name: {fields}}, or the name alone if there are no fields. */
export function message<M>(m: M, name: string = ""): Uint8Array {
  const b = new Buffer();
  const called = name == "" ? snake(nameof<M>()) : name;
  if (schemaOf<M>().names.length == 0) {
    b.text(called);
  } else {
    b.head(Major.Pairs, 1);
    b.text(called);
    write<M>(b, m);
  }
  return b.copy();
}

/** Answer is what another actor has answered, or how it has failed. */
@final
export class Answer<A> {
  /** A value that is there if error is null; else it is zero. */
  constructor(readonly value: A, readonly error: Failure | null) {}
}

/** View is what a query and any other call see of the world. */
export class View {
  constructor(
    /** the actor that runs */
    readonly self: string,
    /** the place of the transaction in the serial order of its partition, from 1 */
    readonly sequence: u64,
    /** the time of the transaction in nanoseconds since 1970, UTC */
    readonly time: i64,
  ) {}

  /**
   * ask asks another actor, or the running one itself, and decodes its answer. In a transaction the answer counts in
   * everything written so far.
   *
   *     const owned = c.ask<u64>("currency", message(new Balance(c.self)));
   */
  ask<A>(to: string, body: Uint8Array): Answer<A> {
    if (failed()) return new Answer<A>(zero<A>(), new Failure(Code.Failed, "the call has failed"));
    const n = host.ask(to, body);
    const w = new Wire(host.foundAt, n);
    w.head();
    w.head();
    if (w.arg != 0) {
      w.head();
      w.take();
      const code = stringAt(w.from, w.size);
      w.head();
      w.take();
      return new Answer<A>(zero<A>(), new Failure(code, stringAt(w.from, w.size)));
    }
    w.head();
    if (w.isNull()) return answered<A>(decodeAt<A>(w.ptr, 0));
    w.take();
    return answered<A>(decodeAt<A>(w.from, w.size));
  }

  /** askRaw reads one key of any actor. An actor that is not there has no keys. */
  askRaw(who: string, key: Uint8Array): Uint8Array | null { return failed() ? null : host.readKey(who, key); }
}

function answered<A>(d: Decoded<A>): Answer<A> {
  return new Answer<A>(d.value, d.fault == "" ? null : new Failure(Code.Malformed, d.fault));
}

/** Call is a running call of a handler that may write. It collects what is to happen when the handler returns. */
export class Call extends View {
  /** The data of the call, null if there is none. */
  data: Uint8Array | null = null;
  private messages: Array<Sub> = [];
  private events: Array<Attributes> = [];
  /** Facts about this call, which the host reports in an event of its own. */
  readonly attributes: Attributes = new Attributes(null);

  constructor(
    self: string,
    sequence: u64,
    time: i64,
    /** who sent the message; empty in a reply and in a sudo call */
    readonly sender: string,
    private seedAt: usize,
    /** the number of this call in its tree, from 0 */
    readonly span: u64,
  ) {
    super(self, sequence, time);
  }

  /** rand returns a generator of its own for this call. It is not for secrets: the seed stands in the log. */
  rand(): Rand { return new Rand(this.seedAt, this.span); }

  /** seed returns the randomness of the transaction, 32 bytes. */
  seed(): Uint8Array { return bytesAt(this.seedAt, 32); }

  /** emit emits an event. Give it facts by with. */
  emit(type: string): Attributes {
    const e = new Attributes(type);
    this.events.push(e);
    return e;
  }

  /** reply makes v, encoded, the data of the call: what its sender gets. The last one counts. */
  reply<T>(v: T): void { this.data = encode<T>(v); }

  /** execute asks the host to deliver an execute message to another actor, when the handler has returned. */
  execute<M>(to: string, m: M): Sub { return this.add(new Sub(Kind.Execute, to, message<M>(m))); }

  /** instantiate asks the host to create an actor from a module. The host picks the address unless Sub.at does. */
  instantiate<M>(module: string, m: M): Sub { return this.add(new Sub(Kind.Instantiate, "", encode<M>(m), module)); }

  /** migrate asks the host to put an actor, of which this one is the admin, on another module. */
  migrate<M>(to: string, module: string, m: M): Sub { return this.add(new Sub(Kind.Migrate, to, encode<M>(m), module)); }

  /** setAdmin asks the host to hand an actor, of which this one is the admin, to another admin, or to nobody if it is empty. */
  setAdmin(to: string, admin: string): Sub { return this.add(new Sub(Kind.SetAdmin, to, null)).admin(admin); }

  /** add adds a sub-message that is made by hand. */
  add(sub: Sub): Sub {
    this.messages.push(sub);
    return sub;
  }

  writeTo(b: Buffer): void {
    b.head(Major.List, 5);
    b.head(Major.Uint, 0);
    b.nullable(this.data);
    b.head(Major.List, this.messages.length);
    for (let i = 0; i < this.messages.length; i++) this.messages[i].writeTo(b);
    this.attributes.writeTo(b);
    b.head(Major.List, this.events.length);
    for (let i = 0; i < this.events.length; i++) this.events[i].writeTo(b);
  }
}

/** Outcome is that of a sub-message. */
export class Outcome {
  constructor(
    readonly id: u64,
    readonly payload: Uint8Array | null,
    /** who was called; for an instantiation the new actor */
    readonly callee: string,
    readonly gasUsed: u64,
    /** how it failed; null if it succeeded */
    readonly error: Failure | null,
    /** what the callee returned, null if nothing */
    readonly data: Uint8Array | null,
    readonly events: Array<Event>,
  ) {}

  /** decode returns what the callee returned as a T. */
  decode<T>(): Answer<T> {
    const data = this.data;
    return answered<T>(data == null ? decodeAt<T>(0, 0) : decodeAt<T>(data.dataStart, data.length));
  }
}

/** None is the payload of sub-messages that carry none, or none that the handler of the reply wants to see. */
export class None {
  fields(f: Fields): void {}
}

