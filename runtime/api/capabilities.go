package api

import (
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Claims are the actors whose modules carry claims.
type Claims struct {
	Actors []Claimed `json:"actors"`
}

// A Claimed is an actor whose module carries claims.
type Claimed struct {
	Actor actor.Address `json:"actor"`
	// Key is the public key of the module, and Issuer that of the account which has signed its claims.
	Key    string `json:"key"`
	Issuer string `json:"issuer"`
	// Hash is that of the code, as the claims say it.
	Hash string `json:"hash"`
	Name string `json:"name,omitempty"`
	// Alias is a name by which other actors may call it.
	Alias        string   `json:"alias,omitempty"`
	Capabilities []string `json:"capabilities"`
	Tags         []string `json:"tags,omitempty"`
	Revision     int      `json:"revision"`
	Version      string   `json:"version,omitempty"`
	// Issued, Expires and NotBefore are when the claims were signed, end and begin, in seconds since 1970; 0 is never.
	Issued    int64 `json:"issued"`
	Expires   int64 `json:"expires,omitempty"`
	NotBefore int64 `json:"not_before,omitempty"`
	// Instances is how many calls may run at once; at 0 it takes none.
	Instances int `json:"instances"`
	// Started is the transaction that let it run as it is.
	Started uint64 `json:"started"`
	// Refused says why it may not run now all the same: its claims have expired, it is banned, or nobody vouches for its issuer.
	Refused string `json:"refused,omitempty"`
}

// A StartRequest makes a module with claims an actor, or puts a later revision in its place.
type StartRequest struct {
	// Name is that of the module, and the address of the actor.
	Name string `json:"name"`
	// Code is WebAssembly with a signed token in it, which may be packed by gzip.
	Code Bytes `json:"code"`
	// Instances is how many calls may run at once; 1, or what it is, if it is 0.
	Instances int `json:"instances,omitempty"`
	// AnyRevision and AnyCapabilities lift rules for updates: that the revision is greater, and that the capabilities stay.
	AnyRevision     bool `json:"any_revision,omitempty"`
	AnyCapabilities bool `json:"any_capabilities,omitempty"`
}

// A StopRequest takes an actor's right to run, and its links.
type StopRequest struct {
	Actor actor.Address `json:"actor"`
}

// A ScaleRequest says how many calls of an actor may run at once. At 0 it takes none.
type ScaleRequest struct {
	Actor     actor.Address `json:"actor"`
	Instances int           `json:"instances"`
}

// Providers are those who implement contracts.
type Providers struct {
	Providers []Provider `json:"providers"`
}

// A Provider implements a contract for the actors that are linked to it.
type Provider struct {
	Name     string        `json:"name"`
	Address  actor.Address `json:"address"`
	Contract string        `json:"contract"`
	// Kind is one that is built in, such as "keyvalue", or "actor".
	Kind string `json:"kind"`
	// Key is a public key under which old manifests know it.
	Key    string            `json:"key,omitempty"`
	Config map[string]string `json:"config,omitempty"`
	// Plain providers are sent JSON.
	Plain   bool   `json:"plain,omitempty"`
	Started uint64 `json:"started"`
	// State is "starting", "healthy", "failed" or "stopped": the worst of its Status.
	State string `json:"state"`
	// Status tells how its halves outside of the host are, one for each link that has one.
	Status []ProviderStatus `json:"status,omitempty"`
}

// A ProviderStatus tells how a provider is, or one of its links.
type ProviderStatus struct {
	Actor actor.Address `json:"actor,omitempty"`
	Link  string        `json:"link,omitempty"`
	State string        `json:"state"`
	// Reason says what failed, and Detail what it is doing, such as where it listens.
	Reason string    `json:"reason,omitempty"`
	Detail string    `json:"detail,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	// Attempts is how often it was tried since it was healthy, and Next when it will be tried again.
	Attempts int       `json:"attempts,omitempty"`
	Next     time.Time `json:"next,omitzero"`
}

// A ProvideRequest puts a provider, or changes it. Kind is that of a built-in one; otherwise Address is the actor that it is.
type ProvideRequest struct {
	Name     string            `json:"name"`
	Kind     string            `json:"kind,omitempty"`
	Address  actor.Address     `json:"address,omitempty"`
	Contract string            `json:"contract,omitempty"`
	Key      string            `json:"key,omitempty"`
	Config   map[string]string `json:"config,omitempty"`
	Plain    bool              `json:"plain,omitempty"`
}

// A WithdrawRequest takes a provider away. Links to it stay.
type WithdrawRequest struct {
	Name string `json:"name"`
}

// Links bind actors to providers.
type Links struct {
	Links []Link `json:"links"`
}

// A LinksRequest asks for the links of an actor, or for all.
type LinksRequest struct {
	Actor actor.Address `json:"actor,omitempty"`
}

// A Link lets an actor reach a provider of a contract, and be reached by it.
type Link struct {
	Actor    actor.Address `json:"actor"`
	Contract string        `json:"contract"`
	Name     string        `json:"name"`
	Provider string        `json:"provider"`
	// Values are what the provider is told about the link. Those that look like secrets are hidden.
	Values map[string]string `json:"values,omitempty"`
	Since  uint64            `json:"since"`
}

// A LinkRequest puts a link, in the place of one for the same actor, contract and name. The actor and the provider are named by
// their names or public keys, and need not be there yet.
type LinkRequest struct {
	Actor    string            `json:"actor"`
	Contract string            `json:"contract"`
	Name     string            `json:"name,omitempty"`
	Provider string            `json:"provider"`
	Values   map[string]string `json:"values,omitempty"`
}

// An UnlinkRequest takes a link away.
type UnlinkRequest struct {
	Actor    string `json:"actor"`
	Contract string `json:"contract"`
	Name     string `json:"name,omitempty"`
}

// Trust tells whose modules may run.
type Trust struct {
	// Anchors are keys that are trusted; if there is none all are.
	Anchors []Anchor `json:"anchors"`
	Bans    []Ban    `json:"bans"`
	// Policy is the actor that is asked before something happens, and PolicyActions are what it is asked about.
	Policy        actor.Address `json:"policy,omitempty"`
	PolicyActions []string      `json:"policy_actions,omitempty"`
}

// An Anchor is a key that is trusted, and vouches for its valid signers.
type Anchor struct {
	Key          string   `json:"key"`
	Issuer       string   `json:"issuer,omitempty"`
	Name         string   `json:"name,omitempty"`
	ValidSigners []string `json:"valid_signers,omitempty"`
}

// A TrustRequest makes a key an anchor. Token is what it claims itself, and names valid signers.
type TrustRequest struct {
	Key   string `json:"key"`
	Token string `json:"token,omitempty"`
}

// A Ban keeps a module, or all that an account has signed, from running, at once.
type Ban struct {
	Key    string `json:"key"`
	Reason string `json:"reason,omitempty"`
}

// A KeyRequest names a public key.
type KeyRequest struct {
	Key string `json:"key"`
}

// A PolicyRequest names the actor that is asked before something happens; empty ends that. Actions are what it is asked about:
// start_actor, start_provider and perform_invocation, all if there are none.
type PolicyRequest struct {
	Actor   actor.Address `json:"actor,omitempty"`
	Actions []string      `json:"actions,omitempty"`
}
