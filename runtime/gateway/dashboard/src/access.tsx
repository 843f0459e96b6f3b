import { useState } from "preact/hooks";
import { keyName } from "./format.ts";
import { asError, node, useCall, type Grant, type TroupeError } from "./node.ts";
import { Copy, Failure, Loading, Section, Table, Twice } from "./parts.tsx";
import { covers } from "./session.ts";
import { Trusted } from "./trust.tsx";

export function Access({ you, operator }: { you: string; operator: boolean }) {
  const grants = useCall("grants", operator ? {} : undefined);
  const [failure, setFailure] = useState<TroupeError>();
  const [done, setDone] = useState("");
  if (!operator) {
    return (
      <>
        <h1>Access</h1>
        <p class="hint">Only operators see who may do what. Your key is {you ? <code>{you}</code> : "not known"}.</p>
      </>
    );
  }
  const change = async (act: () => Promise<unknown>, said: string): Promise<boolean> => {
    setFailure(undefined);
    setDone("");
    try {
      await act();
      setDone(said);
      return true;
    } catch (error) {
      setFailure(asError(error));
      return false;
    } finally {
      grants.reload();
    }
  };
  return (
    <>
      <div class="bar">
        <h1>Access</h1>
      </div>
      {(failure ?? grants.error) && <Failure of={(failure ?? grants.error)!} />}
      {grants.loading && <Loading />}
      {grants.value && (
        <Table label="Grants" head={["Name", "Role", "Actors", "May act as", "Until", "Key", "Change"]}>
          {grants.value.grants?.map((g) => (
            <tr key={g.subject + g.role}>
              <td>
                {g.name} {g.subject === you && <span class="badge">{g.name ? "you" : "your key"}</span>}
              </td>
              <td>{g.role}</td>
              <td>{g.actors?.join(", ") || "all"}</td>
              <td>{g.as?.join(", ") || (g.role === "operator" ? "anybody" : "nobody else")}</td>
              <td class="time">{g.until ? new Date(g.until * 1e3).toLocaleString("en-GB") : "always"}</td>
              <td>
                <code title={g.subject}>{keyName(g.subject)}</code> <Copy text={g.subject} what={`the key of ${g.name || g.subject}`} />
              </td>
              <td>
                {g.subject !== you && (
                  <Twice
                    name="Revoke"
                    sure={`Take all from ${g.name || keyName(g.subject)}?`}
                    onSure={() => change(() => node.call("revoke", { subject: g.subject }), `${g.name || g.subject} may do nothing any more.`)}
                  />
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Section title="Grant">
        <GrantForm onGrant={(grant) => change(() => node.call("grant", grant), `${grant.name} is ${grant.role} now.`)} />
        <p class="hint" role="status">
          {done}
        </p>
      </Section>
      {covers("trusted") && <Trusted />}
    </>
  );
}

function GrantForm({ onGrant }: { onGrant: (grant: Grant) => Promise<boolean> }) {
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = e.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const text = (name: string) => (data.get(name) as string).trim();
    const words = (name: string) => text(name).split(/[\s,]+/).filter(Boolean);
    const granted = await onGrant({
      subject: text("subject"),
      name: text("name"),
      role: text("role"),
      actors: words("actors"),
      as: words("as"),
      until: text("until") ? Math.floor(Date.parse(text("until")) / 1e3) : undefined,
    });
    if (granted) form.reset();
  };
  return (
    <form class="grant" onSubmit={submit}>
      <label>
        Public key
        <input name="subject" required pattern="U[A-Z2-7]{55}" title="56 letters and digits that begin with U: troupe keys shows them" placeholder="U…" autocomplete="off" spellcheck={false} />
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
