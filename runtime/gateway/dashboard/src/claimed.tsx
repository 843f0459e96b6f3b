import { useState } from "preact/hooks";
import { readClaims, toBase64, type ModuleClaims } from "./claims.ts";
import { duration, keyName, number } from "./format.ts";
import { node, useAct, useCall, type Act, type Claimed, type ClaimedStats } from "./node.ts";
import { Acted, Cards, Cell, Copy, Failure, Section, Twice, Who } from "./parts.tsx";
import { href } from "./router.ts";
import { covers } from "./session.ts";

/** The actors whose modules carry claims, and a form to start one. */
export function ClaimedList({ operates }: { operates: boolean }) {
  const list = useCall("claims", covers("claims") ? {} : undefined, 3_000);
  const act = useAct(list.reload);
  const actors = list.value?.actors ?? [];
  if (!list.error && actors.length === 0 && !operates) return null;
  return (
    <Section title="Actors with claims" extra="they reach only what they claim and are linked to">
      {list.error && <Failure of={list.error} />}
      {list.value && actors.length === 0 && <p class="hint">There are none yet.</p>}
      {actors.length > 0 && (
        <Cards label="Actors with claims" head={["Address", "May use", "Revision", "Signed by", "State", "Instances", ...(operates ? ["Change"] : [])]}>
          {actors.map((a) => (
            <tr role="row" key={a.actor}>
              <Cell>
                <Who is={a.actor} />
              </Cell>
              <Cell of="may use">{capabilities(a.capabilities)}</Cell>
              <Cell of="revision">
                {number(a.revision)}
                {a.version && <span class="hint"> {a.version}</span>}
              </Cell>
              <Cell of="signed by">
                <code title={a.issuer}>{keyName(a.issuer)}</code>
              </Cell>
              <Cell>
                <ClaimedState of={a} />
              </Cell>
              <Cell of="instances">{operates ? <Scale of={a} act={act} /> : number(a.instances)}</Cell>
              {operates && (
                <Cell>
                  <Ends of={a} act={act} />
                </Cell>
              )}
            </tr>
          ))}
        </Cards>
      )}
      <Acted of={act} />
      {operates && <StartForm started={list.reload} />}
    </Section>
  );
}

/** What an actor claims and how it is, on its page. */
export function ClaimedFacts({ of: a, operates, changed }: { of: Claimed; operates: boolean; changed: () => void }) {
  const act = useAct(changed);
  const stats = useCall("stats", {}, 3_000).value?.claimed?.[a.actor];
  return (
    <Section title="Claims">
      <dl class="facts">
        <dt>State</dt>
        <dd>
          <ClaimedState of={a} />
        </dd>
        <dt>May use</dt>
        <dd>{capabilities(a.capabilities)}</dd>
        <dt>Revision</dt>
        <dd>
          {number(a.revision)} {a.version}
        </dd>
        {a.alias && (
          <>
            <dt>Called</dt>
            <dd>{a.alias}</dd>
          </>
        )}
        <dt>Module</dt>
        <dd>
          <code title={a.key}>{keyName(a.key)}</code> <Copy text={a.key} what="the key of the module" />
        </dd>
        <dt>Signed by</dt>
        <dd>
          <code title={a.issuer}>{keyName(a.issuer)}</code> <Copy text={a.issuer} what="the key of the issuer" />
          {!!a.expires && `, good until ${new Date(a.expires * 1e3).toLocaleString("en-GB")}`}
        </dd>
        <dt>Started</dt>
        <dd>
          in <a href={href("transactions", a.started)}>transaction {number(a.started)}</a>
        </dd>
        {stats && <Calls of={stats} />}
        <dt>Instances</dt>
        <dd>{operates ? <Scale of={a} act={act} /> : number(a.instances)}</dd>
      </dl>
      {operates && (
        <div class="bar">
          <Ends of={a} act={act} />
        </div>
      )}
      <Acted of={act} />
    </Section>
  );
}

const capabilities = (list: readonly string[] | null) => list?.map((c) => c.replace(/^wasmcloud:/, "")).join(", ") || "nothing";

/** How an actor is: told by a sign and words, not by colour alone. */
function ClaimedState({ of: a }: { of: Claimed }) {
  if (a.refused) return <span class="outcome bad">▲ refused<span class="why">: {a.refused}</span></span>;
  return <span class="outcome good">● runs</span>;
}

