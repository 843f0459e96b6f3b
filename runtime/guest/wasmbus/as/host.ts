// The imports of the ABI.

// @ts-ignore: decorator
@external("wasmbus", "__guest_request")
declare function guest_request(operation: usize, payload: usize): void;
// @ts-ignore: decorator
@external("wasmbus", "__guest_response")
declare function guest_response(ptr: usize, len: u32): void;
// @ts-ignore: decorator
@external("wasmbus", "__guest_error")
declare function guest_error(ptr: usize, len: u32): void;
// @ts-ignore: decorator
@external("wasmbus", "__host_call")
declare function host_call(link: usize, linkLen: u32, to: usize, toLen: u32, operation: usize, operationLen: u32, ptr: usize, len: u32): i32;
// @ts-ignore: decorator
@external("wasmbus", "__host_response_len")
declare function host_response_len(): u32;
// @ts-ignore: decorator
@external("wasmbus", "__host_response")
declare function host_response(ptr: usize): void;
// @ts-ignore: decorator
@external("wasmbus", "__host_error_len")
declare function host_error_len(): u32;
// @ts-ignore: decorator
@external("wasmbus", "__host_error")
declare function host_error(ptr: usize): void;
// @ts-ignore: decorator
@external("wasmbus", "__console_log")
declare function console_log(ptr: usize, len: u32): void;

/** Result is what a call has returned, or why it has failed: then the value is zero. */
@final
export class Result<T> {
  constructor(readonly value: T, /** null if it has not failed */ readonly error: string | null) {}

  get failed(): bool { return this.error != null; }
}

/** DEFAULT is the name of a link that has no other. */
export const DEFAULT: string = "default";

const nothing = new Uint8Array(0);

/**
 * call calls an operation "Trait.Method" of what has a contract, over a link, or of another actor: then link is empty, and to
 * is the public key of its module or its alias.
 */
export function call(link: string, to: string, operation: string, payload: Uint8Array): Result<Uint8Array> {
  const l = String.UTF8.encode(link), t = String.UTF8.encode(to), o = String.UTF8.encode(operation);
  const ok = host_call(changetype<usize>(l), l.byteLength, changetype<usize>(t), t.byteLength, changetype<usize>(o), o.byteLength,
    payload.dataStart, payload.length);
  if (ok != 1) {
    const why = new Uint8Array(host_error_len());
    host_error(why.dataStart);
    return new Result(nothing, "Host send error " + String.UTF8.decodeUnsafe(why.dataStart, why.length));
  }
  const answer = new Uint8Array(host_response_len());
  host_response(answer.dataStart);
  return new Result(answer, null);
}

/** print is a line for whoever looks at the host, without a claim. */
export function print(text: string): void {
  const b = String.UTF8.encode(text);
  console_log(changetype<usize>(b), b.byteLength);
}

/** Received is what the host wants. */
export class Received {
  constructor(readonly operation: string, readonly payload: Uint8Array) {}
}

export function receive(operationLen: u32, payloadLen: u32): Received {
  const operation = new Uint8Array(operationLen), payload = new Uint8Array(payloadLen);
  guest_request(operation.dataStart, payload.dataStart);
  return new Received(String.UTF8.decodeUnsafe(operation.dataStart, operationLen), payload);
}

export function respond(answer: Uint8Array): void { guest_response(answer.dataStart, answer.length); }

export function refuse(why: string): void {
  const b = String.UTF8.encode(why);
  guest_error(changetype<usize>(b), b.byteLength);
}
