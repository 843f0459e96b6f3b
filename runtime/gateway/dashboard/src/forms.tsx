import { useId, useState } from "preact/hooks";
import { number } from "./format.ts";
import { asError, node, type Bytes, type TroupeError } from "./node.ts";
import { Failure, Outcome, Value } from "./parts.tsx";
import { href } from "./router.ts";

/** What a typed actor says of its messages: typed.Description. */
interface Description {
  messages?: Message[];
}
interface Message {
  kind: string;
  name?: string;
  fields?: Field[];
}
interface Field {
  name?: string;
  type: string;
  optional?: boolean;
  fields?: Field[];
}

interface Props {
  address: string;
  schema: Bytes | null | undefined;
  what: "send" | "query";
}

interface Result {
  data?: Bytes | null;
  sequence?: number;
  committed?: boolean;
  gas?: number;
  error?: TroupeError;
}

/** Sends or asks: from a choice of messages with their fields where the module describes them, or from JSON. */
export function MessageForm({ address, schema, what }: Props) {
  const kind = what === "send" ? "execute" : "query";
  const messages = ((schema?.json as Description | undefined)?.messages ?? []).filter((m) => m.kind === kind && m.name);
  const [chosen, setChosen] = useState("");
  const [text, setText] = useState("");
  const [sender, setSender] = useState("");
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Result>();
  const id = useId();

  const choose = (name: string) => {
    setChosen(name);
    const message = messages.find((m) => m.name === name);
    if (message) setText(JSON.stringify(template(message), null, 2));
  };
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setResult(await perform(what, address, text, sender, schema != null));
    setBusy(false);
  };
  const message = messages.find((m) => m.name === chosen);
  const fields = message && simple(message) ? message.fields! : [];
  const values = fields.length > 0 ? valuesOf(text, message!.name!) : undefined;
  return (
    <form class="message" onSubmit={submit}>
      {messages.length > 0 && (
        <label>
          Message
          <select value={chosen} onChange={(e) => choose(e.currentTarget.value)}>
            <option value="">choose…</option>
            {messages.map((m) => (
              <option value={m.name}>{m.name}</option>
            ))}
          </select>
        </label>
      )}
      {values &&
        fields.map((f) => (
          <label>
            {f.name} ({f.type}{f.optional && ", optional"})
            <Input
              field={f}
              value={values[f.name!]}
              onValue={(v) => setText(JSON.stringify({ [message!.name!]: { ...values, [f.name!]: v } }, null, 2))}
            />
          </label>
        ))}
      <label for={id + "body"}>Body{schema && ", in JSON"}</label>
      <textarea id={id + "body"} rows={Math.min(12, Math.max(3, text.split("\n").length))} spellcheck={false} value={text} onInput={(e) => setText(e.currentTarget.value)} />
      {!values && message?.fields && message.fields.length > 0 && (
        <p class="hint">{message.fields.map((f) => `${f.name}: ${f.type}${f.optional ? " (optional)" : ""}`).join(", ")}</p>
      )}
      {what === "send" && (
        <label>
          As
          <input value={sender} placeholder="my own key" autocomplete="off" spellcheck={false} onInput={(e) => setSender(e.currentTarget.value)} />
        </label>
      )}
      <button disabled={busy}>{what === "send" ? "Send" : "Ask"}</button>
      <div aria-live="polite">{result && <Shown result={result} />}</div>
    </form>
  );
}

async function perform(what: "send" | "query", address: string, text: string, sender: string, isJSON: boolean): Promise<Result> {
  const body: Bytes | undefined = text.trim() === "" ? undefined : { text: text.trim() };
  try {
    if (body && isJSON) JSON.parse(body.text!);
  } catch (error) {
    return { error: asError(new Error(`The body is not JSON: ${(error as Error).message}`)) };
  }
  try {
    if (what === "query") {
      const answer = await node.call("query", { to: address, body });
      return { data: answer.data, gas: answer.gas_used };
    }
    const receipt = await node.call("send", { to: address, body, as: sender || undefined });
    return { data: receipt.data, sequence: receipt.sequence, committed: true, gas: receipt.gas_used };
  } catch (error) {
    const failure = asError(error);
    return { error: failure, committed: failure.details.sequence ? false : undefined };
  }
}

function Shown({ result }: { result: Result }) {
  return (
    <div class="result">
      {result.committed !== undefined && (
        <p>
          <Outcome ok={result.committed} />{" "}
          {result.sequence && <a href={href("transactions", result.sequence)}>transaction {number(result.sequence)}</a>}
        </p>
      )}
      {result.error && <Failure of={result.error} />}
      {result.data && <Value of={result.data} wide />}
      {result.gas !== undefined && <p class="hint">{number(result.gas)} gas</p>}
    </div>
  );
}

/** One field of a message that has a form of its own. */
function Input({ field, value, onValue }: { field: Field; value: unknown; onValue: (v: unknown) => void }) {
  if (field.type === "bool") return <input type="checkbox" checked={value === true} onChange={(e) => onValue(e.currentTarget.checked)} />;
  if (field.type === "text") return <input value={String(value ?? "")} autocomplete="off" spellcheck={false} onInput={(e) => onValue(e.currentTarget.value)} />;
  return (
    <input
      type="number"
      step={field.type.startsWith("float") ? "any" : 1}
      min={field.type.startsWith("uint") ? 0 : undefined}
      max={Number.MAX_SAFE_INTEGER}
      value={String(value ?? "")}
      onInput={(e) => onValue(Number(e.currentTarget.value))}
    />
  );
}

/** Whether each field of a message can be put into one input. The others are written in the body. */
const simple = (m: Message) => (m.fields?.length ?? 0) > 0 && m.fields!.every((f) => f.name && /^(text|bool|u?int\d*|float\d*)$/.test(f.type));

/** The fields of a message as they stand in the body; undefined while it says something else. */
function valuesOf(text: string, name: string): Record<string, unknown> | undefined {
  try {
    const values = JSON.parse(text)[name];
    return values && typeof values === "object" && !Array.isArray(values) ? values : undefined;
  } catch {
    return undefined;
  }
}

/** A message with a zero in each field, to be filled in. */
function template(message: Message): unknown {
  return message.fields?.length ? { [message.name!]: fieldsOf(message.fields) } : message.name;
}

function fieldsOf(fields: Field[]): Record<string, unknown> {
  return Object.fromEntries(fields.filter((f) => f.name).map((f) => [f.name, zero(f)]));
}

function zero(f: Field): unknown {
  if (/^list of /.test(f.type)) return [];
  if (/^map of /.test(f.type)) return {};
  if (f.type === "object") return fieldsOf(f.fields ?? []);
  if (f.type === "bool") return false;
  if (/^(u?int|float)/.test(f.type)) return 0;
  if (f.type === "any") return null;
  return "";
}
