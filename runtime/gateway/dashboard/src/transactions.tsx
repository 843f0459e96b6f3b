import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { number, short } from "./format.ts";
import { entriesBefore, node, useCall, useLoaded, type Entry } from "./node.ts";
import { Copy, Failure, Loading, Outcome, Table, Text, Time, Value, Who } from "./parts.tsx";
import { href } from "./router.ts";
import { Tree } from "./tree.tsx";

/** All transactions, at first those that mention something. */
export function TransactionList({ about }: { about: string }) {
  const [live, setLive] = useState(true);
  const [before, setBefore] = useState(0);
  const [text, setText] = useState(about);
  const [outcome, setOutcome] = useState("");
  const keep = (e: Entry) => ended(e, outcome) && mentions(e, text);
  return (
    <>
      <div class="bar">
        <h1>Transactions</h1>
        <label class="search">
          <span class="visually-hidden">Filter by sender, actor or message</span>
          <input type="search" placeholder="filter by sender, actor, message…" value={text} onInput={(e) => setText(e.currentTarget.value)} />
        </label>
        <label class="choice">
          <span class="visually-hidden">Outcome</span>
          <select value={outcome} onChange={(e) => setOutcome(e.currentTarget.value)}>
            <option value="">all outcomes</option>
            <option value="committed">committed</option>
            <option value="rolled back">rolled back</option>
          </select>
        </label>
        <label class="check">
          <input type="checkbox" checked={live && !before} disabled={before > 0} onChange={(e) => setLive(e.currentTarget.checked)} /> live
        </label>
        {before > 0 && <button onClick={() => setBefore(0)}>Latest</button>}
      </div>
      <Latest last={50} live={live} before={before} older={setBefore} keep={text || outcome ? keep : undefined} />
    </>
  );
}

const ended = (e: Entry, outcome: string) => !outcome || e.receipt?.committed === (outcome === "committed");

/** Whether all words of a text stand somewhere in what the list shows of an entry. */
function mentions(e: Entry, text: string): boolean {
  const shown = [e.sequence, e.sender || "host", e.signer, e.to, e.module, e.op, e.kind, e.receipt?.code, e.call ?? (e.body && short(e.body))].join(" ").toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => shown.includes(word));
}

interface LatestProps {
  last: number;
  live?: boolean;
  before?: number;
  older?: (before: number) => void;
  keep?: (e: Entry) => boolean;
}

/** The last transactions, or those before one. */
export function Latest({ last, live = true, before = 0, older, keep }: LatestProps) {
  const log = useLoaded(
    `log ${last} ${before}`,
    async (signal) => (before ? entriesBefore(before, last, signal) : (await node.call("log", { last }, { signal })).entries ?? []),
    live && !before ? 1_000 : 0,
  );
  if (log.error && !log.value) return <Failure of={log.error} />;
  if (!log.value) return <Loading />;
  if (log.value.length === 0) {
    return (
      <p class="hint">
        Nothing has happened yet. <code>troupe send</code> sends a message; so do the forms on the page of an <a href="#/actors">actor</a>.
      </p>
    );
  }
  const entries = log.value.filter(keep ?? (() => true)).reverse();
  const first = log.value[0]!.sequence;
  return (
    <>
      {log.error && <Failure of={log.error} />}
      {keep && (
        <p class="hint" role="status">
          {number(entries.length)} of the {number(log.value.length)} transactions from {number(first)} to {number(log.value.at(-1)!.sequence)}
        </p>
      )}
      {entries.length > 0 && (
        <div class="transactions">
          <Table label="Transactions" head={["Seq", "When", "From", "To", "Message", "Outcome", "Gas"]}>
            {entries.map((e) => (
              <Row of={e} key={e.sequence} />
            ))}
          </Table>
        </div>
      )}
      {older && first > 1 && (
        <div class="bar below">
          <button onClick={() => older(first)}>Older</button>
        </div>
      )}
    </>
  );
}

