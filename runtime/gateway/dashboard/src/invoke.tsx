import { useId, useState } from "preact/hooks";
import { number } from "./format.ts";
import { asError, entriesBefore, node, TroupeError, useLoaded, type Bytes, type Entry, type Span } from "./node.ts";
import { Failure, Loading, Outcome, Section, Time, Value } from "./parts.tsx";
import { href } from "./router.ts";
import { Tree } from "./tree.tsx";

/** Operations that many actors take, with an argument to begin with. */
const known: Record<string, unknown> = {
  "HttpServer.HandleRequest": { method: "GET", path: "/", queryString: "", header: {}, body: "" },
  "MessageSubscriber.HandleMessage": { subject: "", replyTo: "", body: "" },
  "Actor.HealthRequest": {},
};

interface Result {
  data?: Bytes | null;
  sequence?: number;
  root?: Span;
  error?: TroupeError;
}

/** Invokes an operation of an actor with claims, and shows what it answered and how it came to that. */
export function InvokeForm({ address }: { address: string }) {
  const [op, setOp] = useState("HttpServer.HandleRequest");
  const [text, setText] = useState(JSON.stringify(known["HttpServer.HandleRequest"], null, 2));
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Result>();
  const id = useId();
  const choose = (name: string) => {
    setOp(name);
    const argument = known[name];
    if (argument !== undefined) setText(JSON.stringify(argument, null, 2));
  };
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setResult(await invoke(address, op, text));
    setBusy(false);
  };
  return (
    <form class="message" onSubmit={submit}>
      <label>
        Operation
        <input list={id + "known"} value={op} required autocomplete="off" spellcheck={false} onInput={(e) => choose(e.currentTarget.value)} />
      </label>
      <datalist id={id + "known"}>
        {Object.keys(known).map((name) => (
          <option value={name} />
        ))}
      </datalist>
      <label for={id + "data"}>Data, in JSON</label>
      <textarea id={id + "data"} rows={Math.min(12, Math.max(3, text.split("\n").length))} spellcheck={false} value={text} onInput={(e) => setText(e.currentTarget.value)} />
      <button disabled={busy}>Invoke</button>
      <div aria-live="polite">
        {result && (
          <div class="result">
            {!!result.sequence && (
              <p>
                <Outcome ok={!result.error} /> <a href={href("transactions", result.sequence)}>transaction {number(result.sequence)}</a>
              </p>
            )}
            {result.error && <Failure of={result.error} />}
            {result.data && <Value of={result.data} wide />}
          </div>
        )}
      </div>
      {result?.root && <Tree root={result.root} key={result.sequence} />}
    </form>
  );
}

async function invoke(to: string, op: string, text: string): Promise<Result> {
  let data: unknown;
  try {
    data = text.trim() === "" ? undefined : JSON.parse(text);
  } catch (error) {
    return { error: new TroupeError("bad_request", `The data is not JSON: ${(error as Error).message}`) };
  }
  try {
    const receipt = await node.call("send", { to, body: { json: { op, data } }, trace: true });
    return { data: receipt.data, sequence: receipt.sequence, root: receipt.trace?.root ?? undefined };
  } catch (error) {
    const failure = asError(error);
    const sequence = failure.details.sequence || undefined;
    const root = sequence ? (await node.call("trace", { sequence }).catch(() => undefined))?.root : undefined;
    return { error: failure, sequence, root: root ?? undefined };
  }
}

/** How many transactions the logs are read from, and among how many they are looked for. */
const [read, among] = [5, 100];

interface Lines {
  entry: Entry;
  calls: Span[];
}

/** What an actor has said in the last transactions that called it. Their trees are made anew, and only when somebody asks. */
export function Logs({ address }: { address: string }) {
  const [round, setRound] = useState(0);
  const logs = useLoaded(round === 0 ? undefined : `logs ${address} ${round}`, (signal) => readLogs(address, signal));
  return (
    <Section title="Logs" extra={`of the last ${read} transactions that called it`}>
      <button onClick={() => setRound(round + 1)}>{round === 0 ? "Read the logs" : "Read them again"}</button>
      <div aria-live="polite">
        {round > 0 && logs.loading && <Loading />}
        {logs.error && <Failure of={logs.error} />}
        {logs.value?.length === 0 && <p class="hint">None of the last {among} transactions called it.</p>}
        {logs.value?.map(({ entry, calls }) => (
          <div class="notice" key={entry.sequence}>
            <a href={href("transactions", entry.sequence)}>{number(entry.sequence)}</a> <Time of={entry.time} />{" "}
            {calls.every((c) => !c.logs?.length && !c.code) && <span class="hint">said nothing</span>}
            {calls.map((c) => (
              <>
                {c.logs?.map((line) => (
                  <p class="log">{line}</p>
                ))}
                {c.code && (
                  <p class="error">
                    <strong>{c.code}</strong> {c.message}
                  </p>
                )}
              </>
            ))}
          </div>
        ))}
      </div>
    </Section>
  );
}

async function readLogs(address: string, signal: AbortSignal): Promise<Lines[]> {
  const { head } = await node.call("log", { last: 1 }, { signal });
  const entries = (await entriesBefore(head + 1, among, signal)).filter((e) => called(e, address)).slice(-read).reverse();
  const lines: Lines[] = [];
  for (const entry of entries) { // one after the other: the node makes one tree at a time
    const trace = await node.call("trace", { sequence: entry.sequence }, { signal });
    lines.push({ entry, calls: trace.root ? callsOf(trace.root, address) : [] });
  }
  return lines;
}

/** Whether it is known without its tree that a transaction called an actor. */
const called = (e: Entry, address: string) =>
  e.op === "message" && (e.to === address || e.receipt?.path?.includes(address) || e.receipt?.events?.some((event) => event.actor === address));

function callsOf(span: Span, address: string): Span[] {
  return [...(span.to === address ? [span] : []), ...(span.children ?? []).flatMap((child) => callsOf(child, address))];
}
