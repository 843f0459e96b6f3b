import type { ComponentChildren } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { ago, clock, exactTime, keyName, long, number, short } from "./format.ts";
import type { Act, Bytes, Event, TroupeError } from "./node.ts";
import { href } from "./router.ts";

/** What went wrong, in the words of the node, and where to see it. */
export function Failure({ of }: { of: TroupeError }) {
  const { actor, path, sequence } = of.details;
  return (
    <p class="failure" role="alert">
      <strong>{actor ?? of.code}</strong> {path && path.length > 0 && <span>{path.join(" → ")}: </span>}
      {of.message}{" "}
      {!!sequence && (
        <a href={href("transactions", sequence)}>transaction {number(sequence)}</a>
      )}
    </p>
  );
}

/** What came of what was done last: it is read out, too. */
export function Acted({ of }: { of: Act }) {
  return (
    <>
      {of.failure && <Failure of={of.failure} />}
      <p class="hint" role="status">
        {of.done}
      </p>
    </>
  );
}

/** A sender or receiver: an actor, or a key. */
export function Who({ is, link = true }: { is?: string; link?: boolean }) {
  if (!is) return <span class="name host">host</span>;
  if (/^[A-Z2-7]{56}$/.test(is)) {
    return (
      <span class="name key" title={is}>
        {keyName(is)}
      </span>
    );
  }
  return link ? (
    <a class="name" href={href("actors", is)}>
      {is}
    </a>
  ) : (
    <span class="name">{is}</span>
  );
}

const folded = 160;

/** Bytes of an actor. What is long is folded to its beginning. */
export function Value({ of, wide = false }: { of: Bytes | null | undefined; wide?: boolean }) {
  return <Text of={short(of)} whole={long(of)} wide={wide} />;
}

/** A text in one line, which is folded if it is long, and whole in as many lines as it needs. */
export function Text({ of: text, whole = text, wide = false }: { of: string; whole?: string; wide?: boolean }) {
  if (text.length <= folded) return wide ? <pre class="value">{whole}</pre> : <code class="value">{text}</code>;
  return (
    <details class="fold" open={wide && text.length <= 20 * folded}>
      <summary>
        <code class="value">{text.slice(0, folded / 2)}…</code> <span class="hint">{number(text.length)} characters</span>
      </summary>
      <pre class="value">{whole}</pre>
    </details>
  );
}

/** How a call or a transaction ended: told by a sign and a word, not by colour alone. */
export function Outcome({ ok, why }: { ok: boolean; why?: string }) {
  return (
    <span class={ok ? "outcome good" : "outcome bad"}>
      <span aria-hidden="true">{ok ? "✓" : "↩"}</span> {ok ? "committed" : "rolled back"}
      {why && <span class="why">: {why}</span>}
    </span>
  );
}

const calls = new Set(["execute", "instantiate", "migrate", "set_admin", "sudo", "query", "reply", "tick"]);

/** The events that actors emitted, without those that the host adds for each call. */
export const emitted = (events: readonly Event[] | null | undefined): Event[] => (events ?? []).filter((e) => !calls.has(e.type));

export function Events({ of }: { of: readonly Event[] | null | undefined }) {
  return (
    <>
      {emitted(of).map((e) => (
        <p class="event">
          <span aria-hidden="true">◆</span> event <strong>{e.type}</strong> {e.attributes?.map((a) => `${a.key}=${a.value}`).join(" ")}
        </p>
      ))}
    </>
  );
}

export function Section({ title, children, extra }: { title: string; children: ComponentChildren; extra?: ComponentChildren }) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>
        {title} {extra && <span class="extra">{extra}</span>}
      </h2>
      {children}
    </section>
  );
}

export function Loading() {
  return <p class="hint">Loading…</p>;
}

/**
 * A table that can be scrolled sideways where it does not fit, also by keyboard. Roles are named, because a browser forgets
 * those of elements that are laid out otherwise on a phone.
 */
export function Table({ label, head, children }: { label: string; head: string[]; children: ComponentChildren }) {
  return (
    <div class="table" role="region" aria-label={label} tabIndex={0}>
      <table role="table">
        <thead>
          <tr role="row">
            {head.map((h) => (
              <th scope="col" class={/^(Gas|Size)$/.test(h) ? "number" : undefined}>
                {h}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">{children}</tbody>
      </table>
    </div>
  );
}

/** A table of which each row is a card on a phone, so that how things are is never out of sight. Its rows are made of Cell. */
export function Cards({ label, head, children }: { label: string; head: string[]; children: ComponentChildren }) {
  return (
    <div class="cards">
      <Table label={label} head={head}>
        {children}
      </Table>
    </div>
  );
}

/** A cell of Cards. Of says on a phone what it tells; empty where that is plain. */
export function Cell({ of = "", children }: { of?: string; children?: ComponentChildren }) {
  return (
    <td role="cell" data-of={of || undefined}>
      {children}
    </td>
  );
}

const ticking = new Set<() => void>();
let ticker: ReturnType<typeof setInterval> | undefined;

/** Draws again every second, all at once. */
export function useTick(): void {
  const [, draw] = useState(0);
  useEffect(() => {
    const tick = () => draw((n) => n + 1);
    ticking.add(tick);
    ticker ??= setInterval(() => ticking.forEach((t) => t()), 1_000);
    return () => {
      ticking.delete(tick);
      if (ticking.size > 0) return;
      clearInterval(ticker);
      ticker = undefined;
    };
  }, []);
}

/** How long ago something was; the exact time is in its title, or beside it. */
export function Time({ of, exact = false }: { of: string; exact?: boolean }) {
  useTick();
  return (
    <time class="time" dateTime={of} title={exactTime(of)}>
      {exact ? `${clock(of)}, ${ago(of)}` : ago(of)}
    </time>
  );
}

/** Puts a text on the clipboard, where the browser lets pages do so. */
export function Copy({ text, what }: { text: string; what: string }) {
  const [done, setDone] = useState(false);
  if (!navigator.clipboard) return null;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return; // the browser does not let the page, and says so by itself
    }
    setDone(true);
    setTimeout(() => setDone(false), 1_500);
  };
  return (
    <button type="button" class="copy" aria-label={done ? `Copied ${what}` : `Copy ${what}`} title={`Copy ${what}`} onClick={copy}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {done ? <path d="M2.5 8.5l3.5 3.5 7.5-8" /> : <path d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3" />}
      </svg>
    </button>
  );
}

/** A button for what cannot be taken back: it acts when it is pressed twice. */
export function Twice({ name, sure, onSure }: { name: string; sure: string; onSure: () => void }) {
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (!asked) return;
    const timer = setTimeout(() => setAsked(false), 5_000);
    return () => clearTimeout(timer);
  }, [asked]);
  return (
    <button type="button" class="danger" onClick={() => (setAsked(!asked), asked && onSure())}>
      {asked ? sure : name}
    </button>
  );
}
