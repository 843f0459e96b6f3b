// Made from package api by `go test ./runtime/client/typescript -update`. Changes here get lost.

/**
 * Bytes of an actor. A node answers "base64", the exact bytes, and beside it "json" or "text" if they mean something there.
 * Who asks gives one of the three.
 */
export interface Bytes {
  json?: unknown;
  text?: string;
  base64?: string;
}

export interface Empty {
}

export interface Info {
  name: string;
  host: string;
  version: string;
  started: string;
  ready: boolean;
  state: string;
  reason?: string;
  sequence: number;
  root: string;
  chain?: string;
  key?: string;
  key_name?: string;
  roles?: ReadonlyArray<string> | null;
}

export interface Stats {
  time: string;
  committed: number;
  failed: number;
  queries: number;
  rejected?: Readonly<Record<string, number>>;
  gas_used: number;
  latency: ReadonlyArray<Bucket> | null;
  latency_sum_us: number;
  groups: number;
  grouped: number;
  synced_ns: number;
  queued: number;
  cache_hits: number;
  cache_misses: number;
  cache_bytes: number;
  log_bytes: number;
  disk_bytes: number;
  disk_free: number;
  heap_bytes: number;
  watchers: number;
  instances: number;
  instances_idle: number;
  instances_created: number;
  instances_dropped: number;
  calls?: Readonly<Record<string, number>>;
  claimed?: Readonly<Record<string, ClaimedStats>>;
  links: number;
  providers?: Readonly<Record<string, ProviderStats>>;
}

export interface Bucket {
  le: number;
  count: number;
}

export interface ClaimedStats {
  instances: number;
  failed?: Readonly<Record<string, number>>;
  refused?: Readonly<Record<string, number>>;
  latency?: ReadonlyArray<Bucket> | null;
  latency_sum_us: number;
}

export interface ProviderStats {
  kind: string;
  state: string;
  attempts: number;
}

export interface SendRequest {
  to?: string;
  body?: Bytes | null;
  kind?: string;
  module?: string;
  admin?: string;
  funds?: ReadonlyArray<Coin> | null;
  as?: string;
  id?: string;
  trace?: boolean;
}

export interface Coin {
  denom: string;
  amount: string;
}

export interface Receipt {
  sequence: number;
  request_id?: string;
  committed: boolean;
  code?: string;
  message?: string;
  path?: ReadonlyArray<string> | null;
  callee?: string;
  data?: Bytes | null;
  events?: ReadonlyArray<Event> | null;
  gas_used: number;
  messages: number;
  rows: number;
  writes: string;
  root: string;
  trace?: Trace | null;
}

export interface Event {
  actor: string;
  type: string;
  attributes?: ReadonlyArray<Attribute> | null;
}

export interface Attribute {
  key: string;
  value: string;
}

export interface Trace {
  sequence: number;
  time: string;
  sender?: string;
  signer?: string;
  root: Span | null;
  gas_used: number;
  code?: string;
  message?: string;
  path?: ReadonlyArray<string> | null;
  text?: string;
}

export interface Span {
  kind: string;
  from?: string;
  to?: string;
  module?: string;
  body?: Bytes | null;
  funds?: ReadonlyArray<Coin> | null;
  install?: Installation | null;
  gas_used: number;
  sub?: Sub | null;
  reply?: Reply | null;
  touches?: ReadonlyArray<Touch> | null;
  events?: ReadonlyArray<Event> | null;
  logs?: ReadonlyArray<string> | null;
  data?: Bytes | null;
  code?: string;
  message?: string;
  committed: boolean;
  why?: string;
  outside?: boolean;
  call?: string;
  answer?: string;
  children?: ReadonlyArray<Span> | null;
}

export interface Installation {
  kind: string;
  hash: string;
  size: number;
  before?: string;
  replace?: boolean;
  migrate?: boolean;
}

