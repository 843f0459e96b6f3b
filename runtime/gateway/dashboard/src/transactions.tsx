import { useState } from "preact/hooks";
import { clock, number, short } from "./format.ts";
import { useCall, type Entry } from "./node.ts";
import { Failure, Loading, Outcome, Table, Value, Who } from "./parts.tsx";
import { href } from "./router.ts";
import { Tree } from "./tree.tsx";

export function TransactionList() {
  const [live, setLive] = useState(true);
  const [before, setBefore] = useState(0);
  return (
    <>
      <div class="bar">
        <h1>Transactions</h1>
        <label class="check">
          <input type="checkbox" checked={live && !before} disabled={before > 0} onChange={(e) => setLive(e.currentTarget.checked)} /> live
        </label>
        {before > 0 && <button onClick={() => setBefore(0)}>Latest</button>}
      </div>
      <Latest last={50} live={live} before={before} older={setBefore} />
    </>
  );
}

/** The last transactions, or those before one. */
export function Latest({ last, live = true, before = 0, older }: { last: number; live?: boolean; before?: number; older?: (before: number) => void }) {
  const log = useCall("log", before ? { from: Math.max(1, before - last), limit: Math.min(last, before - 1) } : { last }, live && !before ? 1_000 : 0);
  if (log.error && !log.value) return <Failure of={log.error} />;
  if (!log.value) return <Loading />;
  const entries = [...(log.value.entries ?? [])].reverse();
  if (entries.length === 0) return <p class="hint">Nothing has happened yet.</p>;
  const first = entries.at(-1)!.sequence;
  return (
    <>
      <Table label="Transactions" head={["Seq", "Time", "From", "To", "Message", "Outcome", "Gas"]}>
        {entries.map((e) => (
          <Row of={e} key={e.sequence} />
        ))}
      </Table>
      {older && first > 1 && <button onClick={() => older(first)}>Older</button>}
    </>
  );
}

function Row({ of: e }: { of: Entry }) {
  const receipt = e.receipt;
  return (
    <tr>
      <td>
        <a href={href("transactions", e.sequence)}>{number(e.sequence)}</a>
      </td>
      <td class="time">{clock(e.time)}</td>
      <td>{e.op === "message" ? <Who is={e.sender} link={false} /> : <span class="name host">host</span>}</td>
      <td>{e.to ? <Who is={e.to} /> : <span class="name">{e.module}</span>}</td>
      <td class="clip">
        <span class="kind">{e.op === "message" ? e.kind : e.op}</span> {e.op === "message" && e.body && short(e.body)}
      </td>
      <td>{receipt && <Outcome ok={receipt.committed} why={receipt.code} />}</td>
      <td class="number">{receipt && number(receipt.gas_used)}</td>
    </tr>
  );
}

export function TransactionPage({ sequence }: { sequence: number }) {
  const valid = Number.isSafeInteger(sequence) && sequence > 0;
  const log = useCall("log", valid ? { from: sequence, limit: 1 } : undefined);
  const entry = log.value?.entries?.[0];
  const isMessage = entry?.op === "message" || entry?.op === "install";
  const trace = useCall("trace", isMessage ? { sequence } : undefined);
  if (!valid) return <p>Transactions have numbers from 1 on.</p>;
  if (log.error) return <Failure of={log.error} />;
  if (!log.value) return <Loading />;
  if (entry?.sequence !== sequence) return <p>There is no transaction {sequence} yet, or it is no longer kept.</p>;
  const receipt = entry.receipt;
  return (
    <>
      <div class="bar">
        <h1>Transaction {number(sequence)}</h1>
        {receipt && <Outcome ok={receipt.committed} why={receipt.code} />}
        <span class="pager">
          {sequence > 1 && <a href={href("transactions", sequence - 1)}>← {number(sequence - 1)}</a>}
          {sequence < log.value.head && <a href={href("transactions", sequence + 1)}>{number(sequence + 1)} →</a>}
        </span>
      </div>
      {receipt && !receipt.committed && (
        <p class="failure">
          <strong>{receipt.code}</strong> {receipt.path?.join(" → ")}: {receipt.message}
        </p>
      )}
      <dl class="facts">
        <dt>Time</dt>
        <dd>{clock(entry.time)}</dd>
        <dt>From</dt>
        <dd>
          <Who is={entry.sender} />
        </dd>
        {entry.signer && entry.signer !== entry.sender && (
          <>
            <dt>Signed by</dt>
            <dd>
              <Who is={entry.signer} />
            </dd>
          </>
        )}
        {entry.request_id && (
          <>
            <dt>Request</dt>
            <dd>
              <code>{entry.request_id}</code>
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
                  <Value of={receipt.data} />
                </dd>
              </>
            )}
            <dt>Root</dt>
            <dd>
              <code class="clip">{receipt.root}</code>
            </dd>
          </>
        )}
      </dl>
      {!isMessage && <p class="hint">It configured the node: {entry.op}, and has no tree.</p>}
      {trace.error && <Failure of={trace.error} />}
      {isMessage && trace.loading && <Loading />}
      {trace.value?.root && <Tree root={trace.value.root} />}
    </>
  );
}
