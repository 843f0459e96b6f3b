// Answers a request with what it was, and counts: how often its path has been asked for. The numbers are kept by whoever is
// linked for wasmcloud:keyvalue; variables begin anew with each call.

import { Request, Response, fail, keyvalue, onRequest, quote } from "wasmbus-actor";

export * from "wasmbus-actor/exports";

onRequest((r: Request): Response => {
  const visits = keyvalue.increment("visits:" + r.path, 1);
  const why = visits.error;
  // A handler that calls fail has failed: what it has done, such as to count, has not happened.
  if (why != null) fail(why);
  if (r.method == "DELETE") fail(r.path + " is not to be deleted");
  const answer = Response.text(
    `{"method":${quote(r.method)},"path":${quote(r.path)},"body":${quote(r.text())},"visits":${visits.value}}`);
  answer.headers.set("Content-Type", ["application/json"]);
  return answer;
});
