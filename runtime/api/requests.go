package api

import "github.com/troupe-run/troupe/runtime/actor"

// A SendRequest asks for one transaction.
type SendRequest struct {
	To   actor.Address `json:"to,omitempty"`
	Body Bytes         `json:"body,omitzero"`
	// Kind is "execute" if empty, "instantiate", "migrate", "sudo" or "set_admin".
	Kind   string         `json:"kind,omitempty"`
	Module actor.ModuleID `json:"module,omitempty"`
	Admin  actor.Address  `json:"admin,omitempty"`
	Funds  []actor.Coin   `json:"funds,omitempty"`
	// As is the plain name to act as, for who holds a grant that says so. If it is empty the sender is the key that has
	// signed.
	As actor.Address `json:"as,omitempty"`
	// ID makes the request safe to repeat; it is the caller's own.
	ID string `json:"id,omitempty"`
	// Trace asks for the tree of the transaction beside its receipt.
	Trace bool `json:"trace,omitempty"`
}

// A QueryRequest asks an actor about its state.
type QueryRequest struct {
	To   actor.Address `json:"to"`
	Body Bytes         `json:"body,omitzero"`
}

// A GetRequest asks for the value of one key.
type GetRequest struct {
	Actor actor.Address `json:"actor"`
	Key   Bytes         `json:"key"`
}

// A ScanRequest asks for keys of an actor in order: those with the prefix for which start <= key < end.
type ScanRequest struct {
	Actor      actor.Address `json:"actor"`
	Prefix     Bytes         `json:"prefix,omitzero"`
	Start      Bytes         `json:"start,omitzero"`
	End        Bytes         `json:"end,omitzero"`
	Descending bool          `json:"descending,omitempty"`
	Limit      int           `json:"limit,omitempty"`
	Token      string        `json:"token,omitempty"`
}

// An ActorsRequest asks for the actors whose addresses begin with the prefix.
type ActorsRequest struct {
	Prefix string `json:"prefix,omitempty"`
	Limit  int    `json:"limit,omitempty"`
	Token  string `json:"token,omitempty"`
}

// An ActorRequest asks about one actor.
type ActorRequest struct {
	Address actor.Address `json:"address"`
}

// A ReceiptRequest asks for what a transaction left: by its sequence, or by the id of the request that it was.
type ReceiptRequest struct {
	Sequence uint64 `json:"sequence,omitempty"`
	ID       string `json:"id,omitempty"`
}

// A LogRequest asks for entries of the log from a sequence on, or for the last ones.
type LogRequest struct {
	From  uint64 `json:"from,omitempty"`
	Last  int    `json:"last,omitempty"`
	Limit int    `json:"limit,omitempty"`
	// Changes asks for the keys that each of them wrote, too.
	Changes bool `json:"changes,omitempty"`
}

// A TraceRequest asks for the tree of a transaction.
type TraceRequest struct {
	Sequence uint64 `json:"sequence"`
}

// A HistoryRequest asks which transactions wrote a key of an actor, the latest first, as far as they are kept.
type HistoryRequest struct {
	Actor actor.Address `json:"actor"`
	Key   Bytes         `json:"key"`
	Limit int           `json:"limit,omitempty"`
	// Before continues a list: only transactions before it count, all if it is 0.
	Before uint64 `json:"before,omitempty"`
}

// A WatchRequest asks for the transactions behind From that concern what is watched.
type WatchRequest struct {
	Actor      actor.Address `json:"actor,omitempty"`
	Keys       bool          `json:"keys,omitempty"`
	Events     bool          `json:"events,omitempty"`
	Prefix     Bytes         `json:"prefix,omitzero"`
	EventTypes []string      `json:"event_types,omitempty"`
	// From is the sequence of the last notice that was handled. Now begins behind the latest transaction instead.
	From uint64 `json:"from,omitempty"`
	Now  bool   `json:"now,omitempty"`
	// Limit bounds the notices of one answer, and Wait, in milliseconds, how long to wait for the first, where a watch is
	// asked for piece by piece.
	Limit int   `json:"limit,omitempty"`
	Wait  int64 `json:"wait_ms,omitempty"`
}

// A ModuleRequest asks about one module.
type ModuleRequest struct {
	Name actor.ModuleID `json:"name"`
	// Code asks for its WebAssembly, too.
	Code bool `json:"code,omitempty"`
}

// An InstallRequest makes WebAssembly a module.
type InstallRequest struct {
	Name string `json:"name"`
	// Code is WebAssembly, which may be packed by gzip.
	Code        Bytes `json:"code"`
	Replace     bool  `json:"replace,omitempty"`
	Migrate     bool  `json:"migrate,omitempty"`
	MigrateBody Bytes `json:"migrate_body,omitzero"`
}

// A Grant says what the holder of a key may do.
type Grant struct {
	// Subject is the public key.
	Subject string `json:"subject"`
	// Name is what people call the holder.
	Name string `json:"name,omitempty"`
	// Role is "reader", "caller", "deployer" or "operator"; see package claims.
	Role string `json:"role"`
	// Actors are the addresses that the grant is about; a pattern ends in "*". None means all.
	Actors []string `json:"actors,omitempty"`
	// As are the plain names that the holder may act as; a pattern ends in "*".
	As []string `json:"as,omitempty"`
	// Until is when the grant ends, in seconds since 1970; 0 is never.
	Until int64 `json:"until,omitempty"`
}

// A RevokeRequest takes all grants of a key away.
type RevokeRequest struct {
	Subject string `json:"subject"`
}

// A PauseRequest lets an actor take no more messages, until it is resumed.
type PauseRequest struct {
	Actor  actor.Address `json:"actor"`
	Reason string        `json:"reason,omitempty"`
}

// A ResumeRequest ends a pause.
type ResumeRequest struct {
	Actor actor.Address `json:"actor"`
}

// A BackupRequest asks for a copy of everything that is durable in the folder that the node keeps its backups in.
type BackupRequest struct {
	Name string `json:"name"`
}

// An Empty request has nothing to say.
type Empty struct{}
