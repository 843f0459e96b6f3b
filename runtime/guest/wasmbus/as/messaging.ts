// Messaging: wasmcloud:messaging.

import { DEFAULT, Result, call } from "./host";
import { Reader, Writer } from "./msgpack";

const CONTRACT: string = "wasmcloud:messaging";

export class Message {
  constructor(
    public subject: string = "",
    public body: Uint8Array = new Uint8Array(0),
    /** Empty if nobody waits for an answer. */
    public replyTo: string = "",
  ) {}

  /** The body as text, which must be UTF-8. */
  text(): string { return String.UTF8.decodeUnsafe(this.body.dataStart, this.body.length); }

  static text(subject: string, body: string, replyTo: string = ""): Message {
    return new Message(subject, Uint8Array.wrap(String.UTF8.encode(body)), replyTo);
  }

  /** read returns the message that a payload is, null if it is none. */
  static read(payload: Uint8Array): Message | null {
    const r = new Reader(payload);
    const m = new Message();
    for (let n = r.pairs(); n > 0 && !r.bad; n--) {
      const name = r.text();
      if (name == "subject") m.subject = r.text();
      else if (name == "replyTo") m.replyTo = r.text();
      else if (name == "body") m.body = r.bytes();
      else r.skip();
    }
    return r.bad ? null : m;
  }
}

export function publish(m: Message): Result<bool> {
  const w = new Writer();
  w.pairs(m.replyTo == "" ? 2 : 3).text("subject").text(m.subject);
  if (m.replyTo != "") w.text("replyTo").text(m.replyTo);
  w.text("body").bytes(m.body);
  const answer = call(DEFAULT, CONTRACT, "Messaging.Publish", w.content());
  return new Result(!answer.failed, answer.error);
}

/** ask publishes, and waits for an answer at most so long. */
export function ask(subject: string, body: Uint8Array, timeoutMs: u32): Result<Message> {
  const w = new Writer();
  w.pairs(3).text("subject").text(subject).text("body").bytes(body).text("timeoutMs").uint(timeoutMs);
  const answer = call(DEFAULT, CONTRACT, "Messaging.Request", w.content());
  if (answer.failed) return new Result(new Message(), answer.error);
  const m = Message.read(answer.value);
  return m == null ? new Result(new Message(), "the answer is not that of Messaging.Request") : new Result(m, null);
}
