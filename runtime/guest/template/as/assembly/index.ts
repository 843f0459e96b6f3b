// A counter: everybody may add to it, and whoever made it may set it back.

import { Call, Code, Fields, StateValue, View, fail, onExecute, onInstantiate, onQuery, virtual } from "troupe-actor";

export * from "troupe-actor/exports";

// The messages of a counter. Their names are those of the classes in snake case: {"add": {"n": 5}}.

/** Open makes a counter. The first message to an address does, too. */
class Open {
  constructor(public start: u64 = 0) {}
  fields(f: Fields): void { this.start = f.of("start", this.start); }
}

/** Add adds. The new total is the data of the call. */
class Add {
  constructor(public n: u64 = 0) {}
  fields(f: Fields): void { this.n = f.of("n", this.n); }
}

/** Reset sets the counter back to zero. Only who made it may. */
class Reset {
  fields(f: Fields): void {}
}

/** Total asks what the counter stands at. The answer is a number. */
class Total {
  fields(f: Fields): void {}
}

// What a counter keeps. The state of an actor is all that is left of a call; variables begin anew.
const owner = new StateValue<string>("owner");
const total = new StateValue<u64>("total");

function open(c: Call, m: Open): void {
  owner.set(c.sender);
  total.set(m.start);
}

/** add fails when the counter is full: then nothing of the call has happened. */
function add(c: Call, m: Add): void {
  let sum = total.get();
  if (m.n > u64.MAX_VALUE - sum) return fail("full", `the counter stands at ${sum} and cannot take ${m.n} more`);
  sum += m.n;
  total.set(sum);
  c.emit("added").with("by", c.sender).with("n", m.n);
  c.reply(sum);
}

function reset(c: Call, m: Reset): void {
  if (c.sender != owner.get()) return fail(Code.Unauthorized, `${c.sender} has not made this counter`);
  total.set(0);
}

virtual(); // the first message to an address makes the actor
onInstantiate(open);
onExecute(add);
onExecute(reset);
onQuery<Total, u64>((v: View, q: Total): u64 => total.get());
