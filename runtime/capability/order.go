package capability

import "github.com/troupe-run/troupe/runtime/actor"

// An Order changes what Address keeps: the body, in JSON, of a message to it. All of it happens or nothing. A field that is not
// known is refused. What is there already, as it is ordered, is no change and no error: an order that is given again, with
// nothing in between, changes nothing and tells nothing.
//
// An order names each thing once: it does not start and stop the same actor. What it takes away goes first: Stop, Withdraw,
// Distrust, Unban; then come Trust, Ban, Provide, Start, Scale, Unlink, Link, Report and Policy.
type Order struct {
	// Start lets an actor run whose module is installed; the host has checked that the module carries the token. It
	// starts it again if it is there, under the rules for updates.
	Start []StartOrder `json:"start,omitempty"`
	// Stop takes an actor's right to run, and its links away.
	Stop []actor.Address `json:"stop,omitempty"`
	// Scale says how many calls of an actor may run at once.
	Scale []ScaleOrder `json:"scale,omitempty"`
	// Provide puts a provider, Withdraw takes one away; links to it stay, and fail until there is one of that name again.
	Provide  []ProviderOrder `json:"provide,omitempty"`
	Withdraw []string        `json:"withdraw,omitempty"`
	// Link puts a link, in the place of one for the same actor, contract and name; Unlink takes one away.
	Link   []LinkOrder `json:"link,omitempty"`
	Unlink []LinkName  `json:"unlink,omitempty"`
	// Trust makes a key an anchor: from then on modules run only if their issuer is one, or an anchor vouches for it. Token is
	// the account's or operator's own claims, which name valid signers. An account whose claims an operator has issued is an
	// anchor for as long as that operator is one.
	Trust    []TrustOrder `json:"trust,omitempty"`
	Distrust []string     `json:"distrust,omitempty"`
	// Ban takes effect at once, on modules and on all that an account has issued; Unban ends it.
	Ban   []BanOrder `json:"ban,omitempty"`
	Unban []string   `json:"unban,omitempty"`
	// Policy names the actor that is asked before anything happens, see PolicySubject; an empty name ends that.
	Policy *PolicyOrder `json:"policy,omitempty"`
	// Report is what the supervisor tells of a provider: it is kept, and becomes an event.
	Report []ReportOrder `json:"report,omitempty"`
}

// StartOrder starts the actor of a module. Token is the text of its claims.
type StartOrder struct {
	Actor     actor.Address `json:"actor"`
	Token     string        `json:"token"`
	Instances int           `json:"instances,omitempty"` // if zero, 1 for one that is new, and as before for an update
	// AnyRevision and AnyCaps lift rules for updates: that the revision is greater, and that the capabilities stay the same.
	AnyRevision bool `json:"any_revision,omitempty"`
	AnyCaps     bool `json:"any_caps,omitempty"`
}

// ScaleOrder is a number of instances, from 0 to MaxInstances.
type ScaleOrder struct {
	Actor     actor.Address `json:"actor"`
	Instances int           `json:"instances"`
}

// MaxInstances is the greatest number of instances.
const MaxInstances = 10_000

// ProviderOrder is a Provider to be. Kind is that of a built-in one; Address is for others.
type ProviderOrder struct {
	Name     string            `json:"name"`
	Kind     string            `json:"kind,omitempty"`
	Address  actor.Address     `json:"address,omitempty"`
	Contract string            `json:"contract,omitempty"` // of the kind if empty
	Key      string            `json:"key,omitempty"`      // of the kind if empty and free: see KindOf
	Config   map[string]string `json:"config,omitempty"`
	Plain    bool              `json:"plain,omitempty"`
}

// LinkName names a link. Name is DefaultLink if empty. Actor is an address, the key of a module, or the alias of an actor that
// has started.
type LinkName struct {
	Actor    string `json:"actor"`
	Contract string `json:"contract"`
	Name     string `json:"name,omitempty"`
}

// LinkOrder is a Link to be. Provider is a name or a key. The actor and the provider need not be there yet.
type LinkOrder struct {
	LinkName
	Provider string            `json:"provider"`
	Values   map[string]string `json:"values,omitempty"`
}

// TrustOrder names a key "O…" or "A…", with its claims if they are to be considered.
type TrustOrder struct {
	Key   string `json:"key"`
	Token string `json:"token,omitempty"`
}

// BanOrder names a key "M…" or "A…" or "O…".
type BanOrder struct {
	Key    string `json:"key"`
	Reason string `json:"reason,omitempty"`
}

// PolicyOrder names an actor, and the actions that it is asked about: all if it names none.
type PolicyOrder struct {
	Actor   actor.Address `json:"actor"`
	Actions []Action      `json:"actions,omitempty"`
}

// ReportOrder is a change of State. What is told of a provider that has been withdrawn is forgotten. Reason and Detail are cut
// to MaxReason bytes.
type ReportOrder struct {
	Provider string        `json:"provider"`
	Actor    actor.Address `json:"actor,omitempty"`
	Link     string        `json:"link,omitempty"`
	State    State         `json:"state"`
	Reason   string        `json:"reason,omitempty"`
	Detail   string        `json:"detail,omitempty"`
}

// MaxReason is the greatest length of what is kept about a ban or a state, in bytes.
const MaxReason = 1024
