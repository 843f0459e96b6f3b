// An actor with a message of each kind and a field of each form. Its twin in Go is in ../../zoo_test.go: what one does, the other
// does, to the byte.

import {
  Call, Fields, None, Pair, Reply, StateCounter, StateMap, StateSet, StateValue, View,
  fail, log, message, onAnyReply, onExecute, onInstantiate, onMigrate, onQuery, onReply, onSudo, under,
} from "../../../assemblyscript/index";

export * from "../../../assemblyscript/exports";

class Item {
  constructor(public name: string = "", public data: Uint8Array = new Uint8Array(0)) {}
  fields(f: Fields): void {
    this.name = f.of("name", this.name);
    this.data = f.optional("data", this.data);
  }
}

class Everything {
  flag: bool = false;
  small: i8 = 0;
  short: u16 = 0;
  signed: i64 = 0;
  big: u64 = 0;
  rate: f64 = 0;
  half: f32 = 0;
  text: string = "";
  bytes: Uint8Array = new Uint8Array(0);
  list: Array<Item> = [];
  numbers: Array<u32> = [];
  count: Map<string, u16> = new Map();
  by_id: Map<i32, string> = new Map();
  nested: Everything | null = null;

  fields(f: Fields): void {
    this.flag = f.optional("flag", this.flag);
    this.small = f.optional("small", this.small);
    this.short = f.optional("short", this.short);
    this.signed = f.optional("signed", this.signed);
    this.big = f.optional("big", this.big);
    this.rate = f.optional("rate", this.rate);
    this.half = f.optional("half", this.half);
    this.text = f.optional("text", this.text);
    this.bytes = f.optional("bytes", this.bytes);
    this.list = f.optional("list", this.list);
    this.numbers = f.optional("numbers", this.numbers);
    this.count = f.optional("count", this.count);
    this.by_id = f.optional("by_id", this.by_id);
    this.nested = f.optional("nested", this.nested);
  }
}

/** Digest holds bytes of which there are so many. */
class Digest {
  constructor(public hash: Uint8Array = new Uint8Array(4), public raw: Uint8Array = new Uint8Array(0)) {}
  fields(f: Fields): void {
    this.hash = f.exactly("hash", this.hash, 4);
    this.raw = f.optional("raw", this.raw);
  }
}

class Tick {
  fields(f: Fields): void {}
}

class Percent {
  constructor(public n: i64 = 0) {}
  fields(f: Fields): void { this.n = f.of("n", this.n); }
  validate(): void {
    if (this.n < 0) return fail("invalid_message", "percent: " + this.n.toString() + " is negative");
    if (this.n > 100) return fail("too_much", this.n.toString() + " is more than 100");
  }
}

onExecute<Everything>((c, m) => { c.reply(m); });
onExecute<Digest>((c, m) => { c.reply(m); });
onExecute<Percent>((c, m) => { c.reply(m); });
onExecute<Tick>((c, m) => { c.reply(m); });
onInstantiate<Item>((c, m) => { c.reply(m); });
onMigrate<Item>((c, m) => { c.reply(m); });
onQuery<Item, Item>((v, q) => q);
onSudo<Tick>((c, m) => { c.reply("sudo"); });

// State.

const value = new StateValue<Everything>("value");
const counter = new StateCounter("counter");
const texts = new StateMap<string, u64>("texts");
const signed = new StateMap<i64, string>("signed");
const small = new StateMap<u8, bool>("small");
const raw = new StateMap<Uint8Array, Uint8Array>("raw");
const pairs = new StateMap<Pair<string, Pair<i32, string>>, f64>("pairs");
const names = new StateSet<string>("names");

/** Keep writes what it is given everywhere. */
class Keep {
  constructor(
    public text: string = "", public n: i64 = 0, public small: u8 = 0, public bytes: Uint8Array = new Uint8Array(0), public rate: f64 = 0,
    public all: Everything = new Everything(),
  ) {}
  fields(f: Fields): void {
    this.text = f.of("text", this.text);
    this.n = f.of("n", this.n);
    this.small = f.of("small", this.small);
    this.bytes = f.of("bytes", this.bytes);
    this.rate = f.of("rate", this.rate);
    this.all = f.of("all", this.all);
  }
}

onExecute<Keep>((c, m) => {
  value.set(m.all);
  texts.set(m.text, <u64>m.n);
  signed.set(m.n, m.text);
  small.set(m.small, m.small > 100);
  raw.set(m.bytes, m.bytes);
  pairs.set(new Pair(m.text, new Pair(<i32>m.n, m.text)), m.rate);
  c.reply(names.add(m.text));
});

/** Show reads everything back. */
class Show {
  constructor(public from: string = "", public down: bool = false) {}
  fields(f: Fields): void {
    this.from = f.of("from", this.from);
    this.down = f.of("down", this.down);
  }
}

