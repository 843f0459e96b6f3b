package api

import (
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
)

// A Receipt is what a transaction left.
type Receipt struct {
	Sequence  uint64 `json:"sequence"`
	RequestID string `json:"request_id,omitempty"`
	Committed bool   `json:"committed"`
	// Code, Message and Path say what failed, if it did not commit.
	Code    string          `json:"code,omitempty"`
	Message string          `json:"message,omitempty"`
	Path    []actor.Address `json:"path,omitempty"`
	// Callee is who was called at the root: for an instantiation, the new actor.
	Callee   actor.Address `json:"callee,omitempty"`
	Data     Bytes         `json:"data,omitzero"`
	Events   []actor.Event `json:"events,omitempty"`
	GasUsed  uint64        `json:"gas_used"`
	Messages uint64        `json:"messages"`
	// Rows is how many rows of the store it wrote, its own among them.
	Rows int `json:"rows"`
	// Writes and Root are sums in hexadecimal: of what it wrote, and of everything up to it.
	Writes string `json:"writes"`
	Root   string `json:"root"`
	Trace  *Trace `json:"trace,omitempty"`
}

// An Answer is what an actor said about its state as of a transaction.
type Answer struct {
	Data     Bytes  `json:"data"`
	Sequence uint64 `json:"sequence"`
	GasUsed  uint64 `json:"gas_used"`
}

// A Value is that of one key.
type Value struct {
	Found bool  `json:"found"`
	Value Bytes `json:"value,omitzero"`
}

// A Page is a part of the keys of an actor. Token asks for the next one.
type Page struct {
	Pairs    []Pair `json:"pairs"`
	Token    string `json:"token,omitempty"`
	Sequence uint64 `json:"sequence"`
}

// A Pair is a key with its value.
type Pair struct {
	Key   Bytes `json:"key"`
	Value Bytes `json:"value"`
}

// Actors are a page of actors. Token asks for the next one.
type Actors struct {
	Actors   []Actor `json:"actors"`
	Token    string  `json:"token,omitempty"`
	Sequence uint64  `json:"sequence"`
}

// An Actor is what the node knows about one.
type Actor struct {
	Address actor.Address  `json:"address"`
	Module  actor.ModuleID `json:"module"`
	Creator actor.Address  `json:"creator,omitempty"`
	Admin   actor.Address  `json:"admin,omitempty"`
	Created uint64         `json:"created"`
	// Paused says why it takes no messages, nil if it does.
	Paused *string `json:"paused,omitempty"`
	// Schema describes its messages and queries in JSON, if its module does.
	Schema Bytes `json:"schema,omitzero"`
}

// A Log is a part of the log, in order.
type Log struct {
	Entries []Entry `json:"entries"`
	// Head is the last transaction that is durable.
	Head uint64 `json:"head"`
}

// An Entry is a command of the log and what came of it.
type Entry struct {
	Sequence uint64    `json:"sequence"`
	Time     time.Time `json:"time"`
	// Op is "message", "bind", "configure" or "install".
	Op        string         `json:"op"`
	RequestID string         `json:"request_id,omitempty"`
	Sender    actor.Address  `json:"sender,omitempty"`
	Signer    string         `json:"signer,omitempty"`
	Kind      string         `json:"kind,omitempty"`
	To        actor.Address  `json:"to,omitempty"`
	Module    actor.ModuleID `json:"module,omitempty"`
	Admin     actor.Address  `json:"admin,omitempty"`
	Body      Bytes          `json:"body,omitzero"`
	Funds     []actor.Coin   `json:"funds,omitempty"`
	// Call tells what Body says, if it is an invocation: an operation, and its argument in JSON.
	Call string `json:"call,omitempty"`
	// Install is what an installation makes the module; Body is then that of the migrations.
	Install *Installation `json:"install,omitempty"`
	// Receipt is nil if it is no longer kept.
	Receipt *Receipt `json:"receipt,omitempty"`
	// Changes are the keys that it wrote, if they were asked for.
	Changes []Change `json:"changes,omitempty"`
}

// An Installation is code that a module got.
type Installation struct {
	// Kind is the dialect; Hash, in hexadecimal, and Size are those of the code.
	Kind string `json:"kind"`
	Hash string `json:"hash"`
	Size uint64 `json:"size"`
	// Before is the hash of the code that was there before, as far as it is known.
	Before  string `json:"before,omitempty"`
	Replace bool   `json:"replace,omitempty"`
	Migrate bool   `json:"migrate,omitempty"`
}

// A Trace is everything that happened in one transaction, as a tree.
type Trace struct {
	Sequence uint64        `json:"sequence"`
	Time     time.Time     `json:"time"`
	Sender   actor.Address `json:"sender,omitempty"`
	Signer   string        `json:"signer,omitempty"`
	Root     *Span         `json:"root"`
	GasUsed  uint64        `json:"gas_used"`
	// Code, Message and Path are those of the failure of the whole transaction.
	Code    string          `json:"code,omitempty"`
	Message string          `json:"message,omitempty"`
	Path    []actor.Address `json:"path,omitempty"`
	// Text is the tree as the command line draws it.
	Text string `json:"text,omitempty"`
}

