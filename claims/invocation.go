package claims

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"
)

// An Entity is the origin or the target of an Invocation: an actor, by its key, or a provider, by its key and a link.
type Entity struct {
	Key            string // "M…" or "V…"
	Contract, Link string // of a provider
}

// URL returns the text that invocations are signed with: "wasmbus://M…", or
// "wasmbus://<contract, : as />/<link>/V…".
func (e Entity) URL() string {
	if strings.HasPrefix(e.Key, "M") {
		return "wasmbus://" + e.Key
	}
	return "wasmbus://" + strings.ReplaceAll(e.Contract, ":", "/") + "/" + e.Link + "/" + e.Key
}

// valid refuses entities that have the URL of another.
func (e Entity) valid(what string) *Refusal {
	if CheckPublic(e.Key, ModuleKey) == nil {
		if e.Contract != "" || e.Link != "" {
			return refuse(Malformed, "the %s of an invocation is an actor, and has a contract or a link, which nobody has signed", what)
		}
		return nil
	}
	if refusal := checkKey(what+" of an invocation", e.Key, ProviderKey); refusal != nil {
		return refusal
	}
	for _, f := range []struct{ name, text string }{{"contract", e.Contract}, {"link", e.Link}} {
		if refusal := checkText(f.name+" of an invocation", f.text, maxName); refusal != nil {
			return refusal
		}
		if f.text == "" || strings.ContainsAny(f.text, "/ ") || strings.ToLower(f.text) != f.text {
			return refuse(Malformed, "the %s %.60q of an invocation: one has no slashes, spaces and capital letters, which are not signed", f.name, f.text)
		}
	}
	return nil
}

// An Invocation is what one host of classic wasmCloud asks another, or a provider: an operation, of an origin, on a
// target. The token that comes with it is signed by a cluster's key.
//
// The token is a JWT of wascap, as that of a Module, whose subject is ID; in "wascap" are target_url, origin_url and hash,
// which is the SHA-256, in capital hex digits, of origin URL, target URL, operation and message.
type Invocation struct {
	Origin, Target Entity
	Operation      string // "Trait.Method"
	Message        []byte
	ID             string
	Host           string // the public key of the host that asks, "N…"
}

// Hash returns the hash that is signed.
func (i *Invocation) Hash() string {
	h := sha256.New()
	h.Write([]byte(i.Origin.URL() + i.targetURL() + i.Operation))
	h.Write(i.Message)
	return hexHash(h.Sum(nil))
}

func (i *Invocation) targetURL() string { return i.Target.URL() + "/" + i.Operation }

func (i *Invocation) valid() *Refusal {
	if refusal := i.Origin.valid("origin"); refusal != nil {
		return refusal
	}
	if refusal := i.Target.valid("target"); refusal != nil {
		return refusal
	}
	if refusal := checkKey("host of an invocation", i.Host, NodeKey); refusal != nil {
		return refusal
	}
	if i.ID == "" || i.Operation == "" {
		return refuse(Malformed, "an invocation of %s has no id, or no operation", Short(i.Origin.Key))
	}
	if refusal := checkText("id of an invocation", i.ID, maxWord); refusal != nil {
		return refusal
	}
	return checkText("operation of an invocation", i.Operation, maxName)
}

// SignInvocation returns the token of an invocation that a cluster's key signs at that time. It is good for
// DefaultLifetime.
func SignInvocation(cluster Key, i Invocation, issued time.Time) (string, error) {
	if cluster.Kind() != ClusterKey {
		return "", fmt.Errorf("claims: an invocation is signed by a cluster's key, and %s is none", cluster)
	}
	if refusal := i.valid(); refusal != nil {
		return "", fmt.Errorf("claims: the invocation cannot be signed: %w", refusal)
	}
	w := wascap{Issuer: cluster.Public(), Subject: i.ID, Issued: issued, Expires: issued.Add(DefaultLifetime)}
	if err := w.fill(); err != nil {
		return "", err
	}
	return w.sign(cluster, struct {
		Target string `json:"target_url"`
		Origin string `json:"origin_url"`
		Hash   string `json:"hash"`
	}{i.targetURL(), i.Origin.URL(), i.Hash()})
}

// OpenInvocation returns nil if one of the issuers, which are the public keys of clusters, has signed the token for exactly
// that invocation, if it is for that target, if now is its time, and if replays has not seen it; else a *Refusal. A token that
// does not expire, as hosts of classic wasmCloud make them, is good for DefaultLifetime from when it was issued. An empty message
// is covered as any other.
func OpenInvocation(i Invocation, token string, self Entity, issuers []string, replays *Replays, now time.Time) error {
	w, refusal := i.checkToken(token, self, issuers)
	if refusal != nil {
		return refusal
	}
	if w.Expires.IsZero() {
		w.Expires = w.Issued.Add(DefaultLifetime)
	}
	if err := checkTime("an invocation", w.NotBefore, w.Expires, now); err != nil {
		return err
	}
	if w.Issued.Sub(now) > MaxSkew {
		return refuse(Early, "an invocation was signed at %s, ahead of the clock of this host: set the clocks", w.Issued.Format(time.RFC3339))
	}
	return replays.Admit(sha256.Sum256([]byte(token)), w.Issued, w.Expires, now)
}

// checkToken compares the invocation with what was signed, and returns what the token says of itself.
func (i *Invocation) checkToken(token string, self Entity, issuers []string) (wascap, *Refusal) {
	if refusal := i.valid(); refusal != nil {
		return wascap{}, refusal
	}
	w, refusal := openWascap("an invocation", token, ClusterKey)
	if refusal != nil {
		return wascap{}, refusal
	}
	if !slices.Contains(issuers, w.Issuer) {
		return wascap{}, refuse(Untrusted, "an invocation of %s was signed by %s, which is no cluster of this host: add it to the clusters, if it is to be one",
			Short(i.Origin.Key), w.Issuer)
	}
	var target, origin, hash string
	if err := w.own.takeKnown(field{"target_url", &target}, field{"origin_url", &origin}, field{"hash", &hash}); err != nil {
		return wascap{}, refuse(Malformed, "the token of an invocation is malformed: in its member \"wascap\", %v", err)
	}
	switch {
	case i.Target != self:
		return wascap{}, refuse(BadAudience, "an invocation of %s is for %s, and this is %s", Short(i.Origin.Key), i.Target.URL(), self.URL())
	case w.Subject != i.ID:
		return wascap{}, refuse(BadBody, "the token of an invocation of %s is that of another invocation", Short(i.Origin.Key))
	case target != i.targetURL():
		return wascap{}, refuse(BadAudience, "an invocation of %s was signed for another target or operation than %.200q", Short(i.Origin.Key), i.targetURL())
	case origin != i.Origin.URL():
		return wascap{}, refuse(BadAudience, "an invocation that claims to come from %s was signed for another origin", Short(i.Origin.Key))
	case hash != i.Hash():
		return wascap{}, refuse(BadBody, "an invocation of %s was signed for another message than the %d bytes that came with it", Short(i.Origin.Key), len(i.Message))
	}
	return w, nil
}
