import { useState } from "preact/hooks";
import { clock, keyText, number, short } from "./format.ts";
import { MessageForm } from "./forms.tsx";
import { useCall, useWatch, type Bytes } from "./node.ts";
import { Failure, Loading, Section, Table, Value, Who } from "./parts.tsx";
import { href } from "./router.ts";

export function ActorPage({ address, readOnly }: { address: string; readOnly: boolean }) {
  const actor = useCall("actor", { address }, 5_000);
  const watch = useWatch({ actor: address });
  const a = actor.value;
  // What is shown of the state is asked for again when the actor has written.
  const written = watch.notices.find((n) => n.changes?.length)?.sequence ?? 0;
  return (
    <>
      <div class="bar">
        <h1>{address}</h1>
        {a?.paused != null && <span class="badge">paused{a.paused && `: ${a.paused}`}</span>}
      </div>
      {actor.error && <Failure of={actor.error} />}
      {a && (
        <dl class="facts">
          <dt>Module</dt>
          <dd>
            <a href={href("modules", a.module)}>{a.module}</a>
          </dd>
          <dt>Created</dt>
          <dd>
            by <Who is={a.creator} /> in <a href={href("transactions", a.created)}>{number(a.created)}</a>
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
          <StateBrowser address={address} version={written} />
        </div>
        <div>
          {!readOnly && (
            <Section title="Send">
              <MessageForm address={address} schema={a?.schema} what="send" />
            </Section>
          )}
          <Section title="Query">
            <MessageForm address={address} schema={a?.schema} what="query" />
          </Section>
          <Section title="Live" extra="events and changes from now on">
            {watch.error && <Failure of={watch.error} />}
            <div class="live" role="log" aria-label="Live" tabIndex={0}>
              {watch.notices.length === 0 && <p class="hint">Waiting for the next transaction…</p>}
              {watch.notices.map((n) => (
                <div class="notice" key={n.sequence}>
                  <a href={href("transactions", n.sequence)}>{number(n.sequence)}</a> <span class="time">{clock(n.time)}</span>
                  {n.events?.map((e) => (
                    <p class="event">
                      <span aria-hidden="true">◆</span> <strong>{e.type}</strong> {e.attributes?.map((x) => `${x.key}=${x.value}`).join(" ")}
                    </p>
                  ))}
                  {n.changes?.map((c) => (
                    <p>
                      <code class="key">{keyText(c.key)}</code> = {c.deleted ? <em>deleted</em> : short(c.value)}
                    </p>
                  ))}
                </div>
              ))}
            </div>
          </Section>
        </div>
      </div>
    </>
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
      <label class="search">
        <span class="visually-hidden">Key begins with</span>
        <input type="search" placeholder="key begins with…" value={prefix} onInput={(e) => (setPrefix(e.currentTarget.value), setTokens([]))} />
      </label>
      {page.error && <Failure of={page.error} />}
      {page.loading && <Loading />}
      {page.value?.pairs?.length === 0 && <p class="hint">No keys.</p>}
      {page.value?.pairs && page.value.pairs.length > 0 && (
        <Table label="State" head={["Key", "Value"]}>
          {page.value.pairs.map((pair) => {
            const key = keyText(pair.key);
            const isOpen = open?.base64 === pair.key?.base64;
            return (
              <tr key={key}>
                <td>
                  <button class="link key" aria-expanded={isOpen} onClick={() => setOpen(isOpen ? undefined : pair.key!)}>
                    {key}
                  </button>
                </td>
                <td>
                  <Value of={pair.value} wide={isOpen} />
                  {isOpen && <History address={address} of={pair.key!} />}
                </td>
              </tr>
            );
          })}
        </Table>
      )}
      <div class="bar">
        {tokens.length > 0 && <button onClick={() => setTokens(tokens.slice(0, -1))}>Back</button>}
        {page.value?.token && <button onClick={() => setTokens([...tokens, page.value!.token!])}>Next</button>}
        {page.value && <span class="hint">as of {number(page.value.sequence)}</span>}
      </div>
    </Section>
  );
}

/** Which transactions wrote a key, as far as they are kept. */
function History({ address, of }: { address: string; of: Bytes }) {
  const history = useCall("history", { actor: address, key: { base64: of.base64 }, limit: 20 });
  if (history.error) return <Failure of={history.error} />;
  if (!history.value) return <Loading />;
  return (
    <ul class="history" aria-label="History">
      {history.value.versions?.map((v) => (
        <li key={v.sequence}>
          <a href={href("transactions", v.sequence)}>{number(v.sequence)}</a> <span class="time">{clock(v.time)}</span>{" "}
          {v.deleted ? <em>deleted</em> : <Value of={v.value} />}
        </li>
      ))}
      {history.value.versions?.length === 0 && <li class="hint">No transaction that is kept wrote it.</li>}
    </ul>
  );
}