// A Span is one call of an actor.
type Span struct {
	Kind   string         `json:"kind"`
	From   actor.Address  `json:"from,omitempty"`
	To     actor.Address  `json:"to,omitempty"`
	Module actor.ModuleID `json:"module,omitempty"`
	Body   Bytes          `json:"body,omitzero"`
	Funds  []actor.Coin   `json:"funds,omitempty"`
	// Install is there if the span stands for the installation of Module; below it are the migrations.
	Install *Installation `json:"install,omitempty"`
	GasUsed uint64        `json:"gas_used"` // with everything below it
	Sub     *Sub          `json:"sub,omitempty"`
	Reply   *Reply        `json:"reply,omitempty"`
	Touches []Touch       `json:"touches,omitempty"`
	Events  []actor.Event `json:"events,omitempty"`
	Logs    []string      `json:"logs,omitempty"`
	Data    Bytes         `json:"data,omitzero"`
	Code    string        `json:"code,omitempty"`
	Message string        `json:"message,omitempty"`
	// Committed says whether its writes and events became part of the state; Why, why not.
	Committed bool   `json:"committed"`
	Why       string `json:"why,omitempty"`
	// Outside says that it is a question to the world outside of the host, which was asked even if it was rolled back.
	Outside bool `json:"outside,omitempty"`
	// Call tells what Body says, if it is an invocation, and Answer what Data says then: an operation and its argument in JSON,
	// and JSON.
	Call     string  `json:"call,omitempty"`
	Answer   string  `json:"answer,omitempty"`
	Children []*Span `json:"children,omitempty"`
}

// Sub is how a sub-message was sent.
type Sub struct {
	ID       uint64 `json:"id"`
	ReplyOn  string `json:"reply_on"`
	GasLimit uint64 `json:"gas_limit,omitempty"`
	Payload  Bytes  `json:"payload,omitzero"`
}

// A Reply is what the sender of a sub-message was told.
type Reply struct {
	ID      uint64        `json:"id"`
	Callee  actor.Address `json:"callee,omitempty"`
	Payload Bytes         `json:"payload,omitzero"`
	Data    Bytes         `json:"data,omitzero"`
	Code    string        `json:"code,omitempty"`
	Message string        `json:"message,omitempty"`
	GasUsed uint64        `json:"gas_used"`
}

// A Touch is one access to the state of an actor. Old and New are null where there is no value.
type Touch struct {
	Op  string        `json:"op"`
	Of  actor.Address `json:"of,omitempty"`
	Key Bytes         `json:"key"`
	End Bytes         `json:"end,omitzero"`
	Old Bytes         `json:"old,omitzero"`
	New Bytes         `json:"new,omitzero"`
}

// History is who wrote a key, the latest first.
type History struct {
	Versions []Version `json:"versions"`
	// Before asks for what is older; 0 if nothing older is kept.
	Before uint64 `json:"before,omitempty"`
}

// A Version is a value that a transaction gave to a key.
type Version struct {
	Sequence uint64    `json:"sequence"`
	Time     time.Time `json:"time"`
	Deleted  bool      `json:"deleted,omitempty"`
	Value    Bytes     `json:"value,omitzero"`
}

// Notices are the next transactions of a watch. Who asks for more gives Sequence as From.
type Notices struct {
	Notices  []Notice `json:"notices"`
	Sequence uint64   `json:"sequence"`
}

// A Notice is what one transaction did of what is watched.
type Notice struct {
	Sequence uint64        `json:"sequence"`
	Time     time.Time     `json:"time"`
	Changes  []Change      `json:"changes,omitempty"`
	Events   []actor.Event `json:"events,omitempty"`
}

// A Change is a key that a transaction wrote.
type Change struct {
	Actor   actor.Address `json:"actor"`
	Key     Bytes         `json:"key"`
	Value   Bytes         `json:"value,omitzero"`
	Deleted bool          `json:"deleted,omitempty"`
}

// Modules are all modules, sorted by name.
type Modules struct {
	Modules []Module `json:"modules"`
}

// A Module is code with a name.
type Module struct {
	Name actor.ModuleID `json:"name"`
	// Kind is "native", or the dialect of the guest.
	Kind string `json:"kind"`
	// Bound is the transaction that gave it its code.
	Bound uint64 `json:"bound"`
	// Hash and Size are those of the code of a guest.
	Hash string `json:"hash,omitempty"`
	Size uint64 `json:"size,omitempty"`
	// Here says that the node has the code, and so can run it.
	Here bool `json:"here"`
	// Text says that its actors speak no CBOR: what can be read as text is text.
	Text bool `json:"text,omitempty"`
	// Schema describes its messages and queries in JSON, if it does.
	Schema Bytes `json:"schema,omitzero"`
	// Contract says that it is a contract of CosmWasm.
	Contract bool `json:"contract,omitempty"`
	// Imports and Exports are "module.name" and "name", of one module that was asked for.
	Imports []string `json:"imports,omitempty"`
	Exports []string `json:"exports,omitempty"`
	// Code is WebAssembly as it was installed, if it was asked for.
	Code Bytes `json:"code,omitzero"`
}