function Row({ of: e }: { of: Entry }) {
  const receipt = e.receipt;
  return (
    <tr role="row">
      <td role="cell">
        <a href={href("transactions", e.sequence)}>{number(e.sequence)}</a>
      </td>
      <td role="cell">
        <Time of={e.time} />
      </td>
      <td role="cell">{e.op === "message" ? <Who is={e.sender} link={false} /> : <span class="name host">host</span>}</td>
      <td role="cell">{e.to ? <Who is={e.to} /> : e.module && <a href={href("modules", e.module)}>{e.module}</a>}</td>
      <td role="cell" class="clip">
        <span class="kind">{e.op === "message" ? e.kind : e.op}</span> {e.op === "message" && (e.call ?? (e.body && short(e.body)))?.slice(0, 400)}
      </td>
      <td role="cell">{receipt && <Outcome ok={receipt.committed} why={receipt.code} />}</td>
      <td role="cell" class="number">{receipt && number(receipt.gas_used)}</td>
    </tr>
  );
}

export function TransactionPage({ sequence }: { sequence: number }) {
  const valid = Number.isSafeInteger(sequence) && sequence > 0;
  const log = useCall("log", valid ? { from: sequence, limit: 1 } : undefined);
  const entry = log.value?.entries?.[0];
  const hasTree = entry?.sequence === sequence && (entry.op === "message" || entry.op === "install");
  const trace = useCall("trace", hasTree ? { sequence } : undefined);
  if (!valid) return <Missing>Transactions have numbers from 1 on.</Missing>;
  if (log.error) return <Failure of={log.error} />;
  if (!log.value) return <Loading />;
  if (entry?.sequence !== sequence) return <Missing>There is no transaction {sequence} yet, or it is no longer kept.</Missing>;
  const receipt = entry.receipt;
  return (
    <>
      <div class="bar">
        <h1>Transaction {number(sequence)}</h1>
        {receipt && <Outcome ok={receipt.committed} why={receipt.code} />}
        <span class="pager">
          {sequence > 1 && (
            <a href={href("transactions", sequence - 1)} aria-label={`Transaction ${sequence - 1}, before`}>
              ← {number(sequence - 1)}
            </a>
          )}
          {sequence < log.value.head && (
            <a href={href("transactions", sequence + 1)} aria-label={`Transaction ${sequence + 1}, after`}>
              {number(sequence + 1)} →
            </a>
          )}
        </span>
      </div>
      {receipt && !receipt.committed && (
        <p class="failure">
          <strong>{receipt.code}</strong> {receipt.path?.join(" → ")}: {receipt.message}
        </p>
      )}
      <Facts of={entry} answer={trace.value?.root?.answer} />
      {!hasTree && <p class="hint">It configured the node and has no tree: {entry.op}{entry.module && ` ${entry.module}`}.</p>}
      {entry.op === "configure" && <Value of={entry.body} wide />}
      {trace.error && <Failure of={trace.error} />}
      {hasTree && trace.loading && <Loading />}
      {trace.value?.root && <Tree root={trace.value.root} />}
    </>
  );
}

function Missing({ children }: { children: ComponentChildren }) {
  return (
    <>
      <h1>Transaction</h1>
      <p>{children}</p>
    </>
  );
}

/** Answer is what the data says, where it answers an invocation. */
function Facts({ of: entry, answer }: { of: Entry; answer?: string }) {
  const receipt = entry.receipt;
  return (
    <dl class="facts">
      <dt>Time</dt>
      <dd>
        <Time of={entry.time} exact />
      </dd>
      <dt>From</dt>
      <dd>
        <Who is={entry.sender} />
      </dd>
      {entry.signer && (
        <>
          <dt>Signed by</dt>
          <dd>
            <Who is={entry.signer} /> <Copy text={entry.signer} what="the signer's key" />
          </dd>
        </>
      )}
      {entry.request_id && (
        <>
          <dt>Request</dt>
          <dd>
            <code>{entry.request_id}</code> <Copy text={entry.request_id} what="the request's id" />
          </dd>
        </>
      )}
      {receipt && (
        <>
          <dt>Gas</dt>
          <dd>{number(receipt.gas_used)}</dd>
          <dt>Sub-messages</dt>
          <dd>{number(receipt.messages)}</dd>
          {receipt.data && (
            <>
              <dt>Data</dt>
              <dd>
                {answer ? <Text of={answer} /> : <Value of={receipt.data} />}
              </dd>
            </>
          )}
          <dt>Root</dt>
          <dd>
            <code title={receipt.root}>{receipt.root.slice(0, 16)}…</code> <Copy text={receipt.root} what="the root" />
          </dd>
        </>
      )}
    </dl>
  );
}
