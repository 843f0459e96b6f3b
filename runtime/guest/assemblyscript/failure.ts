/** Failure is how an actor fails: a code for programs, a text for people. */
@final
export class Failure {
  constructor(readonly code: string, readonly message: string) {}
}

/** The codes that the host itself gives, as far as actors have a use for them. */
export namespace Code {
  export const Failed = "failed";
  export const UnknownMessage = "unknown_message";
  export const Malformed = "malformed";
  export const Unsupported = "unsupported";
  export const InvalidAddress = "invalid_address";
  export const InvalidMessage = "invalid_message";
  export const AlreadyExists = "already_exists";
  export const Unauthorized = "unauthorized";
  export const BodyTooLarge = "body_too_large";
  export const CorruptState = "corrupt_state";
  export const Overflow = "overflow";
}

let first: Failure | null = null;

/**
 * fail makes the running call fail: its writes, messages and events are rolled back, and its caller gets the code and the
 * text. The first failure counts. AssemblyScript has no exceptions, so the handler goes on until it returns: end it by
 * "return fail(…)". What it does after a failure has no effect, and what it reads is zero.
 */
export function fail(code: string, message: string): void {
  if (first == null) first = new Failure(code, message);
}

/** failed reports whether the running call has failed, by fail or by a state helper. */
export function failed(): bool { return first != null; }

/** failure returns how the running call has failed, null if it has not. */
export function failure(): Failure | null { return first; }
