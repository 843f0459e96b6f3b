import { useState } from "preact/hooks";
import { asError, node, useCall, type Grant, type TroupeError } from "./node.ts";
import { Failure, Loading, Section, Table } from "./parts.tsx";

export function Access({ you, operator }: { you: string; operator: boolean }) {
  const grants = useCall("grants", operator ? {} : undefined);
  const [failure, setFailure] = useState<TroupeError>();
  if (!operator) {
    return (
      <>
        <h1>Access</h1>
        <p class="hint">Only operators see who may do what. Your key is {you ? <code>{you}</code> : "not known"}.</p>
      </>
    );
  }
  const change = async (act: () => Promise<unknown>) => {
    setFailure(undefined);
    await act().catch((error) => setFailure(asError(error)));
    grants.reload();
  };
  return (
    <>
      <div class="bar">
        <h1>Access</h1>
      </div>
      {(failure ?? grants.error) && <Failure of={(failure ?? grants.error)!} />}
      {grants.loading && <Loading />}
      {grants.value && (
        <Table label="Grants" head={["Name", "Role", "Actors", "May act as", "Until", "Key", ""]}>
          {grants.value.grants?.map((g) => (
            <tr key={g.subject + g.role}>
              <td>
                {g.name} {g.subject === you && <span class="badge">you</span>}
              </td>
              <td>{g.role}</td>
              <td>{g.actors?.join(", ") || "all"}</td>
              <td>{g.as?.join(", ")}</td>
              <td class="time">{g.until ? new Date(g.until * 1e3).toLocaleString("en-GB") : "always"}</td>
              <td>
                <code title={g.subject}>{g.subject.slice(0, 12)}…</code>
              </td>
              <td>
                {g.subject !== you && (
                  <button class="danger" onClick={() => confirm(`Take all grants of ${g.name || g.subject} away?`) && change(() => node.call("revoke", { subject: g.subject }))}>
                    Revoke
                  </button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Section title="Grant">
        <GrantForm onGrant={(grant) => change(() => node.call("grant", grant))} />
      </Section>
    </>
  );
}

function GrantForm({ onGrant }: { onGrant: (grant: Grant) => void }) {
  const submit = (e: SubmitEvent) => {
    e.preventDefault();
    const form = e.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const text = (name: string) => (data.get(name) as string).trim();
    const words = (name: string) => text(name).split(/[\s,]+/).filter(Boolean);
    onGrant({
      subject: text("subject"),
      name: text("name"),
      role: text("role"),
      actors: words("actors"),
      as: words("as"),
      until: text("until") ? Math.floor(Date.parse(text("until")) / 1e3) : undefined,
    });
    form.reset();
  };
  return (
    <form class="grant" onSubmit={submit}>
      <label>
        Public key
        <input name="subject" required pattern="U[A-Z2-7]{55}" placeholder="U…" autocomplete="off" spellcheck={false} />
      </label>
      <label>
        Name
        <input name="name" required autocomplete="off" />
      </label>
      <label>
        Role
        <select name="role">
          <option>reader</option>
          <option selected>caller</option>
          <option>deployer</option>
          <option>operator</option>
        </select>
      </label>
      <label>
        Actors
        <input name="actors" placeholder="all; or account/*, shop" autocomplete="off" />
      </label>
      <label>
        May act as
        <input name="as" placeholder="nobody else" autocomplete="off" />
      </label>
      <label>
        Until
        <input name="until" type="datetime-local" />
      </label>
      <button>Grant</button>
    </form>
  );
}
