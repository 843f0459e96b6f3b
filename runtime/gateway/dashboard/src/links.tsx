import { useId, useState } from "preact/hooks";
import { number } from "./format.ts";
import { node, useAct, useCall, type Link, type Provider } from "./node.ts";
import { linesOf, Pairs, valuesOf } from "./pairs.tsx";
import { Acted, Cards, Cell, Failure, Loading, Section, Twice, Who } from "./parts.tsx";
import { Status } from "./providers.tsx";
import { href } from "./router.ts";
import { covers } from "./session.ts";

export function LinkList({ operates }: { operates: boolean }) {
  return (
    <>
      <div class="bar">
        <h1>Links</h1>
      </div>
      <Links operates={operates} />
    </>
  );
}

/** The links of an actor, or all, and a form to put one. */
export function Links({ actor = "", operates }: { actor?: string; operates: boolean }) {
  const list = useCall("links", actor ? { actor } : {}, 2_000);
  const providers = useCall("providers", covers("providers") ? {} : undefined, 2_000).value?.providers ?? [];
  const act = useAct(list.reload);
  const links = list.value?.links ?? [];
  return (
    <>
      {list.error && <Failure of={list.error} />}
      {list.loading && <Loading />}
      {list.value && links.length === 0 && (
        <p class="hint">
          {actor ? `${actor} has no links: it reaches no provider, and none reaches it.` : <>There are no links yet: <code>troupe link put</code> puts one, and so does the form here.</>}
        </p>
      )}
      {links.length > 0 && (
        <Cards label="Links" head={[...(actor ? [] : ["Actor"]), "Contract", "Name", "Provider", "State", "Values", "Since", ...(operates ? ["Change"] : [])]}>
          {links.map((l) => (
            <tr role="row" key={`${l.actor} ${l.contract} ${l.name}`}>
              {!actor && (
                <Cell>
                  <Who is={l.actor} />
                </Cell>
              )}
              <Cell of="contract">{l.contract}</Cell>
              <Cell of="name">{l.name}</Cell>
              <Cell of="provider">{l.provider}</Cell>
              <Cell>
                <LinkState of={l} providers={providers} />
              </Cell>
              <Cell>
                <Pairs of={l.values} />
              </Cell>
              <Cell of="since">
                <a class="nowrap" href={href("transactions", l.since)}>
                  seq {number(l.since)}
                </a>
              </Cell>
              {operates && (
                <Cell>
                  <Twice
                    name="Delete"
                    sure={`Delete the link of ${l.actor} for ${l.contract}?`}
                    onSure={() =>
                      act.run(() => node.call("unlink", { actor: l.actor, contract: l.contract, name: l.name }), `${l.actor} is no longer linked for ${l.contract}.`)
                    }
                  />
                </Cell>
              )}
            </tr>
          ))}
        </Cards>
      )}
      <Acted of={act} />
      {operates && <LinkForm actor={actor} providers={providers} linked={list.reload} />}
    </>
  );
}

/** How a link is: what the provider says about it, or that there is no provider. */
function LinkState({ of: l, providers }: { of: Link; providers: readonly Provider[] }) {
  const provider = providers.find((p) => p.name === l.provider || p.key === l.provider);
  if (!provider) return <span class="outcome bad">▲ waits<span class="why">: there is no provider {l.provider} yet</span></span>;
  const own = provider.status?.find((s) => s.actor === l.actor && s.link === l.name);
  return <Status of={own ?? { state: provider.state }} />;
}

function LinkForm({ actor, providers, linked }: { actor: string; providers: readonly Provider[]; linked: () => void }) {
  const act = useAct(linked);
  const claims = useCall("claims", covers("claims") ? {} : undefined);
  const [provider, setProvider] = useState("");
  const [contract, setContract] = useState("");
  const id = useId();
  const choose = (name: string) => {
    setProvider(name);
    const found = providers.find((p) => p.name === name);
    if (found) setContract(found.contract);
  };
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = e.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const text = (name: string) => ((data.get(name) as string | null) ?? "").trim();
    const from = actor || text("actor");
    const done = await act.run(
      async () => node.call("link", { actor: from, contract, name: text("name") || undefined, provider, values: valuesOf(text("values")) }),
      `${from} is linked to ${provider} for ${contract}.`,
    );
    if (!done) return;
    form.reset();
    setProvider("");
    setContract("");
  };
  return (
    <Section title="Link" extra="for the same actor, contract and name, this takes the place of the link that is there">
      <form class="grant" onSubmit={submit}>
        {!actor && (
          <label>
            Actor
            <input name="actor" list={id + "actors"} required autocomplete="off" spellcheck={false} />
          </label>
        )}
        <label>
          Provider
          <input list={id + "providers"} value={provider} required autocomplete="off" spellcheck={false} onInput={(e) => choose(e.currentTarget.value)} />
        </label>
        <label>
          Contract
          <input value={contract} required placeholder="wasmcloud:keyvalue" autocomplete="off" spellcheck={false} onInput={(e) => setContract(e.currentTarget.value)} />
        </label>
        <label>
          Name
          <input name="name" placeholder="default" autocomplete="off" spellcheck={false} />
        </label>
        <label for={id}>
          Values, a line of name=value each
          <textarea id={id} name="values" rows={2} spellcheck={false} placeholder={linesOf(providers.find((p) => p.name === provider)?.kind ?? "")} />
        </label>
        <button disabled={act.busy}>Link</button>
        <datalist id={id + "actors"}>{claims.value?.actors?.map((a) => <option value={a.actor} />)}</datalist>
        <datalist id={id + "providers"}>{providers.map((p) => <option value={p.name} />)}</datalist>
      </form>
      <Acted of={act} />
    </Section>
  );
}
