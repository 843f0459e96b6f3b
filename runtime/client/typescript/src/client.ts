import { writes, type Notice, type Operations, type WatchRequest } from "./types.ts";

export type * from "./types.ts";

/** Why a request was not answered. `code` is what programs branch on; package api lists the codes. */
export class TroupeError extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** What the node said beside code and message: see Error in types.ts. */
    readonly details: import("./types.ts").Error = { code, message },
  ) {
    super(message);
    this.name = "TroupeError";
  }

  /** Whether the same request may succeed later by itself. */
  get retry(): boolean {
    return ["overloaded", "unavailable", "unknown_outcome", "expired"].includes(this.code);
  }
}

export interface Options {
  /** Of the node, such as http://127.0.0.1:8880. In a browser, the page's own origin if it is left out. */
  url?: string;
  /** A bearer token: `troupe token` makes one. A function is asked before each request. */
  token?: string | (() => string | undefined);
  /** How often a request is repeated that may succeed later; 4 if it is left out. */
  retries?: number;
  /** Milliseconds that one attempt may take; 30,000 if it is left out. */
  timeout?: number;
  fetch?: typeof fetch;
}

export interface CallOptions {
  signal?: AbortSignal;
}

/**
 * A client of one node.
 *
 *     const troupe = new Client({ url: "http://127.0.0.1:8880", token });
 *     const receipt = await troupe.call("send", { to: "currency", body: { json: { mint: { to: "bob", amount: 5 } } } });
 *     for await (const notice of troupe.watch({ actor: "currency", events: true })) console.log(notice);
 *
 * A write gets a request id if it has none, and is repeated under it when its outcome is not known: it has one effect.
 */
export class Client {
  readonly #options: Options;

  constructor(options: Options = {}) {
    this.#options = options;
  }

  /** Asks for one operation. A failure is a TroupeError. */
  async call<Op extends keyof Operations>(
    op: Op,
    request: Operations[Op]["request"],
    options: CallOptions = {},
  ): Promise<Operations[Op]["answer"]> {
    const headers = this.#headers();
    headers.set("Content-Type", "application/json");
    if (writes.has(op)) {
      headers.set("Idempotency-Key", (request as { id?: string }).id ?? crypto.randomUUID());
    }
    const body = JSON.stringify(request);
    for (let attempt = 0; ; attempt++) {
      try {
        const response = await this.#fetch(`/v1/${op}`, { method: "POST", headers, body }, options.signal);
        return (await answerOf(response)) as Operations[Op]["answer"];
      } catch (error) {
        const failure = asFailure(error, options.signal);
        if (!failure.retry || attempt >= (this.#options.retries ?? 4)) throw failure;
        await pause(failure.details.retry_after_ms ?? backoff(attempt), options.signal);
      }
    }
  }

  /**
   * The transactions that concern what is watched, each once and in order. When the connection breaks it is made again
   * behind the last notice. It ends with an error that will not go away by itself, or when the caller leaves the loop.
   */
  async *watch(request: WatchRequest = {}, options: CallOptions = {}): AsyncGenerator<Notice, void, undefined> {
    let from = request.from;
    for (let attempt = 0; ; attempt++) {
      try {
        const query = parameters({ ...request, from: undefined, now: from === undefined ? request.now : undefined });
        const headers = this.#headers();
        headers.set("Accept", "text/event-stream");
        if (from !== undefined) headers.set("Last-Event-ID", String(from));
        const stop = new AbortController();
        const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
        try {
          const response = await (this.#options.fetch ?? fetch)(this.#url(`/v1/watch?${query}`), { headers, signal });
          if (!response.ok || !response.body) await answerOf(response);
          for await (const event of eventsOf(response.body!)) {
            attempt = 0;
            if (event.id !== undefined) from = Number(event.id);
            if (event.type === "error") {
              const details = JSON.parse(event.data) as import("./types.ts").Error;
              throw new TroupeError(details.code, details.message, details);
            }
            if (event.type === "notice") yield JSON.parse(event.data) as Notice;
          }
        } finally {
          stop.abort();
        }
        await pause(backoff(0), options.signal);
      } catch (error) {
        const failure = asFailure(error, options.signal);
        if (!failure.retry) throw failure;
        await pause(failure.details.retry_after_ms ?? backoff(attempt), options.signal);
      }
    }
  }

  #headers(): Headers {
    const headers = new Headers();
    const { token } = this.#options;
    const text = typeof token === "function" ? token() : token;
    if (text) headers.set("Authorization", `Bearer ${text}`);
    return headers;
  }

  #url(path: string): string {
    return (this.#options.url ?? "").replace(/\/+$/, "") + path;
  }

  async #fetch(path: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
    const timeout = AbortSignal.timeout(this.#options.timeout ?? 30_000);
    return (this.#options.fetch ?? fetch)(this.#url(path), {
      ...init,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
  }
}

async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const code = response.status >= 500 ? "unavailable" : "internal";
    throw new TroupeError(code, `the answer is not JSON (status ${response.status}): ${text.slice(0, 200)}`);
  }
  if (response.ok) return value;
  const details = value as import("./types.ts").Error;
  throw new TroupeError(details.code ?? "internal", details.message ?? `status ${response.status}`, details);
}

/** What went wrong on the way is an outcome that is not known. What the caller aborted is thrown as it is. */
function asFailure(error: unknown, signal?: AbortSignal): TroupeError {
  if (signal?.aborted) throw signal.reason;
  if (error instanceof TroupeError) return error;
  return new TroupeError("unknown_outcome", `the node cannot be reached: ${error instanceof Error ? error.message : error}`);
}

/** Milliseconds to wait before the next attempt: from 0.1 s on, doubled, at most 5 s, with chance in it. */
function backoff(attempt: number): number {
  return Math.min(5_000, 100 * 2 ** attempt) * (0.5 + Math.random() / 2);
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done, { once: true });
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    }
  });
}

/** A request as query parameters. Bytes are given as text, or exactly under NAME.base64. */
function parameters(request: object): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request)) {
    if (value === undefined || value === null || value === false) continue;
    if (Array.isArray(value)) value.forEach((v) => query.append(name, String(v)));
    else if (typeof value === "object") {
      const bytes = value as { text?: string; json?: unknown; base64?: string };
      if (bytes.base64 !== undefined) query.set(`${name}.base64`, bytes.base64);
      else query.set(name, bytes.text ?? JSON.stringify(bytes.json));
    } else query.set(name, String(value));
  }
  return query;
}

interface ServerEvent {
  type: string;
  id?: string;
  data: string;
}

/** The events of a stream of server-sent events, as the HTML standard reads them. */
export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let event: ServerEvent = { type: "message", data: "" };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop()!;
      for (const line of lines) {
        if (line === "") {
          if (event.data !== "") yield { ...event, data: event.data.slice(0, -1) };
          event = { type: "message", data: "" };
          continue;
        }
        const [, field, text = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
        if (field === "event") event.type = text;
        else if (field === "data") event.data += text + "\n";
        else if (field === "id") event.id = text;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
