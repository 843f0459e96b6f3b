// What a module exports, as the ABI has it. An actor passes it on from its entry file:
//
//     export * from "wasmbus-actor/exports";

import "./abort"; // named by the option "use" of the compiler
import { run } from "./actor";

export function __guest_call(operationLen: u32, payloadLen: u32): i32 { return run(operationLen, payloadLen) ? 1 : 0; }

/** The version of the way in which messages are encoded. */
export function __wasmbus_rpc_version(): u32 { return 1; }
