import { useId, useState } from "preact/hooks";
import { clock, exactTime, number, soon } from "./format.ts";
import { node, useAct, useCall, type Provider, type ProviderStatus } from "./node.ts";
import { linesOf, Pairs, valuesOf } from "./pairs.tsx";
import { Acted, Cards, Cell, Failure, Loading, Section, Twice, useTick, Who } from "./parts.tsx";

/** What the host has built in. Other providers are actors. */
const kinds = ["httpserver", "httpclient", "keyvalue", "messaging", "blobstore"];

export function ProviderList({ operates }: { operates: boolean }) {
  const list = useCall("providers", {}, 2_000);
  const act = useAct(list.reload);
  const providers = list.value?.providers ?? [];
  return (
    <>
      <div class="bar">
        <h1>Providers</h1>
      </div>
      {list.error && <Failure of={list.error} />}
      {list.loading && <Loading />}
      {list.value && providers.length === 0 && (
        <p class="hint">
          There are no providers yet: <code>troupe start provider</code> puts one, and so does the form here.
        </p>
      )}
      {providers.length > 0 && (
        <Cards label="Providers" head={["Name", "Kind", "Contract", "State", "Configuration", ...(operates ? ["Change"] : [])]}>
          {providers.map((p) => (
            <tr role="row" key={p.name}>
              <Cell>
                {p.name} <Address of={p} />
              </Cell>
              <Cell of="kind">{p.kind}</Cell>
              <Cell of="contract">{p.contract}</Cell>
              <Cell>
                <ProviderState of={p} />
              </Cell>
              <Cell>
                <Pairs of={p.config} />
              </Cell>
              {operates && (
                <Cell>
                  <Twice
                    name="Withdraw"
                    sure={`Withdraw ${p.name} from all links?`}
                    onSure={() => act.run(() => node.call("withdraw", { name: p.name }), `${p.name} is withdrawn. Links to it stay.`)}
                  />
                </Cell>
              )}
            </tr>
          ))}
        </Cards>
      )}
      <Acted of={act} />
      {operates && <ProvideForm provided={list.reload} />}
    </>
  );
}

const Address = ({ of: p }: { of: Provider }) => (
  <span class="hint">
    at <Who is={p.address} />
  </span>
);

/** How a provider is, and each of its links that is something of its own outside. */
function ProviderState({ of: p }: { of: Provider }) {
  return (
    <>
      <State is={p.state} />
      <ul class="history">
        {p.status?.map((s) => (
          <li key={`${s.actor} ${s.link}`}>
            {s.actor && (
              <>
                <Who is={s.actor} /> {s.link !== "default" && s.link}{" "}
              </>
            )}
            <Status of={s} />
          </li>
        ))}
      </ul>
    </>
  );
}

const signs: Record<string, string> = { healthy: "●", starting: "◌", stopped: "■", failed: "▲" };

const State = ({ is }: { is: string }) => (
  <span class={is === "healthy" ? "outcome good" : is === "failed" ? "outcome bad" : "outcome"}>
    <span aria-hidden="true">{signs[is]}</span> {is}
  </span>
);

/** How one thing is: since when, what it does, or what failed and when it will be tried again. */
export function Status({ of: s }: { of: ProviderStatus }) {
  return (
    <>
      <State is={s.state} /> {s.detail && <span>{s.detail} </span>}
      {s.reason && <span class="error">{s.reason} </span>}
      {s.since && (
        <span class="time" title={exactTime(s.since)}>
          since {clock(s.since)}
        </span>
      )}
      {!!s.attempts && (
        <span class="time">
          , tried {number(s.attempts)} {s.attempts === 1 ? "time" : "times"}
          {s.next && <Next of={s.next} />}
        </span>
      )}
    </>
  );
}

/** When something is tried again: told anew every second. */
function Next({ of }: { of: string }) {
  useTick();
  return <>, again {soon(of)}</>;
}

function ProvideForm({ provided }: { provided: () => void }) {
  const act = useAct(provided);
  const [kind, setKind] = useState("httpserver");
  const id = useId();
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = e.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const text = (name: string) => ((data.get(name) as string | null) ?? "").trim();
    const name = text("name");
    const done = await act.run(async () => {
      const config = valuesOf(text("config"));
      return kind === "actor"
        ? node.call("provide", { name, address: text("address"), contract: text("contract"), config, plain: data.get("plain") !== null })
        : node.call("provide", { name, kind, config });
    }, `${name} is provided.`);
    if (done) form.reset();
  };
  return (
    <Section title="Provide" extra="under the name of a provider that is there, this changes it">
      <form class="grant" onSubmit={submit}>
        <label>
          Name
          <input name="name" required autocomplete="off" spellcheck={false} />
        </label>
        <label>
          Kind
          <select value={kind} onChange={(e) => setKind(e.currentTarget.value)}>
            {[...kinds, "actor"].map((k) => (
              <option value={k}>{k === "actor" ? "an actor" : k}</option>
            ))}
          </select>
        </label>
        {kind === "actor" && (
          <>
            <label>
              Address of the actor
              <input name="address" required autocomplete="off" spellcheck={false} />
            </label>
            <label>
              Contract
              <input name="contract" required placeholder="wasmcloud:keyvalue" autocomplete="off" spellcheck={false} />
            </label>
            <label class="check">
              <input name="plain" type="checkbox" /> it takes JSON
            </label>
          </>
        )}
        <label for={id}>
          Configuration, a line of name=value each
          <textarea id={id} name="config" rows={2} spellcheck={false} placeholder={linesOf(kind)} />
        </label>
        <button disabled={act.busy}>Provide</button>
      </form>
      <Acted of={act} />
    </Section>
  );
}
