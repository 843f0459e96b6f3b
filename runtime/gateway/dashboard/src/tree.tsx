import { useRef, useState } from "preact/hooks";
import { keyText, number, short } from "./format.ts";
import type { Span, Touch } from "./node.ts";
import { Outcome, Value, Who } from "./parts.tsx";

/**
 * The tree of a transaction. A call that was rolled back has a broken line, a sign and a word; only then a colour.
 * Keys are those of a tree view (WAI-ARIA): arrows move, open and close.
 */
export function Tree({ root }: { root: Span }) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [current, setCurrent] = useState("0");
  const list = useRef<HTMLUListElement>(null);
  const paths: string[] = [];
  visit(root, "0", closed, (path) => paths.push(path));

  const toggle = (path: string, open: boolean) =>
    setClosed((was) => {
      const now = new Set(was);
      if (open) now.delete(path);
      else now.add(path);
      return now;
    });
  const focus = (path: string | undefined) => {
    if (path === undefined) return;
    setCurrent(path);
    list.current?.querySelector<HTMLElement>(`[data-path="${path}"]`)?.focus();
  };
  const onKeyDown = (e: KeyboardEvent) => {
    if (!(e.target as HTMLElement).matches("[role=treeitem]")) return;
    const at = paths.indexOf(current);
    const parent = current.slice(0, current.lastIndexOf("."));
    const open = !closed.has(current);
    const moves: Record<string, () => void> = {
      ArrowDown: () => focus(paths[at + 1]),
      ArrowUp: () => focus(paths[at - 1]),
      Home: () => focus(paths[0]),
      End: () => focus(paths.at(-1)),
      ArrowRight: () => (open ? focus(paths[at + 1]) : toggle(current, true)),
      ArrowLeft: () => (open ? toggle(current, false) : focus(parent || undefined)),
      Enter: () => toggle(current, !open),
      " ": () => toggle(current, !open),
    };
    const move = moves[e.key];
    if (!move) return;
    e.preventDefault();
    move();
  };
  return (
    <ul class="tree" role="tree" aria-label="Messages of the transaction" ref={list} onKeyDown={onKeyDown}>
      <Node span={root} path="0" closed={closed} toggle={toggle} current={current} onFocus={setCurrent} />
    </ul>
  );
}

function visit(span: Span, path: string, closed: ReadonlySet<string>, see: (path: string) => void): void {
  see(path);
  if (!closed.has(path)) span.children?.forEach((child, i) => visit(child, `${path}.${i}`, closed, see));
}

interface NodeProps {
  span: Span;
  path: string;
  closed: ReadonlySet<string>;
  toggle: (path: string, open: boolean) => void;
  current: string;
  onFocus: (path: string) => void;
}

function Node({ span, path, closed, toggle, current, onFocus }: NodeProps) {
  const open = !closed.has(path);
  const outcome = span.committed || span.kind === "query" ? "kept" : "undone";
  return (
    <li
      role="treeitem"
      class={`node ${outcome} ${span.kind}`}
      data-path={path}
      tabIndex={current === path ? 0 : -1}
      aria-expanded={open}
      aria-level={path.split(".").length}
      aria-label={label(span)}
      onFocus={(e) => e.target === e.currentTarget && onFocus(path)}
    >
      <div class="call" onClick={() => toggle(path, !open)}>
        <span class="twist" aria-hidden="true">
          {open ? "▾" : "▸"}
        </span>
        <Heading span={span} />
        <span class="gas">{number(span.gas_used)} gas</span>
      </div>
      {open && <Details span={span} />}
      {open && span.children && span.children.length > 0 && (
        <ul role="group">
          {span.children.map((child, i) => (
            <Node span={child} path={`${path}.${i}`} closed={closed} toggle={toggle} current={current} onFocus={onFocus} />
          ))}
        </ul>
      )}
    </li>
  );
}

function label(span: Span): string {
  const end = span.kind === "query" ? "" : span.committed ? ", committed" : `, rolled back${span.why ? `: ${span.why}` : ""}`;
  return `${span.kind} from ${span.from || "host"} to ${span.to || span.module}${end}`;
}

function Heading({ span }: { span: Span }) {
  const failed = !span.committed && span.kind !== "query";
  return (
    <span class="heading">
      {span.reply ? (
        <span class="reply">
          reply {span.reply.id} → <Who is={span.to} />{" "}
          {span.reply.code ? <span class="error">error {span.reply.code}</span> : <span>success</span>}
        </span>
      ) : (
        <>
          <Who is={span.from} /> <span aria-hidden="true">{span.kind === "query" ? "⇢" : "→"}</span> <Who is={span.to || span.module} />{" "}
          <span class="kind">{span.kind}</span> {span.body && <Value of={span.body} />}
          {span.kind === "query" && span.data && (
            <>
              {" "}
              = <Value of={span.data} />
            </>
          )}
        </>
      )}
      {span.sub && (
        <span class="policy">
          id {span.sub.id}, reply {span.sub.reply_on}
          {span.sub.gas_limit ? `, at most ${number(span.sub.gas_limit)} gas` : ""}
        </span>
      )}
      {failed ? <Outcome ok={false} why={span.why} /> : span.kind !== "query" && <Outcome ok={true} />}
    </span>
  );
}

function Details({ span }: { span: Span }) {
  const writes = (span.touches ?? []).filter((t) => t.op === "set" || t.op === "delete");
  const reads = (span.touches ?? []).filter((t) => t.op === "get" || t.op === "range");
  return (
    <div class="details">
      {span.funds && span.funds.length > 0 && <p>funds {span.funds.map((c) => `${c.amount} ${c.denom}`).join(", ")}</p>}
      {span.code && (
        <p class="error">
          <strong>{span.code}</strong> {span.message}
        </p>
      )}
      {span.reply?.message && <p class="error">{span.reply.message}</p>}
      {writes.length > 0 && (
        <ul class="diff" aria-label="Writes">
          {writes.map((t) => (
            <li>
              <code class="key">{keyText(t.key)}</code>: <del>{short(t.old)}</del> → {t.op === "delete" ? <em>deleted</em> : <ins>{short(t.new)}</ins>}
            </li>
          ))}
        </ul>
      )}
      {span.events?.map((e) => (
        <p class="event">
          <span aria-hidden="true">◆</span> event <strong>{e.type}</strong> {e.attributes?.map((a) => `${a.key}=${a.value}`).join(" ")}
        </p>
      ))}
      {span.logs?.map((line) => <p class="log">{line}</p>)}
      {span.data && span.kind !== "query" && (
        <p>
          data <Value of={span.data} />
        </p>
      )}
      {reads.length > 0 && (
        <details class="reads">
          <summary>{reads.length === 1 ? "1 read" : `${reads.length} reads`}</summary>
          <ul class="diff">
            {reads.map((t) => (
              <li>{readText(t)}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function readText(t: Touch) {
  return (
    <>
      {t.op} {t.of && <Who is={t.of} />} <code class="key">{keyText(t.key)}</code>
      {t.op === "get" && <> = {short(t.new ?? t.old)}</>}
    </>
  );
}
