// Logging and NumberGen: wasmcloud:builtin:logging, wasmcloud:builtin:numbergen. They need a claim and no link.

import { DEFAULT, Result, call } from "./host";
import { Reader, Writer } from "./msgpack";

export namespace Level {
  export const Debug: string = "debug";
  export const Info: string = "info";
  export const Warn: string = "warn";
  export const Error: string = "error";
}

export function log(level: string, text: string): Result<bool> {
  const w = new Writer().pairs(2).text("level").text(level).text("text").text(text);
  const answer = call(DEFAULT, "wasmcloud:builtin:logging", "Logging.WriteLog", w.content());
  return new Result(!answer.failed, answer.error);
}

function generate(method: string, w: Writer): Result<Uint8Array> {
  return call(DEFAULT, "wasmcloud:builtin:numbergen", "NumberGen." + method, w.content());
}

/** wrong says that an answer is none, or null. */
function wrong(r: Reader, method: string): string | null { return r.bad ? "the answer is not that of NumberGen." + method : null; }

function number(method: string, w: Writer): Result<u32> {
  const answer = generate(method, w);
  if (answer.failed) return new Result<u32>(0, answer.error);
  const r = new Reader(answer.value);
  const n = r.u32();
  return new Result(n, wrong(r, method));
}

export function guid(): Result<string> {
  const answer = generate("GenerateGuid", new Writer());
  if (answer.failed) return new Result("", answer.error);
  const r = new Reader(answer.value);
  const text = r.text();
  return new Result(text, wrong(r, "GenerateGuid"));
}

/** random returns a number of 32 bits. */
export function random(): Result<u32> { return number("Random32", new Writer()); }

/** randomInRange returns a number from min to max, both included. */
export function randomInRange(min: u32, max: u32): Result<u32> {
  return number("RandomInRange", new Writer().pairs(2).text("min").uint(min).text("max").uint(max));
}
