// Classic wasmCloud actors in AssemblyScript: see README.md.

import * as keyvalue from "./keyvalue";

export { keyvalue };
export { fail, onCall, onMessage, onRequest, unknown } from "./actor";
export { Level, guid, log, random, randomInRange } from "./builtin";
export { Result, call, print } from "./host";
export { Request, Response } from "./http";
export { Message, ask, publish } from "./messaging";
export { Kind, Reader, Writer } from "./msgpack";
export { parameter, quote } from "./text";
