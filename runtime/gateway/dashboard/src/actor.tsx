import { useState } from "preact/hooks";
import { ClaimedFacts } from "./claimed.tsx";
import { keyText, number, short } from "./format.ts";
import { MessageForm } from "./forms.tsx";
import { InvokeForm, Logs } from "./invoke.tsx";
import { Links } from "./links.tsx";
import { asError, node, useCall, useLoaded, useWatch, type Actor, type Bytes, type Notice, type TroupeError } from "./node.ts";
import { Copy, emitted, Events, Failure, Loading, Section, Table, Time, Value, Who } from "./parts.tsx";
import { href } from "./router.ts";
import { covers } from "./session.ts";

interface Props {
  address: string;
  mayWrite: boolean;
  operator: boolean;
  /** Whether who looks may start, scale, stop and link. */
  operates: boolean;
}

export function ActorPage({ address, mayWrite, operator, operates }: Props) {
  const asks = covers("claims");
  const claims = useCall("claims", asks ? {} : undefined, 3_000);
  const claimed = claims.value?.actors?.find((c) => c.actor === address);
  const actor = useCall("actor", { address }, 5_000);
  const watch = useWatch({ actor: address });
  const a = actor.value;
  // An actor with claims comes into being when it is called first.
  const absent = actor.error?.code === "not_found";
  if (absent && asks && claims.loading) return <Loading />;
  if (absent && !claimed) {
    return (
      <>
        <h1>{address}</h1>
        <p>
          There is no actor at this address: it may be a name that only sends. The <a href="#/actors">list</a> has those that are
          actors, and there may be <a href={href("transactions", "about", address)}>transactions that mention it</a>.
        </p>
      </>
    );
  }
  // What is shown of the state is asked for again when the actor has written.
  const written = watch.notices.find((n) => n.changes?.length)?.sequence ?? 0;
  return (
    <>
      <div class="bar">
        <h1>{address}</h1>
        <Copy text={address} what="the address" />
        {a?.paused != null && <span class="badge">paused{a.paused && `: ${a.paused}`}</span>}
        {a && operator && mayWrite && <Pause of={a} changed={actor.reload} />}
      </div>
      {actor.error && !absent && <Failure of={actor.error} />}
      {absent && <p class="hint">It has not been called yet.</p>}
      {a && (
        <dl class="facts">
          <dt>Module</dt>
          <dd>
            <a href={href("modules", a.module)}>{a.module}</a>
          </dd>
          <dt>Created</dt>
          <dd>
            by <Who is={a.creator} /> in <a href={href("transactions", a.created)}>transaction {number(a.created)}</a>
          </dd>
          <dt>Traffic</dt>
          <dd>
            <a href={href("transactions", "about", address)}>transactions that mention it</a>
          </dd>
          {a.admin && (
            <>
              <dt>Admin</dt>
              <dd>
                <Who is={a.admin} />
              </dd>
            </>
          )}
        </dl>
      )}
      <div class="columns">
        <div>
          {!absent && <StateBrowser address={address} version={written} />}
          <Section title="Live" extra="events and changes from now on">
            {watch.error && <Failure of={watch.error} />}
            <div class="live" role="log" aria-label="Live" tabIndex={0}>
              {watch.notices.length === 0 && <p class="hint">Waiting for the next transaction that commits…</p>}
              {watch.notices.map((n) => (
                <News of={n} key={n.sequence} />
              ))}
            </div>
          </Section>
          {covers("trace") && <Logs address={address} />}
        </div>
        <div>
          {claimed && <ClaimedFacts of={claimed} operates={operates} changed={claims.reload} />}
          {claimed && mayWrite && (
            <Section title="Invoke" extra="an operation, as a provider or another actor does">
              <InvokeForm address={address} />
            </Section>
          )}
          {mayWrite && (
            <Section title="Send">
              <MessageForm address={address} schema={a?.schema} what="send" />
            </Section>
          )}
          <Section title="Query">
            <MessageForm address={address} schema={a?.schema} what="query" />
          </Section>
        </div>
      </div>
      {claimed && (
        <Section title="Links" extra="by which it reaches providers, and they it">
          <Links actor={address} operates={operates} />
        </Section>
      )}
    </>
  );
}

/** What one transaction did. Where no actor emitted anything, at least how it was called. */
function News({ of: n }: { of: Notice }) {
  const calls = emitted(n.events).length > 0 || n.changes?.length ? [] : (n.events ?? []);
  return (
    <div class="notice">
      <a href={href("transactions", n.sequence)}>{number(n.sequence)}</a> <Time of={n.time} />{" "}
      {calls.map((e) => (
        <span class="kind">{e.type} </span>
      ))}
      <Events of={n.events} />
      {n.changes?.map((c) => (
        <p>
          <code class="key">{keyText(c.key)}</code> = {c.deleted ? <em>deleted</em> : short(c.value).slice(0, 400)}
        </p>
      ))}
    </div>
  );
}

