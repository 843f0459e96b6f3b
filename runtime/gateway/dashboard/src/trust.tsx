import { node, useAct, useCall, type Trust } from "./node.ts";
import { keyName } from "./format.ts";
import { Acted, Copy, Failure, Loading, Section, Table, Twice, Who } from "./parts.tsx";

/** Whose modules may run: for operators. */
export function Trusted() {
  const trust = useCall("trusted", {}, 5_000);
  const act = useAct(trust.reload);
  const t = trust.value;
  return (
    <>
      <Section title="Trust" extra="whose modules with claims may run">
        {trust.error && <Failure of={trust.error} />}
        {trust.loading && <Loading />}
        {t && !t.anchors?.length && <p class="hint">There is no anchor: whoever has signed a module is trusted, unless he is banned.</p>}
        {t && t.anchors && t.anchors.length > 0 && (
          <Table label="Anchors" head={["Key", "Name", "Vouches for", "Change"]}>
            {t.anchors.map((a) => (
              <tr key={a.key}>
                <td>
                  <Key of={a.key} />
                </td>
                <td>{a.name}</td>
                <td>{a.valid_signers?.map((s) => <code title={s}>{keyName(s)} </code>)}</td>
                <td>
                  <Twice name="Distrust" sure={`Trust ${keyName(a.key)} no more?`} onSure={() => act.run(() => node.call("distrust", { key: a.key }), `${a.key} is no anchor any more.`)} />
                </td>
              </tr>
            ))}
          </Table>
        )}
        {t && t.bans && t.bans.length > 0 && (
          <Table label="Bans" head={["Banned", "Reason", "Change"]}>
            {t.bans.map((b) => (
              <tr key={b.key}>
                <td>
                  <Key of={b.key} />
                </td>
                <td>{b.reason}</td>
                <td>
                  <Twice name="Unban" sure={`End the ban of ${keyName(b.key)}?`} onSure={() => act.run(() => node.call("unban", { key: b.key }), `${b.key} is banned no more.`)} />
                </td>
              </tr>
            ))}
          </Table>
        )}
        <Acted of={act} />
      </Section>
      <KeyForm
        title="Trust a key"
        pattern="[AO][A-Z2-7]{55}"
        says="56 letters and digits that begin with A or O: an account or an operator"
        second="Token, if it vouches for others"
        onKey={(key, token) => act.run(() => node.call("trust", { key, token: token || undefined }), `${key} is an anchor: modules run only if one vouches for who signed them.`)}
      />
      <KeyForm
        title="Ban a key"
        pattern="[MAV][A-Z2-7]{55}"
        says="56 letters and digits that begin with M or A: a module, or an account and all that it has signed"
        second="Reason"
        onKey={(key, reason) => act.run(() => node.call("ban", { key, reason: reason || undefined }), `${key} is banned.`)}
      />
      {t && <Policy of={t} changed={trust.reload} />}
    </>
  );
}

/** What a policy actor can be asked about, in the words of the API and of people. */
const actions = {
  start_actor: "actors that start",
  start_provider: "providers that start",
  perform_invocation: "calls of actors and providers",
};

/** The actor that decides about what claims and links allow, and a form to name one. */
function Policy({ of: t, changed }: { of: Trust; changed: () => void }) {
  const act = useAct(changed);
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = e.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const actor = (data.get("actor") as string).trim();
    const about = Object.keys(actions).filter((a) => data.get(a) !== null);
    const done = await act.run(async () => {
      if (about.length === 0) throw new Error("choose what the actor decides about, or end the policy");
      return node.call("policy", { actor, actions: about });
    }, `${actor} decides from now on.`);
    if (done) form.reset();
  };
  return (
    <Section title="Policy" extra="an actor that decides about what claims and links allow">
      {t.policy ? (
        <p>
          <Who is={t.policy} /> decides about {t.policy_actions?.map((a) => actions[a as keyof typeof actions] ?? a).join(", ")}.{" "}
          <Twice name="End" sure={`Ask ${t.policy} no more?`} onSure={() => act.run(() => node.call("policy", {}), `${t.policy} is asked no more.`)} />
        </p>
      ) : (
        <p class="hint">Nobody is asked: what claims and links allow may be.</p>
      )}
      <form class="grant" onSubmit={submit}>
        <label>
          Actor
          <input name="actor" required autocomplete="off" spellcheck={false} />
        </label>
        {Object.entries(actions).map(([action, says]) => (
          <label class="check" key={action}>
            <input name={action} type="checkbox" defaultChecked /> {says}
          </label>
        ))}
        <button disabled={act.busy}>Have it decide</button>
      </form>
      <Acted of={act} />
    </Section>
  );
}

const Key = ({ of }: { of: string }) => (
  <>
    <code title={of}>{keyName(of)}</code> <Copy text={of} what={`the key ${keyName(of)}`} />
  </>
);

interface KeyFormProps {
  title: string;
  pattern: string;
  says: string;
  second: string;
  onKey: (key: string, second: string) => Promise<boolean>;
}

function KeyForm({ title, pattern, says, second, onKey }: KeyFormProps) {
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = e.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const text = (name: string) => (data.get(name) as string).trim();
    if (await onKey(text("key"), text("second"))) form.reset();
  };
  return (
    <Section title={title}>
      <form class="grant" onSubmit={submit}>
        <label>
          Key
          <input name="key" required pattern={pattern} title={says} autocomplete="off" spellcheck={false} />
        </label>
        <label>
          {second}
          <input name="second" autocomplete="off" spellcheck={false} />
        </label>
        <button>{title.split(" ")[0]}</button>
      </form>
    </Section>
  );
}
