// An actor that does what its operation says, for the tests of the guest code. It does what testdata/c does.

import {
  Kind, Level, Message, Reader, Request, Response, Result, Writer, ask, call, fail, guid, keyvalue, log, onCall, onMessage, onRequest, parameter, print,
  publish, quote, random, randomInRange, unknown,
} from "../../as/index";

export * from "../../as/exports";

const nothing = new Uint8Array(0);

function said(text: string): Uint8Array { return text == "" ? nothing : Uint8Array.wrap(String.UTF8.encode(text)); }

/** These say what a helper has returned. */
function plain<T>(r: Result<T>): Uint8Array {
  const why = r.error;
  if (why != null) fail(why);
  return said(r.value.toString());
}

function text(r: Result<string>): Uint8Array {
  const why = r.error;
  if (why != null) fail(why);
  return said(quote(r.value));
}

function texts(r: Result<Array<string>>): Uint8Array {
  const why = r.error;
  if (why != null) fail(why);
  return said(r.value.map<string>((s: string): string => quote(s)).join(","));
}

function done(r: Result<bool>): Uint8Array {
  const why = r.error;
  if (why != null) fail(why);
  return nothing;
}

/** copy writes a value as it was read. Texts become bytes, as they are. */
function copy(payload: Uint8Array): Uint8Array {
  const r = new Reader(payload);
  const w = new Writer();
  for (let left: u64 = 1; left > 0 && !r.bad; left--) {
    const kind = r.next();
    if (r.bad) break;
    switch (kind) {
      case Kind.Nil: w.nil(); break;
      case Kind.Bool: w.bool(r.value != 0); break;
      case Kind.Uint: w.uint(r.value); break;
      case Kind.Int: w.int(<i64>r.value); break;
      case Kind.Float: w.float(r.real); break;
      case Kind.List: left += r.value; w.list(<u32>r.value); break;
      case Kind.Pairs: left += 2 * r.value; w.pairs(<u32>r.value); break;
      case Kind.Extension: w.uint(r.value); w.bytes(r.foundBytes()); break;
      default: w.bytes(r.foundBytes());
    }
  }
  if (r.bad || r.left > 0) fail("bad");
  return w.content();
}

onCall((operation: string, payload: Uint8Array): Uint8Array => {
  const k = "key", v = "välue", both = ["a", "b"];
  if (operation == "copy") return copy(payload);
  if (operation == "quote") return said(quote(String.UTF8.decodeUnsafe(payload.dataStart, payload.length)));
  if (operation == "forward") {
    const r = call("", "other/actor", "Some.Thing", payload);
    const why = r.error;
    if (why != null) fail(why);
    return r.value;
  }
  if (operation == "get") {
    const r = keyvalue.get(k);
    const why = r.error;
    if (why != null) fail(why);
    return said(quote(r.value.value) + r.value.exists.toString());
  }
  if (operation == "set") return done(keyvalue.set(k, v, 60));
  if (operation == "delete") return plain(keyvalue.remove(k));
  if (operation == "contains") return plain(keyvalue.contains(k));
  if (operation == "increment") return plain(keyvalue.increment(k, -7));
  if (operation == "list_add") return plain(keyvalue.listAdd(k, v));
  if (operation == "list_delete") return plain(keyvalue.listRemove(k, v));
  if (operation == "list_range") return texts(keyvalue.listRange(k, 0, -1));
  if (operation == "list_clear") return plain(keyvalue.listClear(k));
  if (operation == "set_add") return plain(keyvalue.setAdd(k, v));
  if (operation == "set_delete") return plain(keyvalue.setRemove(k, v));
  if (operation == "set_query") return texts(keyvalue.setQuery(k));
  if (operation == "set_union") return texts(keyvalue.setUnion(both));
  if (operation == "set_intersection") return texts(keyvalue.setIntersection(both));
  if (operation == "set_clear") return plain(keyvalue.setClear(k));
  if (operation == "publish") return done(publish(Message.text(k, v, v)));
  if (operation == "tell") return done(publish(new Message(k)));
  if (operation == "ask") {
    const r = ask(k, said(v), 300);
    const why = r.error;
    if (why != null) fail(why);
    return said(quote(r.value.subject) + quote(r.value.text()));
  }
  if (operation == "log") return done(log(Level.Warn, v));
  if (operation == "guid") return text(guid());
  if (operation == "random") return plain(random());
  if (operation == "random_in_range") return plain(randomInRange(1, 300));
  return unknown(operation);
});

// Says what it has got.
onRequest((r: Request): Response => {
  const response = Response.text(`${r.method} ${r.path} ${r.header("x-name")} ${r.text()}`);
  const name = parameter(r.query, "name");
  if (name != null) {
    response.headers.set("Name", [name]);
    response.status = 418;
  }
  return response;
});

onMessage((m: Message): void => {
  print(m.subject + m.replyTo);
  if (m.body.length == 0) fail("empty");
});
