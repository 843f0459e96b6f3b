// Answers with what it was asked, as JSON: the first actor of the classic getting-started guide.

import { Request, Response, onRequest, quote } from "../../../../../runtime/guest/wasmbus/as";

export * from "../../../../../runtime/guest/wasmbus/as/exports";

onRequest((r: Request): Response => Response.text(
  `{"body":[${r.body.join(",")}],"method":${quote(r.method)},"path":${quote(r.path)},"query_string":${quote(r.query)}}`));
