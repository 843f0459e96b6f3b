// What the actor handles, and how a call goes.

import { Request, Response } from "./http";
import { Message } from "./messaging";
import { Writer } from "./msgpack";
import { receive, refuse, respond } from "./host";

let failure: string | null = null;

/** fail fails the call: what it has done is rolled back, and what its handler returns does not count. The first one counts. */
export function fail(why: string): void {
  if (failure == null) failure = why;
}

let request: ((r: Request) => Response) | null = null;
let message: ((m: Message) => void) | null = null;
let other: ((operation: string, payload: Uint8Array) => Uint8Array) | null = null;

/** onRequest says who handles HttpServer.HandleRequest. */
export function onRequest(handler: (r: Request) => Response): void { request = handler; }

/** onMessage says who handles MessageSubscriber.HandleMessage. */
export function onMessage(handler: (m: Message) => void): void { message = handler; }

/** onCall says who handles all other operations. What the handler does not know it passes to unknown. */
export function onCall(handler: (operation: string, payload: Uint8Array) => Uint8Array): void { other = handler; }

/** unknown fails the call, for an operation that the actor does not have. */
export function unknown(operation: string): Uint8Array {
  fail("method not handled " + operation);
  return new Uint8Array(0);
}

function handle(operation: string, payload: Uint8Array): Uint8Array {
  const onRequest = request, onMessage = message, onOther = other;
  if (onRequest != null && operation == "HttpServer.HandleRequest") {
    const r = Request.read(payload);
    if (r != null) return onRequest(r).write();
    fail("the payload is no HttpRequest");
  } else if (onMessage != null && operation == "MessageSubscriber.HandleMessage") {
    const m = Message.read(payload);
    if (m != null) onMessage(m);
    else fail("the payload is no SubMessage");
  } else if (operation == "Actor.HealthRequest") {
    return new Writer().pairs(1).text("healthy").bool(true).content();
  } else {
    return onOther != null ? onOther(operation, payload) : unknown(operation);
  }
  return new Uint8Array(0);
}

/** run does what the host wants, and returns whether it went well. */
export function run(operationLen: u32, payloadLen: u32): bool {
  failure = null;
  const r = receive(operationLen, payloadLen);
  const answer = handle(r.operation, r.payload);
  const why = failure;
  if (why != null) refuse(why);
  else respond(answer);
  return why == null;
}
