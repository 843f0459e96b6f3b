import { useEffect, useRef, useState } from "preact/hooks";
import { Client, TroupeError, type Notice, type Operations, type WatchRequest } from "../../../client/typescript/src/client.ts";
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
  const [state, setState] = useState<{ key: string; value?: Operations[Op]["answer"]; error?: TroupeError }>({ key: "" });
  const [round, setRound] = useState(0);
  const key = request === undefined ? "" : op + JSON.stringify(request);
  useEffect(() => {
    if (request === undefined) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        if (document.visibilityState === "visible" || round === 0) {
          const value = await node.call(op, request, { signal: stop.signal });
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
  const current = state.key === key ? state : { value: undefined, error: undefined };
  return {
    value: current.value,
    error: current.error,
    loading: current.value === undefined && current.error === undefined,
    reload: () => setRound((n) => n + 1),
  };
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

export function asError(error: unknown): TroupeError {
  return error instanceof TroupeError ? error : new TroupeError("internal", error instanceof Error ? error.message : String(error));
}
