import { useEffect, useState } from "preact/hooks";
import { ClaimedList } from "./claimed.tsx";
import { number } from "./format.ts";
import { useCall } from "./node.ts";
import { Failure, Loading, Table, Who } from "./parts.tsx";
import { href } from "./router.ts";

export function ActorList({ operates }: { operates: boolean }) {
  const [text, setText] = useState("");
  const [prefix, setPrefix] = useState("");
  const [tokens, setTokens] = useState<string[]>([]);
  useEffect(() => {
    const timer = setTimeout(() => (setPrefix(text), setTokens([])), 150);
    return () => clearTimeout(timer);
  }, [text]);
  const list = useCall("actors", { prefix, limit: 50, token: tokens.at(-1) }, 3_000);
  return (
    <>
      <div class="bar">
        <h1>Actors</h1>
        <label class="search">
          <span class="visually-hidden">Address begins with</span>
          <input type="search" placeholder="address begins with…" value={text} onInput={(e) => setText(e.currentTarget.value)} />
        </label>
      </div>
      {list.error && <Failure of={list.error} />}
      {list.loading && <Loading />}
      {list.value?.actors?.length === 0 && (
        <p class="hint">
          {prefix ? `No address begins with ${prefix}.` : <>There are no actors yet: <code>troupe instantiate</code> makes one of a module.</>}
        </p>
      )}
      {list.value?.actors && list.value.actors.length > 0 && (
        <Table label="Actors" head={["Address", "Module", "Creator", "Created"]}>
          {list.value.actors.map((a) => (
            <tr key={a.address}>
              <td>
                <Who is={a.address} /> {a.paused != null && <span class="badge">paused</span>}
              </td>
              <td>
                <a href={href("modules", a.module)}>{a.module}</a>
              </td>
              <td>
                <Who is={a.creator} />
              </td>
              <td>
                <a href={href("transactions", a.created)}>seq {number(a.created)}</a>
              </td>
            </tr>
          ))}
        </Table>
      )}
      <div class="bar below">
        {tokens.length > 0 && <button onClick={() => setTokens(tokens.slice(0, -1))}>Back</button>}
        {list.value?.token && <button onClick={() => setTokens([...tokens, list.value!.token!])}>Next</button>}
      </div>
      <ClaimedList operates={operates} />
    </>
  );
}
