// Counts the requests to each path, or adds what they say: ?amount=5. The numbers are kept by whoever is linked to it for
// wasmcloud:keyvalue.

import { Request, Response, keyvalue, onRequest, parameter, quote } from "../../../../../runtime/guest/wasmbus/as";

export * from "../../../../../runtime/guest/wasmbus/as/exports";

/** amountOf reads the number in the query, 1 if there is none of 32 bits. */
function amountOf(query: string): i32 {
  const text = parameter(query, "amount");
  if (text == null) return 1;
  const n = I64.parseInt(text, 10);
  return n.toString() == text && n >= i32.MIN_VALUE && n <= i32.MAX_VALUE ? <i32>n : 1;
}

// What the store says goes to the client, good or bad.
onRequest((r: Request): Response => {
  const n = keyvalue.increment("counter:" + r.path.replaceAll("/", ":"), amountOf(r.query));
  const why = n.error;
  return why == null ? Response.text(`{"counter":${n.value}}`) : Response.text(`{"error":${quote(why)}}`, 500);
});
