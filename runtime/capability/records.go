package capability

import (
	"strings"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
)

// An Actor is what Address keeps about an actor whose module carries claims: it may run from its start to its stop.
type Actor struct {
	Address actor.Address `json:"address"`
	// Key is the public key of the module, "M…", and Issuer that of the account which has signed its claims, "A…".
	Key    string `json:"key"`
	Issuer string `json:"issuer"`
	// Hash is that of the code, as the claims say it.
	Hash     string    `json:"hash"`
	Name     string    `json:"name,omitempty"`
	Alias    string    `json:"alias,omitempty"` // by which others may call it, empty for none
	Caps     []string  `json:"caps,omitempty"`
	Tags     []string  `json:"tags,omitempty"`
	Revision int32     `json:"revision"`
	Version  string    `json:"version,omitempty"`
	Issued   time.Time `json:"issued"` // to the second, as are the two others
	// Expires and NotBefore are zero where the claims do not say.
	Expires   time.Time `json:"expires,omitzero"`
	NotBefore time.Time `json:"not_before,omitzero"`
	// Instances is how many calls of the actor may run at once: see package httpserver. 0: it takes no calls.
	Instances int    `json:"instances"`
	Started   uint64 `json:"started"` // the transaction, that of the last update
}

// A Provider implements a contract for those who are linked to it.
type Provider struct {
	// Name is how links and people call it, Address the actor that it is.
	Name     string        `json:"name"`
	Address  actor.Address `json:"address"`
	Contract string        `json:"contract"`
	// Kind is that of the built-in providers, such as "keyvalue", or ActorKind for any other.
	Kind string `json:"kind"`
	// Key is a public key "V…" under which links of old manifests know it, empty for none.
	Key string `json:"key,omitempty"`
	// Config is for the provider as a whole. Values of a link come first.
	Config map[string]string `json:"config,omitempty"`
	// Plain providers are actors of Troupe that know nothing of invocations: what is sent to them is JSON, see
	// pack.Message.
	Plain   bool   `json:"plain,omitempty"`
	Started uint64 `json:"started"` // the transaction, that of the last change
}

// A Link lets an actor reach a provider, and be reached by it.
type Link struct {
	// Actor is the address. If a link names a module that nobody has, it waits under that key until one starts that has it.
	Actor    actor.Address `json:"actor"`
	Contract string        `json:"contract"`
	Name     string        `json:"name"`
	// Provider is its name, or the key as it was said if no provider had it then.
	Provider string            `json:"provider"`
	Values   map[string]string `json:"values,omitempty"`
	Since    uint64            `json:"since"` // the transaction that put it
}

// Value returns what the link says, or else what its provider does, under a name in small letters, and whether either does. A
// name is the same in whatever letters it is written, as it was in wasmCloud.
func (l *Link) Value(p *Provider, name string) (string, bool) {
	if v, ok := valueOf(l.Values, name); ok {
		return v, true
	}
	return valueOf(p.Config, name)
}

// valueOf finds a name in whatever letters. Halves outside refuse one that is there twice. Here the name itself comes first, and
// then the first in the order of bytes, so that nothing is left to chance.
func valueOf(values map[string]string, name string) (string, bool) {
	if v, ok := values[name]; ok {
		return v, true
	}
	found, is := "", false
	for key := range values {
		if strings.ToLower(strings.TrimSpace(key)) == name && (!is || key < found) {
			found, is = key, true
		}
	}
	return values[found], is
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
	Provider string        `json:"provider"`
	Actor    actor.Address `json:"actor,omitempty"`
	Link     string        `json:"link,omitempty"`
	State    State         `json:"state"`
	// Reason says what failed and, where that is known, what to do; Detail what it is doing, such as the address it listens on.
	Reason string    `json:"reason,omitempty"`
	Detail string    `json:"detail,omitempty"`
	Since  time.Time `json:"since"` // when it came into that state
	// Attempts is how often it was tried since it last was healthy, Next when it will be tried again.
	Attempts int       `json:"attempts,omitempty"`
	Next     time.Time `json:"next,omitzero"`
}
