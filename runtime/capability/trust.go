package capability

import (
	"slices"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/actor"
)

// trust makes a key an anchor.
func (k *keeping) trust(o *TrustOrder) error {
	if err := k.name("key", o.Key); err != nil {
		return err
	}
	next := &Anchor{Key: o.Key, Since: k.env.Sequence}
	if err := next.read(o.Token); err != nil {
		return err
	}
	if !next.holds(k.env.Time) {
		return actor.Errorf(CodeExpired, "the claims of %s have expired, or do not hold yet: have them signed again", o.Key)
	}
	if next.Issuer != "" && !k.table.trusts(next.Issuer, k.env.Time, maxChain-1) {
		return actor.Errorf(CodeUntrusted, "the claims of %s are issued by %s, which is not trusted: troupe trust %s before", o.Key, next.Issuer, next.Issuer)
	}
	old, there := k.table.Anchor(o.Key)
	if there && old.Issuer == next.Issuer && old.Name == next.Name && slices.Equal(old.ValidSigners, next.ValidSigners) &&
		seconds(old.Expires) == seconds(next.Expires) && seconds(old.NotBefore) == seconds(next.NotBefore) {
		return nil
	}
	if there {
		k.unvouch(old)
	} else {
		k.n.anchors++
	}
	for _, signer := range next.ValidSigners {
		if err := k.vouch(signer, o.Key); err != nil {
			return err
		}
	}
	k.tell("trusted", "key", o.Key, "issuer", next.Issuer, "name", next.Name)
	return k.set(rowKey(trustPrefix, o.Key), next.encode(), o.Key)
}

// read takes what the claims of the key say. Who is none of the two kinds is refused.
func (a *Anchor) read(token string) error {
	account := claims.CheckPublic(a.Key, claims.AccountKey) == nil
	if !account && claims.CheckPublic(a.Key, claims.OperatorKey) != nil {
		return actor.Errorf(CodeInvalidOrder, "%s cannot be trusted: it is not the public key of an account or of an operator", shown(a.Key))
	}
	if token == "" {
		return nil
	}
	c, err := claims.ReadAccountToken(token)
	if err != nil {
		return errToken(a.Key, err)
	}
	if c.Subject != a.Key {
		return actor.Errorf(CodeInvalidOrder, "the token for %s is one of %s", a.Key, c.Subject)
	}
	a.Name, a.Expires, a.NotBefore = c.Name, c.Expires, c.NotBefore
	if c.Issuer != a.Key {
		a.Issuer = c.Issuer
	}
	a.ValidSigners = slices.Clone(c.ValidSigners)
	slices.Sort(a.ValidSigners)
	a.ValidSigners = list(slices.Compact(a.ValidSigners))
	return nil
}

// vouch adds an anchor to those that vouch for a key.
func (k *keeping) vouch(signer, anchor string) error {
	if len(signer) != keyLength {
		return actor.Errorf(CodeInvalidOrder, "the claims of %s name %s as a signer, which is no public key", anchor, shown(signer))
	}
	key := rowKey(vouchPrefix, signer)
	b, _ := k.env.State.Get(key)
	by := decodeKeys(b)
	at, there := slices.BinarySearch(by, anchor)
	if there {
		return nil
	}
	return k.set(key, encodeKeys(slices.Insert(by, at, anchor)), signer)
}

// unvouch takes an anchor from those that vouch for its signers.
func (k *keeping) unvouch(a *Anchor) {
	for _, signer := range a.ValidSigners {
		key := rowKey(vouchPrefix, signer)
		b, _ := k.env.State.Get(key)
		by := slices.DeleteFunc(decodeKeys(b), func(anchor string) bool { return anchor == a.Key })
		if len(by) == 0 {
			k.delete(key)
		} else {
			k.env.State.Set(key, encodeKeys(by))
		}
	}
}

func (k *keeping) distrust(key string) error {
	if err := k.name("key", key); err != nil {
		return err
	}
	a, ok := k.table.Anchor(key)
	if !ok {
		return nil
	}
	k.unvouch(a)
	k.delete(rowKey(trustPrefix, key))
	k.n.anchors--
	k.tell("distrusted", "key", key)
	return nil
}

func (k *keeping) ban(o *BanOrder) error {
	if err := k.name("banned key", o.Key); err != nil {
		return err
	}
	if claims.CheckPublic(o.Key, claims.ModuleKey) != nil && claims.CheckPublic(o.Key, claims.AccountKey) != nil &&
		claims.CheckPublic(o.Key, claims.OperatorKey) != nil {
		return actor.Errorf(CodeInvalidOrder, "%s cannot be banned: it is not the public key of a module, an account or an operator", shown(o.Key))
	}
	if o.Reason != "" && (len(o.Reason) > MaxReason || actor.Address(o.Reason).ValidateSender() != nil) {
		return actor.Errorf(CodeInvalidOrder, "the reason of a ban is printable text of at most %d bytes", actor.MaxKey)
	}
	reason, there := k.table.Banned(o.Key)
	if there && reason == o.Reason {
		return nil
	}
	if !there {
		k.n.bans++
	}
	k.tell("banned", "key", o.Key, "reason", o.Reason)
	return k.set(rowKey(banPrefix, o.Key), []byte(o.Reason), o.Key)
}

func (k *keeping) unban(key string) error {
	if err := k.name("banned key", key); err != nil {
		return err
	}
	if _, there := k.table.Banned(key); !there {
		return nil
	}
	k.delete(rowKey(banPrefix, key))
	k.n.bans--
	k.tell("unbanned", "key", key)
	return nil
}
