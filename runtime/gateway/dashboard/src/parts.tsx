import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { keyName, long, short } from "./format.ts";
import type { Bytes, TroupeError } from "./node.ts";
import { href } from "./router.ts";

/** What went wrong, in the words of the node. */
export function Failure({ of }: { of: TroupeError }) {
  const { actor, path } = of.details;
  return (
    <p class="failure" role="alert">
      <strong>{actor ?? of.code}</strong> {path && path.length > 0 && <span>{path.join(" → ")}: </span>}
      {of.message}
    </p>
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

export function Value({ of, wide = false }: { of: Bytes | null | undefined; wide?: boolean }) {
  return wide ? <pre class="value">{long(of)}</pre> : <code class="value">{short(of)}</code>;
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

/** A table that can be scrolled sideways where it does not fit, also by keyboard. */
export function Table({ label, head, children }: { label: string; head: string[]; children: ComponentChildren }) {
  return (
    <div class="table" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((h) => (
              <th scope="col">{h}</th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
