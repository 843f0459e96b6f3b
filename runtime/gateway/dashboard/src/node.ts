import { useEffect, useRef, useState } from "preact/hooks";
import { Client, TroupeError, type Entry, type Notice, type Operations, type WatchRequest } from "../../../client/typescript/src/client.ts";
import { token } from "./session.ts";

export * from "../../../client/typescript/src/client.ts";

export const node = new Client({ token, retries: 1 });

export interface Loaded<T> {
  value?: T;
  error?: TroupeError;
  loading: boolean;
  reload: () => void;
}

/** Asks for an operation when the view appears and whenever the request changes; again every so many milliseconds. */
export function useCall<Op extends keyof Operations>(
  op: Op,
  request: Operations[Op]["request"] | undefined,
  every = 0,
): Loaded<Operations[Op]["answer"]> {
  return useLoaded(request && op + JSON.stringify(request), (signal) => node.call(op, request!, { signal }), every);
}

/** Loads what the key stands for when the view appears and whenever the key changes. Undefined loads nothing. */
export function useLoaded<T>(key: string | undefined, load: (signal: AbortSignal) => Promise<T>, every = 0): Loaded<T> {
  const [state, setState] = useState<{ key?: string; value?: T; error?: TroupeError }>({ key: "" });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (key === undefined) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        if (document.visibilityState === "visible" || round === 0) {
          const value = await load(stop.signal);
          setState({ key, value });
        }
      } catch (error) {
        if (stop.signal.aborted) return;
        setState((was) => ({ key, value: was.key === key ? was.value : undefined, error: asError(error) }));
      }
      if (every > 0 && !stop.signal.aborted) timer = setTimeout(ask, every);
    };
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key, every, round]);
  const current = state.key === key ? state : {};
  return {
    value: current.value,
    error: current.error,
    loading: current.value === undefined && current.error === undefined,
    reload: () => setRound((n) => n + 1),
  };
}

/** The transactions before one, as far as they are kept: at most so many. A page of the log can end early. */
export async function entriesBefore(before: number, count: number, signal: AbortSignal): Promise<Entry[]> {
  const list: Entry[] = [];
  for (let from = Math.max(1, before - count); from < before; from = list.at(-1)!.sequence + 1) {
    const page = await node.call("log", { from, limit: before - from }, { signal });
    if (!page.entries?.length) break;
    list.push(...page.entries.filter((e) => e.sequence < before));
  }
  return list;
}

export interface Watched {
  notices: Notice[];
  error?: TroupeError;
}

/** The last notices of a watch that begins now, the latest first. Undefined watches nothing. */
export function useWatch(request: WatchRequest | undefined, keep = 100): Watched {
  const [state, setState] = useState<Watched>({ notices: [] });
  const pending = useRef<Notice[]>([]);
  const key = request === undefined ? "" : JSON.stringify(request);
  useEffect(() => {
    setState({ notices: [] });
    pending.current = [];
    if (request === undefined) return;
    const stop = new AbortController();
    // A busy actor tells more than a screen can be drawn for.
    const timer = setInterval(() => {
      if (pending.current.length === 0) return;
      const news = pending.current.reverse();
      pending.current = [];
      setState((was) => ({ notices: [...news, ...was.notices].slice(0, keep) }));
    }, 250);
    void (async () => {
      try {
        for await (const notice of node.watch({ now: true, ...request }, { signal: stop.signal })) {
          pending.current.push(notice);
          if (pending.current.length > keep) pending.current.shift();
        }
      } catch (error) {
        if (!stop.signal.aborted) setState((was) => ({ ...was, error: asError(error) }));
      }
    })();
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [key]);
  return state;
}

export interface Act {
  busy: boolean;
  failure?: TroupeError;
  /** What was done last, for people. */
  done: string;
  /** Does something and remembers what came of it. Resolves to whether it went well. */
  run: <T>(work: () => Promise<T>, said: string | ((answer: T) => string)) => Promise<boolean>;
}

/** What a form or a button does, and what came of it. After each, changed is called. */
export function useAct(changed: () => void): Act {
  const [state, setState] = useState<Omit<Act, "run">>({ busy: false, done: "" });
  const run: Act["run"] = async (work, said) => {
    setState({ busy: true, done: "" });
    try {
      const answer = await work();
      setState({ busy: false, done: typeof said === "string" ? said : said(answer) });
      return true;
    } catch (error) {
      setState({ busy: false, done: "", failure: asError(error) });
      return false;
    } finally {
      changed();
    }
  };
  return { ...state, run };
}

export function asError(error: unknown): TroupeError {
  return error instanceof TroupeError ? error : new TroupeError("internal", error instanceof Error ? error.message : String(error));
}
