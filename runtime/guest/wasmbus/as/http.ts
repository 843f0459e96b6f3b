// HttpServer: wasmcloud:httpserver.

import { Reader, Writer } from "./msgpack";

export class Request {
  method: string = "";
  path: string = "";
  /** Without "?". */
  query: string = "";
  headers: Map<string, Array<string>> = new Map();
  body: Uint8Array = new Uint8Array(0);

  /** header returns the first value of a header, whose name may be written in any case: empty if it is not there. */
  header(name: string): string {
    const names = this.headers.keys();
    for (let i = 0; i < names.length; i++) {
      if (names[i].toLowerCase() != name.toLowerCase()) continue;
      const values = this.headers.get(names[i]);
      return values.length > 0 ? values[0] : "";
    }
    return "";
  }

  /** The body as text, which must be UTF-8. */
  text(): string { return String.UTF8.decodeUnsafe(this.body.dataStart, this.body.length); }

  /** read returns the request that a payload is, null if it is none. */
  static read(payload: Uint8Array): Request | null {
    const r = new Reader(payload);
    const q = new Request();
    for (let n = r.pairs(); n > 0 && !r.bad; n--) {
      const name = r.text();
      if (name == "method") q.method = r.text();
      else if (name == "path") q.path = r.text();
      else if (name == "queryString") q.query = r.text();
      else if (name == "body") q.body = r.bytes();
      else if (name == "header") {
        for (let h = r.pairs(); h > 0 && !r.bad; h--) {
          const header = r.text();
          q.headers.set(header, r.texts());
        }
      } else r.skip();
    }
    return r.bad ? null : q;
  }
}

export class Response {
  headers: Map<string, Array<string>> = new Map();

  constructor(public body: Uint8Array = new Uint8Array(0), public status: u16 = 200) {}

  static text(body: string, status: u16 = 200): Response {
    return new Response(Uint8Array.wrap(String.UTF8.encode(body)), status);
  }

  write(): Uint8Array {
    const w = new Writer();
    w.pairs(3).text("statusCode").uint(this.status);
    const names = this.headers.keys();
    w.text("header").pairs(names.length);
    for (let i = 0; i < names.length; i++) {
      const values = this.headers.get(names[i]);
      w.text(names[i]).list(values.length);
      for (let j = 0; j < values.length; j++) w.text(values[j]);
    }
    return w.text("body").bytes(this.body).content();
  }
}
