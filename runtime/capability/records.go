package capability

import (
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
)

// An Actor is what Address keeps about an actor whose module carries claims: it may run from its start to its stop.
type Actor struct {
	Address actor.Address
	// Key is the public key of the module, "M…", and Issuer that of the account which has signed its claims, "A…".
	Key, Issuer string
	Name        string
	Alias       string // by which others may call it, empty for none
	Caps, Tags  []string
	Revision    int32
	Version     string
	Issued      time.Time
	// Expires and NotBefore are zero where the claims do not say.
	Expires, NotBefore time.Time
	// Instances is how many calls of the actor may run at once: see package httpserver. 0: it takes no calls.
	Instances int
	Started   uint64 // the transaction
}

// A Provider implements a contract for those who are linked to it.
type Provider struct {
	// Name is how links and people call it, Address the actor that it is.
	Name     string
	Address  actor.Address
	Contract string
	// Kind is that of the built-in providers, such as "keyvalue", or "actor" for any other.
	Kind string
	// Key is a public key "V…" under which links of old manifests know it, empty for none.
	Key string
	// Config is for the provider as a whole. Values of a link come first.
	Config map[string]string
	// Plain providers are actors of Troupe that know nothing of invocations: what is sent to them is JSON, see
	// pack.Message.
	Plain   bool
	Started uint64
}

// A Link lets an actor reach a provider, and be reached by it.
type Link struct {
	Actor    actor.Address
	Contract string
	Name     string
	// Provider is its name.
	Provider string
	Values   map[string]string
	Since    uint64 // the transaction that put it
}

// A State says how the half of a provider or link outside of the host is.
type State string

// The states. What has no half outside is healthy when it is there.
const (
	Starting State = "starting"
	Healthy  State = "healthy"
	Failed   State = "failed" // will be tried again
	Stopped  State = "stopped"
)

// A Status is what is known of a provider, or of one of its links if Actor is set.
type Status struct {
	Provider string
	Actor    actor.Address
	Link     string
	State    State
	// Reason says what failed and, where that is known, what to do; Detail what it is doing, such as the address it listens on.
	Reason, Detail string
	Since          time.Time
	// Attempts is how often it was tried since it last was healthy, Next when it will be tried again.
	Attempts int
	Next     time.Time
}
