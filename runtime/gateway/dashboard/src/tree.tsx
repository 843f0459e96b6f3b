import { useRef, useState } from "preact/hooks";
import { bytesText, keyText, number } from "./format.ts";
import type { Span, Sub, Touch } from "./node.ts";
import { Events, Outcome, Text, Value, Who } from "./parts.tsx";
import { href } from "./router.ts";

/** Trees with more calls than this are closed at first, but for the root; and of one call so many others are drawn. */
const large = 200;

/**
 * The tree of a transaction. A call that was rolled back has a broken line, a sign and a word; only then a colour.
 * Keys are those of a tree view (WAI-ARIA): arrows move, open and close.
 */
export function Tree({ root }: { root: Span }) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(() => folded(root));
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
      <Node span={root} path="0" all={root.gas_used} closed={closed} toggle={toggle} current={current} onFocus={setCurrent} />
    </ul>
  );
}

/** What is closed at first: in a large tree, each call below the root that has others below it. */
function folded(root: Span): ReadonlySet<string> {
  const all: string[] = [];
  const parents: string[] = [];
  visit(root, "0", new Set(), (path, span) => {
    all.push(path);
    if (path !== "0" && span.children?.length) parents.push(path);
  });
  return new Set(all.length > large ? parents : []);
}

function visit(span: Span, path: string, closed: ReadonlySet<string>, see: (path: string, span: Span) => void): void {
  see(path, span);
  if (!closed.has(path)) span.children?.slice(0, large).forEach((child, i) => visit(child, `${path}.${i}`, closed, see));
}

interface NodeProps {
  span: Span;
  path: string;
  /** The gas of the whole tree. */
  all: number;
  closed: ReadonlySet<string>;
  toggle: (path: string, open: boolean) => void;
  current: string;
  onFocus: (path: string) => void;
}

function Node({ span, path, all, closed, toggle, current, onFocus }: NodeProps) {
  const open = !closed.has(path);
  const outcome = span.committed || span.kind === "query" ? "kept" : "undone";
  return (
    <li role="none" class={`node ${outcome} ${span.kind}`}>
      <div
        role="treeitem"
        data-path={path}
        tabIndex={current === path ? 0 : -1}
        aria-expanded={open}
        aria-level={path.split(".").length}
        onFocus={(e) => e.target === e.currentTarget && onFocus(path)}
      >
        <div class="call" onClick={(e) => (e.target as Element).closest("a, summary, pre") || toggle(path, !open)}>
          <span class="twist" aria-hidden="true">
            {open ? "▾" : "▸"}
          </span>
          <Heading span={span} />
          <Gas span={span} all={all} />
        </div>
        {open && <Details span={span} />}
      </div>
      {open && span.children && span.children.length > 0 && (
        <ul role="group">
          {span.children.slice(0, large).map((child, i) => (
            <Node span={child} path={`${path}.${i}`} all={all} closed={closed} toggle={toggle} current={current} onFocus={onFocus} />
          ))}
        </ul>
      )}
      {open && span.children && span.children.length > large && (
        <p class="hint details">
          and {number(span.children.length - large)} more: <code>troupe trace</code> shows all of them
        </p>
      )}
    </li>
  );
}

/** How much gas a call used, and which part of the whole: with everything below it, and, darker, alone. */
function Gas({ span, all }: { span: Span; all: number }) {
  const below = span.children?.reduce((sum, child) => sum + child.gas_used, 0) ?? 0;
  const own = Math.max(0, span.gas_used - below);
  const part = (n: number) => (all > 0 ? (100 * n) / all : 0);
  return (
    <span class="gas" title={below > 0 ? `${number(own)} by itself, ${number(below)} below` : undefined}>
      {number(span.gas_used)} gas
      <svg class="share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="of" width="100" height="6" />
        <rect class="below" width={part(span.gas_used)} height="6" />
        <rect class="own" width={part(own)} height="6" />
      </svg>
    </span>
  );
}

/** When the sender of a sub-message is told how it ended; nothing if never. */
function replyOn(sub: Sub): string {
  if (sub.reply_on === "never") return "";
  return `id ${sub.id}, reply ${sub.reply_on === "always" ? "always" : `on ${sub.reply_on}`}`;
}

function Heading({ span }: { span: Span }) {
  const policy = span.sub && [replyOn(span.sub), span.sub.gas_limit && `at most ${number(span.sub.gas_limit)} gas`].filter(Boolean).join(", ");
  return (
    <span class="heading">
      <What span={span} />
      {policy && <span class="policy">{policy}</span>}
      {span.outside && !span.committed && <span class="outcome bad">was asked, although rolled back</span>}
      {span.kind === "query" ? span.code && <span class="outcome bad">failed: {span.code}</span> : <Outcome ok={span.committed} why={span.committed ? undefined : span.why} />}
    </span>
  );
}

function What({ span }: { span: Span }) {
  const { install: code, reply } = span;
  if (code) {
    return (
      <>
        <span class="kind">install module</span>{" "}
        <a class="name" href={href("modules", span.module ?? "")}>
          {span.module}
        </a>{" "}
        <span class="policy">
          {code.kind} <code title={code.hash}>{code.hash.slice(0, 12)}</code>, {bytesText(code.size)}
          {code.before && `, in the place of ${code.before.slice(0, 12)}`}
        </span>
      </>
    );
  }
  if (reply) {
    return (
      <span class="reply">
        <span class="kind">reply {reply.id}</span> <span aria-hidden="true">→</span> <Who is={span.to} />{" "}
        {reply.code ? <span class="error">error {reply.code}</span> : <span>success</span>} {reply.data && <Value of={reply.data} />}
      </span>
    );
  }
  const creates = span.kind === "instantiate" || span.kind === "migrate";
  return (
    <>
      <Who is={span.from} /> <span aria-hidden="true">{span.kind === "query" ? "⇢" : "→"}</span> <Who is={span.to || span.module} />{" "}
      <span class="kind">
        {span.outside ? "asks" : span.kind}
        {creates && span.to && span.module && ` of ${span.module}`}
      </span>{" "}
      <Call span={span} />
      {span.kind === "query" && (span.data || span.answer) && (
        <>
          {" "}
          = <Answer span={span} />
        </>
      )}
    </>
  );
}

/** What was asked: the operation and its argument, where the body is an invocation. */
const Call = ({ span }: { span: Span }) => (span.call ? <Text of={span.call} /> : span.body ? <Value of={span.body} /> : null);

const Answer = ({ span }: { span: Span }) => (span.answer ? <Text of={span.answer} /> : <Value of={span.data} />);

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
              <code class="key">{keyText(t.key)}</code>: <del><Value of={t.old} /></del> → {t.op === "delete" ? <em>deleted</em> : <ins><Value of={t.new} /></ins>}
            </li>
          ))}
        </ul>
      )}
      <Events of={span.events} />
      {span.logs?.map((line) => <p class="log">{line}</p>)}
      {span.data && span.kind !== "query" && (
        <p>
          data <Answer span={span} />
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
      {t.op === "get" && <> = <Value of={t.new ?? t.old} /></>}
    </>
  );
}
