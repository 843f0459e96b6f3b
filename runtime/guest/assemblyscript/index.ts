// The AssemblyScript SDK of Troupe: see README.md.

export { Reply, onAnyReply, onExecute, onInstantiate, onMigrate, onQuery, onReply, onSudo, virtual } from "./actor";
export { Answer, Attribute, Attributes, Call, Event, Kind, None, Outcome, ReplyOn, Sub, View, message } from "./call";
export { Fields, encode } from "./codec";
export { Code, Failure, fail, failed } from "./failure";
export { gasLeft, log, panic, useGas } from "./host";
export { Pair } from "./key";
export { Rand } from "./rand";
export { Entries, StateCounter, StateMap, StateSet, StateValue, under } from "./state";