export interface Sub {
  id: number;
  reply_on: string;
  gas_limit?: number;
  payload?: Bytes | null;
}

export interface Reply {
  id: number;
  callee?: string;
  payload?: Bytes | null;
  data?: Bytes | null;
  code?: string;
  message?: string;
  gas_used: number;
}

export interface Touch {
  op: string;
  of?: string;
  key: Bytes | null;
  end?: Bytes | null;
  old?: Bytes | null;
  new?: Bytes | null;
}

export interface QueryRequest {
  to: string;
  body?: Bytes | null;
}

export interface Answer {
  data: Bytes | null;
  sequence: number;
  gas_used: number;
}

export interface GetRequest {
  actor: string;
  key: Bytes | null;
}

export interface Value {
  found: boolean;
  value?: Bytes | null;
}

export interface ScanRequest {
  actor: string;
  prefix?: Bytes | null;
  start?: Bytes | null;
  end?: Bytes | null;
  descending?: boolean;
  limit?: number;
  token?: string;
}

export interface Page {
  pairs: ReadonlyArray<Pair> | null;
  token?: string;
  sequence: number;
}

export interface Pair {
  key: Bytes | null;
  value: Bytes | null;
}

export interface HistoryRequest {
  actor: string;
  key: Bytes | null;
  limit?: number;
  before?: number;
}

export interface History {
  versions: ReadonlyArray<Version> | null;
  before?: number;
}

export interface Version {
  sequence: number;
  time: string;
  deleted?: boolean;
  value?: Bytes | null;
}

export interface ActorsRequest {
  prefix?: string;
  limit?: number;
  token?: string;
}

export interface Actors {
  actors: ReadonlyArray<Actor> | null;
  token?: string;
  sequence: number;
}

export interface Actor {
  address: string;
  module: string;
  creator?: string;
  admin?: string;
  created: number;
  paused?: string | null;
  schema?: Bytes | null;
}

export interface ActorRequest {
  address: string;
}

export interface ReceiptRequest {
  sequence?: number;
  id?: string;
}

export interface LogRequest {
  from?: number;
  last?: number;
  limit?: number;
  changes?: boolean;
}

export interface Log {
  entries: ReadonlyArray<Entry> | null;
  head: number;
}

export interface Entry {
  sequence: number;
  time: string;
  op: string;
  request_id?: string;
  sender?: string;
  signer?: string;
  kind?: string;
  to?: string;
  module?: string;
  admin?: string;
  body?: Bytes | null;
  funds?: ReadonlyArray<Coin> | null;
  call?: string;
  install?: Installation | null;
  receipt?: Receipt | null;
  changes?: ReadonlyArray<Change> | null;
}

export interface Change {
  actor: string;
  key: Bytes | null;
  value?: Bytes | null;
  deleted?: boolean;
}

export interface TraceRequest {
  sequence: number;
}

export interface WatchRequest {
  actor?: string;
  keys?: boolean;
  events?: boolean;
  prefix?: Bytes | null;
  event_types?: ReadonlyArray<string> | null;
  from?: number;
  now?: boolean;
  limit?: number;
  wait_ms?: number;
}

export interface Notices {
  notices: ReadonlyArray<Notice> | null;
  sequence: number;
}

export interface Notice {
  sequence: number;
  time: string;
  changes?: ReadonlyArray<Change> | null;
  events?: ReadonlyArray<Event> | null;
}

export interface Modules {
  modules: ReadonlyArray<Module> | null;
}

export interface Module {
  name: string;
  kind: string;
  bound: number;
  hash?: string;
  size?: number;
  here: boolean;
  text?: boolean;
  schema?: Bytes | null;
  contract?: boolean;
  imports?: ReadonlyArray<string> | null;
  exports?: ReadonlyArray<string> | null;
  code?: Bytes | null;
}

export interface ModuleRequest {
  name: string;
  code?: boolean;
}

