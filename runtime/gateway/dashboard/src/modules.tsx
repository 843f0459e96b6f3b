import { bytesText } from "./format.ts";
import { useCall } from "./node.ts";
import { Copy, Failure, Loading, Section, Table } from "./parts.tsx";
import { href } from "./router.ts";

export function ModuleList() {
  const list = useCall("modules", {}, 5_000);
  return (
    <>
      <div class="bar">
        <h1>Modules</h1>
      </div>
      {list.error && <Failure of={list.error} />}
      {list.loading && <Loading />}
      {list.value?.modules?.length === 0 && <p class="hint">
          There are no modules yet: <code>troupe install</code> installs WebAssembly.
        </p>}
      {list.value?.modules && list.value.modules.length > 0 && (
        <Table label="Modules" head={["Name", "Kind", "Size", "Hash"]}>
          {list.value.modules.map((m) => (
            <tr key={m.name}>
              <td>
                <a class="name" href={href("modules", m.name)}>
                  {m.name}
                </a>
              </td>
              <td>{m.kind}</td>
              <td class="number">{m.size ? bytesText(m.size) : ""}</td>
              <td>{m.hash && <code title={m.hash}>{m.hash.slice(0, 12)}</code>}</td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

export function ModulePage({ name }: { name: string }) {
  const module = useCall("module", { name });
  if (module.error) return <Failure of={module.error} />;
  if (!module.value) return <Loading />;
  const m = module.value;
  return (
    <>
      <div class="bar">
        <h1>{m.name}</h1>
      </div>
      <dl class="facts">
        <dt>Kind</dt>
        <dd>{m.kind === "native" ? "native: a value of Go in this binary" : m.kind}</dd>
        {m.hash && (
          <>
            <dt>Hash</dt>
            <dd>
              <code>{m.hash}</code> <Copy text={m.hash} what="the hash" />
            </dd>
            <dt>Size</dt>
            <dd>{bytesText(m.size ?? 0)}</dd>
          </>
        )}
      </dl>
      {m.kind === "native" && <p class="hint">Its imports are those of the binary.</p>}
      {m.imports && <Names title="Imports" empty="It imports nothing." of={m.imports} />}
      {m.exports && <Names title="Exports" empty="It exports nothing." of={m.exports} />}
    </>
  );
}

function Names({ title, empty, of }: { title: string; empty: string; of: readonly string[] }) {
  return (
    <Section title={title}>
      {of.length === 0 && <p class="hint">{empty}</p>}
      <ul class="names">
        {of.map((n) => (
          <li>
            <code>{n}</code>
          </li>
        ))}
      </ul>
    </Section>
  );
}
