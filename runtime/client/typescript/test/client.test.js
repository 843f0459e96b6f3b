import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, TroupeError, eventsOf } from "../dist/client.js";
import { breaking, serve } from "./node.js";

let node, troupe;

before(async () => {
  node = await serve();
  troupe = new Client(node);
}, { timeout: 300_000 });
after(() => node?.stop());

const mint = (to, amount = 1) => ({ to: "currency", as: "engine", body: { json: { mint: { to, amount } } } });
const balance = async (of) => (await troupe.call("query", { to: "currency", body: { json: { balance: { of } } } })).data.json;

/** The TroupeError that a promise ends with. */
async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof TroupeError, String(error));
    return error;
  }
  assert.fail("it did not fail");
}

test("tells who the node is and who asks", async () => {
  const info = await troupe.call("info", {});
  assert.equal(info.state, "ready");
  assert.ok(info.roles.includes("operator"));
});

test("sends, asks, reads", async () => {
  const receipt = await troupe.call("send", { ...mint("ann", 5), trace: true });
  assert.equal(receipt.committed, true);
  assert.equal(receipt.trace.root.to, "currency");
  assert.equal(await balance("ann"), 5);
  const value = await troupe.call("get", { actor: "currency", key: { text: "balances/ann" } });
  assert.deepEqual([value.found, value.value.json], [true, 5]);
  const page = await troupe.call("scan", { actor: "currency", prefix: { text: "balances/a" } });
  assert.deepEqual(page.pairs.map((p) => [p.key.text, p.value.json]), [["balances/ann", 5]]);
});

test("a request that is sent twice has one effect and one receipt", async () => {
  const request = { ...mint("ben", 3), id: "order-17" };
  const first = await troupe.call("send", request);
  const second = await troupe.call("send", request);
  assert.deepEqual([second.sequence, second.root], [first.sequence, first.root]);
  assert.equal(first.request_id, "order-17");
  assert.equal(await balance("ben"), 3);
  assert.equal((await troupe.call("receipt", { id: "order-17" })).sequence, first.sequence);
  const other = await failure(troupe.call("send", { ...mint("ben", 4), id: "order-17" }));
  assert.equal(other.code, "conflict");
  assert.equal(other.retry, false);
});

test("errors say what they are", async () => {
  const poor = await failure(troupe.call("send", { to: "currency", as: "pauper", body: { json: { transfer: { to: "ann", amount: 1 } } } }));
  assert.equal(poor.code, "actor");
  assert.equal(poor.details.actor, "insufficient_funds");
  assert.ok(poor.details.sequence > 0);
  assert.match(poor.message, /pauper owns 0/);
  assert.equal((await failure(troupe.call("send", { to: "currency", boddy: 1 }))).code, "bad_request");
  assert.equal((await failure(troupe.call("actor", { address: "nobody" }))).code, "not_found");
  assert.equal((await failure(new Client({ url: node.url }).call("actors", {}))).code, "unauthenticated");
  assert.equal((await failure(new Client({ url: node.url, token: () => "nonsense" }).call("actors", {}))).code, "unauthenticated");
});

test("a write whose answer was lost is asked for again under the same id", async () => {
  const proxy = await breaking(node.url, (_, n) => (n < 2 ? "answer" : undefined));
  try {
    const receipt = await new Client({ ...node, url: proxy.url }).call("send", mint("cleo", 7));
    assert.equal(receipt.committed, true);
    assert.equal(proxy.seen.length, 3);
    assert.equal(new Set(proxy.seen.map((r) => r.headers["idempotency-key"])).size, 1);
    assert.ok(proxy.seen[0].headers["idempotency-key"].length > 20);
    assert.equal(await balance("cleo"), 7);
  } finally {
    await proxy.stop();
  }
});

test("a connection that is refused for ever is an outcome that is not known", async () => {
  const proxy = await breaking(node.url, () => "refused");
  try {
    const error = await failure(new Client({ ...node, url: proxy.url, retries: 2 }).call("send", mint("dora")));
    assert.equal(error.code, "unknown_outcome");
    assert.equal(error.retry, true);
    assert.equal(proxy.seen.length, 3);
    assert.equal(await balance("dora"), 0);
  } finally {
    await proxy.stop();
  }
});

test("a read is repeated, too", async () => {
  const proxy = await breaking(node.url, (_, n) => (n === 0 ? "answer" : undefined));
  try {
    assert.equal((await new Client({ ...node, url: proxy.url }).call("info", {})).state, "ready");
    assert.equal(proxy.seen.length, 2);
  } finally {
    await proxy.stop();
  }
});

test("a watch goes on where it broke: each transaction once, in order", { timeout: 300_000 }, async () => {
  const proxy = await breaking(node.url, (_, n) => (n < 3 ? 2 : undefined));
  const sent = [];
  const got = [];
  try {
    const { sequence } = await troupe.call("info", {});
    const client = new Client({ ...node, url: proxy.url });
    const sending = (async () => {
      for (let i = 1; i <= 12; i++) {
        sent.push((await troupe.call("send", mint("eve"))).sequence);
        await sleep(20);
      }
    })();
    for await (const notice of client.watch({ actor: "currency", keys: true, from: sequence, prefix: { text: "balances/eve" } })) {
      got.push([notice.sequence, notice.changes[0].value.json]);
      if (got.length === 12) break;
    }
    await sending;
    assert.deepEqual(got, sent.map((s, i) => [s, i + 1]));
    assert.ok(proxy.seen.length >= 4, `${proxy.seen.length} connections`);
    assert.equal(proxy.seen[0].headers["last-event-id"], String(sequence));
    assert.ok(Number(proxy.seen[1].headers["last-event-id"]) > sequence);
    for (let i = 0; proxy.open.size > 0 && i < 1_500; i++) await sleep(20);
    assert.equal(proxy.open.size, 0, "who leaves the loop closes the connection");
  } finally {
    await proxy.stop();
  }
});

test("a watch that is refused ends with the error", async () => {
  const error = await failure(new Client({ url: node.url }).watch({ actor: "currency" }).next());
  assert.equal(error.code, "unauthenticated");
});

test("what is aborted ends at once, with the reason", { timeout: 300_000 }, async () => {
  const stop = new AbortController();
  const watch = troupe.watch({ actor: "currency", now: true }, { signal: stop.signal });
  const next = watch.next();
  setTimeout(() => stop.abort(new Error("enough")), 100);
  await assert.rejects(next, /enough/);
  await assert.rejects(troupe.call("info", {}, { signal: stop.signal }), /enough/);

  const proxy = await breaking(node.url, () => "refused");
  try {
    const later = new AbortController();
    setTimeout(() => later.abort(new Error("too late")), 150);
    await assert.rejects(new Client({ ...node, url: proxy.url, retries: 1_000 }).call("info", {}, { signal: later.signal }), /too late/);
  } finally {
    await proxy.stop();
  }
});

test("events are read as the standard says, however they are cut into pieces", async () => {
  const text = ": comment\r\nid: 7\r\nevent: notice\r\ndata: a\r\ndata:b\r\n\r\ndata\n\nid:8\rdata: ä\r\rdata: lost";
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size <= bytes.length; size++) {
    const body = new ReadableStream({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
        controller.close();
      },
    });
    const events = [];
    for await (const event of eventsOf(body)) events.push(event);
    assert.deepEqual(events, [
      { type: "notice", id: "7", data: "a\nb" },
      { type: "message", data: "" },
      { type: "message", id: "8", data: "ä" },
    ], `in pieces of ${size}`);
  }
});