/** How often an actor was called since the node started, how long that took, and what failed. */
function Calls({ of: s }: { of: ClaimedStats }) {
  const count = s.latency?.at(-1)?.count ?? 0;
  const failed = Object.entries(s.failed ?? {}).sort(([, a], [, b]) => b - a);
  return (
    <>
      <dt>Calls</dt>
      <dd>
        {number(count)} since the node started
        {count > 0 && `, ${duration(s.latency_sum_us / count)} each`}
        {failed.map(([code, n]) => (
          <span class="error">
            , {number(n)} failed: {code}
          </span>
        ))}
      </dd>
    </>
  );
}

function Scale({ of: a, act }: { of: Claimed; act: Act }) {
  return (
    <form
      class="inline"
      onSubmit={(e) => {
        e.preventDefault();
        const instances = Number(new FormData(e.currentTarget).get("instances"));
        void act.run(() => node.call("scale", { actor: a.actor, instances }), `${a.actor} runs up to ${number(instances)} calls at once.`);
      }}
    >
      <label>
        <span class="visually-hidden">Instances of {a.actor}</span>
        <input name="instances" type="number" min={0} max={1_000_000} required defaultValue={String(a.instances)} key={a.instances} />
      </label>
      <button>Scale</button>
    </form>
  );
}

function Ends({ of: a, act }: { of: Claimed; act: Act }) {
  return (
    <span class="buttons">
      <Twice
        name="Stop"
        sure={`Stop ${a.actor} and take its links?`}
        onSure={() => act.run(() => node.call("stop", { actor: a.actor }), `${a.actor} is stopped.`)}
      />{" "}
      <Twice
        name="Ban"
        sure={`Ban the module of ${a.actor}?`}
        onSure={() => act.run(() => node.call("ban", { key: a.key }), `The module of ${a.actor} is banned: the page Access can end that.`)}
      />
    </span>
  );
}

interface Chosen {
  code: Uint8Array;
  claims?: ModuleClaims;
  /** Why no claims could be read. */
  why?: string;
}

/** Starts an actor from a file, or puts a later revision in its place. */
function StartForm({ started }: { started: () => void }) {
  const act = useAct(started);
  const [chosen, setChosen] = useState<Chosen>();
  const [name, setName] = useState("");
  const choose = async (file: File | undefined) => {
    setChosen(undefined);
    if (!file) return;
    const code = new Uint8Array(await file.arrayBuffer());
    try {
      setChosen({ code, claims: await readClaims(code) });
    } catch (error) {
      setChosen({ code, why: (error as Error).message });
    }
    const plain = file.name.toLowerCase().replace(/(_s)?\.wasm(\.gz)?$/, "").replace(/[^a-z0-9._-]+/g, "-").replace(/^[^a-z0-9]+/, "");
    setName((was) => was || plain);
  };
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    if (!chosen) return;
    const data = new FormData(e.currentTarget as HTMLFormElement);
    await act.run(
      () =>
        node.call("start", {
          name,
          code: { base64: toBase64(chosen.code) },
          instances: Number(data.get("instances")),
          any_revision: data.get("any_revision") !== null,
          any_capabilities: data.get("any_capabilities") !== null,
        }),
      (a) => `${a.actor} runs: revision ${number(a.revision)}, which may use ${capabilities(a.capabilities)}.`,
    );
  };
  return (
    <>
      <h3>Start</h3>
      <form class="grant start" onSubmit={submit}>
        <label>
          WebAssembly with claims
          <input type="file" accept=".wasm,.gz" required onChange={(e) => choose(e.currentTarget.files?.[0])} />
        </label>
        <label>
          Name
          <input value={name} required pattern="[a-z0-9][a-z0-9._\-]*" title="small letters, digits, dots, dashes and underscores" autocomplete="off" spellcheck={false} onInput={(e) => setName(e.currentTarget.value)} />
        </label>
        <label>
          Instances
          <input name="instances" type="number" min={1} max={1_000_000} required defaultValue="1" />
        </label>
        <label class="check">
          <input name="any_revision" type="checkbox" /> even an earlier revision
        </label>
        <label class="check">
          <input name="any_capabilities" type="checkbox" /> even with other claims
        </label>
        <button disabled={act.busy}>Start</button>
      </form>
      {chosen?.why && <p class="failure" role="alert">{chosen.why}</p>}
      {chosen?.claims && (
        <dl class="facts claims" aria-label="What the file claims">
          <dt>Claims</dt>
          <dd>
            {chosen.claims.name || "no name"}, revision {number(chosen.claims.revision)} {chosen.claims.version}
          </dd>
          <dt>May use</dt>
          <dd>{capabilities(chosen.claims.capabilities)}</dd>
          <dt>Signed by</dt>
          <dd>
            <code>{chosen.claims.issuer}</code>, which the node will check
          </dd>
        </dl>
      )}
      <Acted of={act} />
    </>
  );
}