onQuery<Show, Array<string>>((v, q) => {
  const out = new Array<string>();
  if (value.has()) out.push(value.get().text);
  let t = texts.all();
  if (q.from != "") t = t.from(q.from);
  if (q.down) t = t.descending();
  while (t.next()) out.push(t.key + "=" + t.value.toString());
  const s = signed.all();
  while (s.next()) out.push(s.key.toString() + "=" + s.value);
  const s8 = small.all().to(200);
  while (s8.next()) out.push(s8.key.toString() + "=" + s8.value.toString());
  const r = raw.all();
  while (r.next()) out.push(r.key.length.toString());
  const p = pairs.all();
  while (p.next()) out.push(p.key.first + " " + p.key.second.first.toString() + " " + p.key.second.second);
  const u = under<string, Pair<i32, string>, f64>(pairs, q.from).all();
  while (u.nextKey()) out.push(u.key.first.toString());
  const n = names.all();
  while (n.nextKey()) out.push(n.key);
  return out;
});

class Forget {
  constructor(public text: string = "") {}
  fields(f: Fields): void { this.text = f.of("text", this.text); }
}

onExecute<Forget>((c, m) => {
  names.delete(m.text);
  texts.delete(m.text);
  value.delete();
  signed.clear();
});

class Count {
  constructor(public by: u64 = 0) {}
  fields(f: Fields): void { this.by = f.of("by", this.by); }
}

onExecute<Count>((c, m) => {
  const stands = counter.add(m.by);
  names.add("counted");
  c.reply(stands);
});

// Corrupt stores a text where a number belongs.
class Corrupt {
  constructor(public key: string = "") {}
  fields(f: Fields): void { this.key = f.of("key", this.key); }
}

const lies = new StateMap<string, string>("texts");

onExecute<Corrupt>((c, m) => { lies.set(m.key, "no number"); });

// Calls.

class Emit {
  constructor(public text: string = "", public n: i32 = 0) {}
  fields(f: Fields): void {
    this.text = f.of("text", this.text);
    this.n = f.of("n", this.n);
  }
}

onExecute<Emit>((c, m) => {
  c.attributes.with("action", "emit").with("n", m.n);
  c.emit("emitted").with("text", m.text).with("ok", true);
  c.emit("bare");
  log("emitted " + m.text);
});

class Relay {
  constructor(public to: string = "", public n: i64 = 0, public mode: u8 = 0) {}
  fields(f: Fields): void {
    this.to = f.of("to", this.to);
    this.n = f.of("n", this.n);
    this.mode = f.of("mode", this.mode);
  }
}

onExecute<Relay>((c, m) => {
  switch (m.mode) {
    case 0:
      c.execute(m.to, new Percent(m.n));
      return;
    case 1:
      c.execute(m.to, new Percent(m.n)).always(1).payload(m);
      return;
    case 2:
      c.execute(m.to, new Percent(m.n)).onError(2);
      return;
    case 3:
      c.execute(m.to, new Tick()).onSuccess(3).payload("text").gasLimit(1000000);
      return;
    case 4:
      c.instantiate(m.to, new Item("child")).at("child").admin(c.self).onSuccess(4);
      return;
    case 5:
      c.setAdmin(m.to, "nobody");
      return;
    case 6: {
      const a = c.ask<Item>(m.to, message(new Item("asked")));
      const e = a.error;
      c.reply(e == null ? a.value.name : e.code + ": " + e.message);
      return;
    }
    case 7: {
      const a = c.ask<u64>(m.to, message(new Item("asked")));
      const e = a.error;
      c.reply(e == null ? "a number" : e.code + ": " + e.message);
      return;
    }
    case 8: {
      const r = c.rand();
      let s = "";
      for (let i = 0; i < 200; i++) s += r.u64().toString() + " " + r.below(<u64>m.n).toString() + " ";
      c.reply(s);
      return;
    }
    case 9:
      c.reply(`${c.self} ${c.sender} ${c.sequence} ${c.time}`);
      return;
    case 10:
      c.data = new Uint8Array(0);
      return;
    case 11:
      c.reply("taken back");
      c.data = null;
      return;
  }
});

onReply<Relay>(1, (c, r) => {
  const e = r.error;
  c.emit("replied").with("to", r.value.to).with("callee", r.callee).with("how", e == null ? "well" : e.code + " " + e.message).with("events", r.events.length);
  if (e == null) c.reply(r.decode<Percent>().value.n);
});
onReply<None>(2, (c, r) => { c.emit("failed").with("why", r.error!.code); });
onReply<string>(3, (c, r) => { c.emit("replied").with("payload", r.value); });
onAnyReply<None>((c, r) => { c.emit("replied").with("id", r.id).with("callee", r.callee); });