export interface InstallRequest {
  name: string;
  code: Bytes | null;
  replace?: boolean;
  migrate?: boolean;
  migrate_body?: Bytes | null;
}

export interface Claims {
  actors: ReadonlyArray<Claimed> | null;
}

export interface Claimed {
  actor: string;
  key: string;
  issuer: string;
  hash: string;
  name?: string;
  alias?: string;
  capabilities: ReadonlyArray<string> | null;
  tags?: ReadonlyArray<string> | null;
  revision: number;
  version?: string;
  issued: number;
  expires?: number;
  not_before?: number;
  instances: number;
  started: number;
  refused?: string;
}

export interface StartRequest {
  name: string;
  code: Bytes | null;
  instances?: number;
  any_revision?: boolean;
  any_capabilities?: boolean;
}

export interface StopRequest {
  actor: string;
}

export interface Done {
  sequence: number;
}

export interface ScaleRequest {
  actor: string;
  instances: number;
}

export interface Providers {
  providers: ReadonlyArray<Provider> | null;
}

export interface Provider {
  name: string;
  address: string;
  contract: string;
  kind: string;
  key?: string;
  config?: Readonly<Record<string, string>>;
  plain?: boolean;
  started: number;
  state: string;
  status?: ReadonlyArray<ProviderStatus> | null;
}

export interface ProviderStatus {
  actor?: string;
  link?: string;
  state: string;
  reason?: string;
  detail?: string;
  since?: string;
  attempts?: number;
  next?: string;
}

export interface ProvideRequest {
  name: string;
  kind?: string;
  address?: string;
  contract?: string;
  key?: string;
  config?: Readonly<Record<string, string>>;
  plain?: boolean;
}

export interface WithdrawRequest {
  name: string;
}

export interface LinksRequest {
  actor?: string;
}

export interface Links {
  links: ReadonlyArray<Link> | null;
}

export interface Link {
  actor: string;
  contract: string;
  name: string;
  provider: string;
  values?: Readonly<Record<string, string>>;
  since: number;
}

export interface LinkRequest {
  actor: string;
  contract: string;
  name?: string;
  provider: string;
  values?: Readonly<Record<string, string>>;
}

export interface UnlinkRequest {
  actor: string;
  contract: string;
  name?: string;
}

export interface Trust {
  anchors: ReadonlyArray<Anchor> | null;
  bans: ReadonlyArray<Ban> | null;
  policy?: string;
  policy_actions?: ReadonlyArray<string> | null;
}

export interface Anchor {
  key: string;
  issuer?: string;
  name?: string;
  valid_signers?: ReadonlyArray<string> | null;
}

export interface Ban {
  key: string;
  reason?: string;
}

export interface TrustRequest {
  key: string;
  token?: string;
}

export interface KeyRequest {
  key: string;
}

export interface PolicyRequest {
  actor?: string;
  actions?: ReadonlyArray<string> | null;
}

export interface Grants {
  grants: ReadonlyArray<Grant> | null;
  you: string;
}

export interface Grant {
  subject: string;
  name?: string;
  role: string;
  actors?: ReadonlyArray<string> | null;
  as?: ReadonlyArray<string> | null;
  until?: number;
}

export interface RevokeRequest {
  subject: string;
}

export interface PauseRequest {
  actor: string;
  reason?: string;
}

export interface ResumeRequest {
  actor: string;
}

export interface BackupRequest {
  name: string;
}

export interface Backup {
  name: string;
  sequence: number;
  root: string;
}

export interface Error {
  code: string;
  message: string;
  actor?: string;
  path?: ReadonlyArray<string> | null;
  sequence?: number;
  retry_after_ms?: number;
  receipt?: Receipt | null;
}

