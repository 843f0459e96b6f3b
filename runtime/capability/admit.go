package capability

import (
	"slices"
	"strings"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Admit returns the actor that lives at self if it may run now, the time of the transaction: it was started, is scaled above 0,
// its claims hold, neither its module nor its issuer is banned and, if the host has anchors, its issuer is trusted. Whoever runs
// an actor with claims asks at every call, so that a token that expires and a ban take effect at once.
func (t *Table) Admit(self actor.Address, now time.Time) (*Actor, *actor.Error) {
	a, ok := t.Actor(self)
	if !ok {
		return nil, actor.Errorf(CodeNotStarted, "%s is not started: troupe start actor FILE --name %s", self, self)
	}
	if a.Instances == 0 {
		return nil, actor.Errorf(CodeStopped, "%s is scaled to 0 and takes no calls: troupe scale %s 1", self, self)
	}
	if err := t.vet(a, now); err != nil {
		return nil, err
	}
	return a, nil
}

// vet judges the claims.
func (t *Table) vet(a *Actor, now time.Time) *actor.Error {
	if !a.Expires.IsZero() && !now.Before(a.Expires) {
		return actor.Errorf(CodeExpired, "the claims of %s expired at %s: sign its module again with troupe claims sign, and start it",
			a.Address, a.Expires.Format(time.RFC3339))
	}
	if !a.NotBefore.IsZero() && now.Before(a.NotBefore) {
		return actor.Errorf(CodeNotYet, "the claims of %s hold from %s on: wait, or sign its module again with troupe claims sign",
			a.Address, a.NotBefore.Format(time.RFC3339))
	}
	b, _ := t.Read(Address, []byte(countsKey))
	n := decodeCounts(b)
	if n.bans > 0 {
		for _, key := range [...]string{a.Key, a.Issuer} {
			if reason, banned := t.Banned(key); banned {
				return errBanned(a.Address, key, reason)
			}
		}
	}
	if n.anchors > 0 && !t.trusts(a.Issuer, now, maxChain) {
		return actor.Errorf(CodeUntrusted, "the issuer of %s is not trusted: troupe trust %s, or sign its module with a key that is", a.Address, a.Issuer)
	}
	return nil
}

func errBanned(who actor.Address, key, reason string) *actor.Error {
	what := "the issuer"
	if strings.HasPrefix(key, "M") {
		what = "the module"
	}
	if reason != "" {
		reason = " (" + reason + ")"
	}
	return actor.Errorf(CodeBanned, "%s of %s is banned%s: troupe unban %s", what, who, reason, key)
}

// Banned reports whether a public key is banned, and why.
func (t *Table) Banned(key string) (reason string, banned bool) {
	b, ok := t.Read(Address, rowKey(banPrefix, key))
	return string(b), ok
}

// An Anchor is a key that is trusted. An account whose claims an operator has issued is one as long as that operator is.
type Anchor struct {
	Key string `json:"key"`
	// Issuer is who has issued its claims, empty if that is itself or there are none.
	Issuer string `json:"issuer,omitempty"`
	Name   string `json:"name,omitempty"`
	// ValidSigners are keys for which it vouches.
	ValidSigners []string `json:"valid_signers,omitempty"`
	// Expires and NotBefore are those of its claims, zero where they do not say.
	Expires   time.Time `json:"expires,omitzero"`
	NotBefore time.Time `json:"not_before,omitzero"`
	Since     uint64    `json:"since"` // the transaction
}

// Anchor returns what is kept about a trusted key.
func (t *Table) Anchor(key string) (*Anchor, bool) {
	b, ok := t.Read(Address, rowKey(trustPrefix, key))
	if !ok {
		return nil, false
	}
	var m *memory[Anchor]
	if t.Memo != nil {
		m = &t.Memo.anchors
	}
	a := m.recall(b, decodeAnchor)
	return a, a != nil
}

// maxChain is how many keys lie between an issuer and the anchor that stands for it at most: an account that vouches, an
// operator that has issued it, and one that vouches for that.
const maxChain = 3

// trusts reports whether a key is an anchor, or one vouches for it whose claims hold now. Who is banned is neither. So trust goes
// down from operators to accounts to modules, at each step to those who sign for them, too. Who signs for an anchor names no
// others unless it is made one itself.
func (t *Table) trusts(key string, now time.Time, depth int) bool {
	if _, banned := t.Banned(key); banned {
		return false
	}
	if _, ok := t.anchored(key, now, depth); ok {
		return true
	}
	b, _ := t.Read(Address, rowKey(vouchPrefix, key))
	return slices.ContainsFunc(decodeKeys(b), func(by string) bool {
		if _, banned := t.Banned(by); banned {
			return false
		}
		a, ok := t.anchored(by, now, depth)
		return ok && a.holds(now)
	})
}

// anchored returns the anchor that a key, which is not banned, is by itself or by who has issued it.
func (t *Table) anchored(key string, now time.Time, depth int) (*Anchor, bool) {
	a, ok := t.Anchor(key)
	if !ok || a.Issuer == "" {
		return a, ok
	}
	return a, depth > 0 && a.holds(now) && t.trusts(a.Issuer, now, depth-1)
}

// holds reports whether it is the time of the claims.
func (a *Anchor) holds(now time.Time) bool {
	return (a.Expires.IsZero() || now.Before(a.Expires)) && !now.Before(a.NotBefore)
}

type anchorRow struct {
	Key          string   `cbor:"1,keyasint"`
	Issuer       string   `cbor:"2,keyasint,omitempty"`
	Name         string   `cbor:"3,keyasint,omitempty"`
	ValidSigners []string `cbor:"4,keyasint,omitempty"`
	Expires      int64    `cbor:"5,keyasint,omitempty"`
	NotBefore    int64    `cbor:"6,keyasint,omitempty"`
	Since        uint64   `cbor:"7,keyasint,omitempty"`
}

func (a *Anchor) encode() []byte {
	return encodeRow(&anchorRow{a.Key, a.Issuer, a.Name, a.ValidSigners, seconds(a.Expires), seconds(a.NotBefore), a.Since})
}

func decodeAnchor(b []byte) (*Anchor, error) {
	var r anchorRow
	if err := decMode.Unmarshal(b, &r); err != nil {
		return nil, err
	}
	return &Anchor{r.Key, r.Issuer, r.Name, list(r.ValidSigners), moment(r.Expires), moment(r.NotBefore), r.Since}, nil
}

// The anchors that vouch for a key stand one behind the other: a public key has one length.
func encodeKeys(keys []string) (b []byte) {
	for _, k := range keys {
		b = append(b, k...)
	}
	return b
}

func decodeKeys(b []byte) (keys []string) {
	for ; len(b) >= keyLength; b = b[keyLength:] {
		keys = append(keys, string(b[:keyLength]))
	}
	return keys
}
