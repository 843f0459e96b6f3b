// The currency of examples/mmo in AssemblyScript. It does what game.Currency does in Go, to the byte.

// A project of its own imports the SDK from "troupe-actor": see the template of troupe new as.
import {
  Call, Code, Fields, StateCounter, StateMap, StateValue, View, fail, onExecute, onInstantiate, onQuery, virtual,
} from "../../../../../../runtime/guest/assemblyscript/index";

export * from "../../../../../../runtime/guest/assemblyscript/exports";

/** Open instantiates a currency. The sender may mint. */
class Open {
  fields(f: Fields): void {}
}

/** Mint makes money. Only the one who made the currency may. */
class Mint {
  constructor(public to: string = "", public amount: u64 = 0) {}
  fields(f: Fields): void {
    this.to = f.of("to", this.to);
    this.amount = f.of("amount", this.amount);
  }
}

/** Transfer gives the sender's money to somebody else. */
class Transfer {
  constructor(public to: string = "", public amount: u64 = 0) {}
  fields(f: Fields): void {
    this.to = f.of("to", this.to);
    this.amount = f.of("amount", this.amount);
  }
}

/** Balance asks what somebody owns. The answer is a number. */
class Balance {
  constructor(public who: string = "") {}
  fields(f: Fields): void { this.who = f.of("of", this.who); }
}

const minter = new StateValue<string>("minter");
const supply = new StateCounter("supply");
const balances = new StateMap<string, u64>("balances");

function open(c: Call, m: Open): void {
  minter.set(c.sender);
}

function mint(c: Call, m: Mint): void {
  if (c.sender != minter.get()) return fail(Code.Unauthorized, `${c.sender} may not mint`);
  supply.add(m.amount); // fails if it overflows, and no balance is ever more than the supply
  balances.set(m.to, balances.get(m.to) + m.amount);
}

/**
 * transfer credits the receiver before it looks whether the sender can pay. That needs no care: if he cannot, the credit
 * is rolled back.
 */
function transfer(c: Call, m: Transfer): void {
  if (m.to == c.sender) return fail("self_transfer", `${c.sender} cannot pay itself`);
  balances.set(m.to, balances.get(m.to) + m.amount);
  const owned = balances.get(c.sender);
  if (owned < m.amount) return fail("insufficient_funds", `${c.sender} owns ${owned}, which is less than ${m.amount}`);
  balances.set(c.sender, owned - m.amount);
  c.emit("transfer").with("from", c.sender).with("to", m.to).with("amount", m.amount);
}

function balance(v: View, q: Balance): u64 {
  return balances.get(q.who);
}

virtual();
onInstantiate(open);
onExecute(mint);
onExecute(transfer);
onQuery(balance);