/** What can be asked: the request and the answer of each operation. */
export interface Operations {
  /** Tells who the node is, how it is, and who asks. */
  info: { request: Empty; answer: Info };
  /** Tells what the node has done since it started, and what it has now. */
  stats: { request: Empty; answer: Stats };
  /** Runs one transaction and answers when it is durable. */
  send: { request: SendRequest; answer: Receipt };
  /** Asks the code of an actor about its state. */
  query: { request: QueryRequest; answer: Answer };
  /** Reads the value of one key of an actor. */
  get: { request: GetRequest; answer: Value };
  /** Lists keys of an actor in order, in pages. */
  scan: { request: ScanRequest; answer: Page };
  /** Lists the values that transactions gave to a key. */
  history: { request: HistoryRequest; answer: History };
  /** Lists actors by address, in pages. */
  actors: { request: ActorsRequest; answer: Actors };
  /** Tells what is known about one actor. */
  actor: { request: ActorRequest; answer: Actor };
  /** Returns what a transaction left. */
  receipt: { request: ReceiptRequest; answer: Receipt };
  /** Lists transactions in order. */
  log: { request: LogRequest; answer: Log };
  /** Returns the tree of a transaction. */
  trace: { request: TraceRequest; answer: Trace };
  /** Returns the next transactions that concern what is watched, and waits for the first. */
  watch: { request: WatchRequest; answer: Notices };
  /** Lists modules. */
  modules: { request: Empty; answer: Modules };
  /** Tells what is known about one module. */
  module: { request: ModuleRequest; answer: Module };
  /** Makes WebAssembly a module. */
  install: { request: InstallRequest; answer: Module };
  /** Lists the actors whose modules carry claims. */
  claims: { request: Empty; answer: Claims };
  /** Makes a module with claims an actor and lets it run, or puts a later revision in its place. */
  start: { request: StartRequest; answer: Claimed };
  /** Takes the right to run from an actor, and its links. */
  stop: { request: StopRequest; answer: Done };
  /** Says how many calls of an actor may run at once. */
  scale: { request: ScaleRequest; answer: Done };
  /** Lists providers, and tells how they are. */
  providers: { request: Empty; answer: Providers };
  /** Puts a provider, or changes it. */
  provide: { request: ProvideRequest; answer: Done };
  /** Takes a provider away. */
  withdraw: { request: WithdrawRequest; answer: Done };
  /** Lists links between actors and providers. */
  links: { request: LinksRequest; answer: Links };
  /** Puts a link between an actor and a provider. */
  link: { request: LinkRequest; answer: Done };
  /** Takes a link away. */
  unlink: { request: UnlinkRequest; answer: Done };
  /** Tells whose modules may run. */
  trusted: { request: Empty; answer: Trust };
  /** Makes a key an anchor: from then on only modules run for whose issuer one vouches. */
  trust: { request: TrustRequest; answer: Done };
  /** Takes an anchor away. */
  distrust: { request: KeyRequest; answer: Done };
  /** Keeps a module, or all that an account has signed, from running, at once. */
  ban: { request: Ban; answer: Done };
  /** Ends a ban. */
  unban: { request: KeyRequest; answer: Done };
  /** Names the actor that is asked before something starts or is called. */
  policy: { request: PolicyRequest; answer: Done };
  /** Lists who may do what. */
  grants: { request: Empty; answer: Grants };
  /** Allows the holder of a key something. */
  grant: { request: Grant; answer: Done };
  /** Takes all grants of a key away, at once. */
  revoke: { request: RevokeRequest; answer: Done };
  /** Lets an actor take no more messages. */
  pause: { request: PauseRequest; answer: Done };
  /** Lets a paused actor take messages again. */
  resume: { request: ResumeRequest; answer: Done };
  /** Copies everything that is durable, while the node runs on. */
  backup: { request: BackupRequest; answer: Backup };
}

/** The operations that make a transaction and take a request id. */
export const writes: ReadonlySet<keyof Operations> = new Set(["send", "install", "start", "stop", "scale", "provide", "withdraw", "link", "unlink", "trust", "distrust", "ban", "unban", "policy", "grant", "revoke", "pause", "resume"] as const);