// Grants are all grants, sorted by subject.
type Grants struct {
	Grants []Grant `json:"grants"`
	// You is the key that has asked.
	You string `json:"you"`
}

// Info is what a node says of itself.
type Info struct {
	// Name is that of the configuration, and Host the public key of the node: the audience of signed requests.
	Name    string    `json:"name"`
	Host    string    `json:"host"`
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	// Ready says whether requests are taken; State is "ready", "starting", "draining", "read_only" or "failed", and Reason
	// tells why it is not ready.
	Ready    bool   `json:"ready"`
	State    string `json:"state"`
	Reason   string `json:"reason,omitempty"`
	Sequence uint64 `json:"sequence"`
	Root     string `json:"root"`
	Chain    string `json:"chain,omitempty"`
	// Key, KeyName and Roles are who asks, under which name, with which roles.
	Key     string   `json:"key,omitempty"`
	KeyName string   `json:"key_name,omitempty"`
	Roles   []string `json:"roles,omitempty"`
}

// Stats are what a node has done since it started, and what it has now. Counters only grow.
type Stats struct {
	Time      time.Time         `json:"time"`
	Committed uint64            `json:"committed"`
	Failed    uint64            `json:"failed"`
	Queries   uint64            `json:"queries"`
	Rejected  map[string]uint64 `json:"rejected,omitempty"`
	GasUsed   uint64            `json:"gas_used"`
	// Latency holds, for bounds in microseconds, how many writes took at most that long.
	Latency []Bucket `json:"latency"`
	// LatencySum is all of these times together, in microseconds.
	LatencySum uint64 `json:"latency_sum_us"`
	// Groups, Grouped and Synced are how many groups were made durable, with how many transactions, and the nanoseconds
	// that the disk took.
	Groups     uint64 `json:"groups"`
	Grouped    uint64 `json:"grouped"`
	Synced     uint64 `json:"synced_ns"`
	Queued     int    `json:"queued"`
	CacheHits  uint64 `json:"cache_hits"`
	CacheMiss  uint64 `json:"cache_misses"`
	CacheBytes uint64 `json:"cache_bytes"`
	LogBytes   uint64 `json:"log_bytes"`
	DiskBytes  uint64 `json:"disk_bytes"`
	DiskFree   uint64 `json:"disk_free"`
	Heap       uint64 `json:"heap_bytes"`
	Watchers   int    `json:"watchers"`
	// Instances are those of WebAssembly, of which Idle wait for a call. Created and Dropped are how many were made, and how
	// many were not fit for another call.
	Instances int    `json:"instances"`
	Idle      int    `json:"instances_idle"`
	Created   uint64 `json:"instances_created"`
	Dropped   uint64 `json:"instances_dropped"`
	// Calls are those of actors, by module, queries included.
	Calls map[string]uint64 `json:"calls,omitempty"`
	// Claimed are the actors with claims, by address. Links is how many there are, and Providers tells how each is, by name.
	Claimed   map[string]ClaimedStats  `json:"claimed,omitempty"`
	Links     int                      `json:"links"`
	Providers map[string]ProviderStats `json:"providers,omitempty"`
}

// ClaimedStats are those of an actor with claims.
type ClaimedStats struct {
	// Instances is how many calls may run at once; 0 if it has stopped, or takes none.
	Instances int `json:"instances"`
	// Failed counts calls that failed, by code: "ended" are those that the host ended, and "(other)" stands for codes beyond the
	// first ones.
	Failed map[string]uint64 `json:"failed,omitempty"`
	// Refused counts invocations of the actor, and by it, that were refused for claims, links or a policy, by code.
	Refused map[string]uint64 `json:"refused,omitempty"`
	// Latency holds, for bounds in microseconds, how many calls took at most that long, queries included, and LatencySum all of
	// these times together.
	Latency    []Bucket `json:"latency,omitempty"`
	LatencySum uint64   `json:"latency_sum_us"`
}

// ProviderStats are those of a provider.
type ProviderStats struct {
	Kind string `json:"kind"`
	// State is the worst of its links', and Attempts how often these were tried since they were healthy.
	State    string `json:"state"`
	Attempts int    `json:"attempts"`
}

// A Bucket of a histogram counts what was at most its bound; the last one, whose bound is 0, counts all.
type Bucket struct {
	Bound uint64 `json:"le"`
	Count uint64 `json:"count"`
}

// A Backup is a copy that was made.
type Backup struct {
	Name     string `json:"name"`
	Sequence uint64 `json:"sequence"`
	Root     string `json:"root"`
}

// Done is the answer when there is nothing to say but that it is durable.
type Done struct {
	Sequence uint64 `json:"sequence"`
}