/** Lets an actor take no more messages, with a reason that senders are told, or again. */
function Pause({ of: a, changed }: { of: Actor; changed: () => void }) {
  const [asked, setAsked] = useState(false);
  const [failure, setFailure] = useState<TroupeError>();
  const act = async (action: Promise<unknown>) => {
    setFailure(undefined);
    await action.catch((error) => setFailure(asError(error)));
    setAsked(false);
    changed();
  };
  return (
    <div class="pause">
      {a.paused != null ? (
        <button onClick={() => act(node.call("resume", { actor: a.address }))}>Resume</button>
      ) : (
        <button aria-expanded={asked} onClick={() => setAsked(!asked)}>
          Pause…
        </button>
      )}
      {asked && a.paused == null && (
        <form
          class="bar"
          onSubmit={(e) => {
            e.preventDefault();
            void act(node.call("pause", { actor: a.address, reason: new FormData(e.currentTarget).get("reason") as string }));
          }}
        >
          <label>
            <span class="visually-hidden">Reason, which senders are told</span>
            <input name="reason" placeholder="reason, which senders are told" autocomplete="off" />
          </label>
          <button>Pause {a.address}</button>
        </form>
      )}
      {failure && <Failure of={failure} />}
    </div>
  );
}

function StateBrowser({ address, version }: { address: string; version: number }) {
  const [prefix, setPrefix] = useState("");
  const [tokens, setTokens] = useState<string[]>([]);
  const [open, setOpen] = useState<Bytes>();
  const page = useCall("scan", { actor: address, prefix: prefix ? { text: prefix } : undefined, limit: 50, token: tokens.at(-1) });
  const [seen, setSeen] = useState(version);
  if (seen !== version) {
    setSeen(version);
    page.reload();
  }
  return (
    <Section title="State">
      <div class="bar">
        <label class="search">
          <span class="visually-hidden">Key begins with</span>
          <input type="search" placeholder="key begins with…" value={prefix} onInput={(e) => (setPrefix(e.currentTarget.value), setTokens([]))} />
        </label>
      </div>
      {page.error && <Failure of={page.error} />}
      {page.loading && <Loading />}
      {page.value?.pairs?.length === 0 && <p class="hint">{prefix ? `No key begins with ${prefix}.` : "It has written nothing yet."}</p>}
      {page.value?.pairs && page.value.pairs.length > 0 && (
        <Table label="Keys and values" head={["Key", "Value"]}>
          {page.value.pairs.map((pair) => {
            const key = keyText(pair.key);
            const isOpen = open?.base64 === pair.key?.base64;
            return (
              <tr key={key}>
                <td>
                  <button class="link key" aria-expanded={isOpen} onClick={() => setOpen(isOpen ? undefined : pair.key!)}>
                    {key}
                  </button>{" "}
                  {isOpen && <Copy text={key} what="the key" />}
                </td>
                <td>
                  <Value of={pair.value} wide={isOpen} />
                  {isOpen && <History address={address} of={pair.key!} version={version} />}
                </td>
              </tr>
            );
          })}
        </Table>
      )}
      <div class="bar below">
        {tokens.length > 0 && <button onClick={() => setTokens(tokens.slice(0, -1))}>Back</button>}
        {page.value?.token && <button onClick={() => setTokens([...tokens, page.value!.token!])}>Next</button>}
        {page.value && <span class="hint">as of {number(page.value.sequence)}</span>}
      </div>
    </Section>
  );
}

/** Which transactions wrote a key, as far as they are kept. */
function History({ address, of, version }: { address: string; of: Bytes; version: number }) {
  const history = useLoaded(`history ${address} ${of.base64} ${version}`, (signal) =>
    node.call("history", { actor: address, key: { base64: of.base64 }, limit: 20 }, { signal }),
  );
  if (history.error) return <Failure of={history.error} />;
  if (!history.value) return <Loading />;
  return (
    <ul class="history" aria-label={`History of ${keyText(of)}`}>
      {history.value.versions?.map((v) => (
        <li key={v.sequence}>
          <a href={href("transactions", v.sequence)}>{number(v.sequence)}</a> <Time of={v.time} />{" "}
          {v.deleted ? <em>deleted</em> : <Value of={v.value} />}
        </li>
      ))}
      {history.value.versions?.length === 0 && <li class="hint">No transaction that is kept wrote it.</li>}
    </ul>
  );
}
