package claims

import "github.com/nats-io/nkeys"

// The kinds of key that Troupe uses. All are Ed25519; the kind is a part of the text of a key. Package nkeys does not know
// those of modules and providers: their encoding is the same, and is done here.
const (
	UserKey     = nkeys.PrefixByteUser      // a caller; its public key begins with U
	NodeKey     = nkeys.PrefixByteServer    // a node; its public key begins with N
	AccountKey  = nkeys.PrefixByteAccount   // who signs modules and providers: A
	OperatorKey = nkeys.PrefixByteOperator  // who signs accounts: O
	ClusterKey  = nkeys.PrefixByteCluster   // who signs invocations: C
	ModuleKey   = nkeys.PrefixByte(12 << 3) // a module; its public key begins with M
	ProviderKey = nkeys.PrefixByte(21 << 3) // a provider, also called a service: V
)

// kinds are those that sign, with the names that people use: the first is that of KindName.
var kinds = [...]struct {
	kind  nkeys.PrefixByte
	names []string
}{
	{UserKey, []string{"user"}},
	{NodeKey, []string{"server", "node", "host"}},
	{AccountKey, []string{"account"}},
	{OperatorKey, []string{"operator"}},
	{ClusterKey, []string{"cluster"}},
	{ModuleKey, []string{"module", "actor", "component"}},
	{ProviderKey, []string{"provider", "service"}},
}

// Kinds returns all kinds of key that sign.
func Kinds() []nkeys.PrefixByte {
	list := make([]nkeys.PrefixByte, len(kinds))
	for i, k := range kinds {
		list[i] = k.kind
	}
	return list
}

// KindName returns the name of a kind of key, such as "module"; "unknown" if it is none that signs.
func KindName(kind nkeys.PrefixByte) string {
	for _, k := range kinds {
		if k.kind == kind {
			return k.names[0]
		}
	}
	return "unknown"
}

// aKind returns the name of a kind of key with its article.
func aKind(kind nkeys.PrefixByte) string {
	if kind == AccountKey || kind == OperatorKey {
		return "an " + KindName(kind)
	}
	return "a " + KindName(kind)
}

// ParseKind returns the kind of that name, in small letters. A module is also an actor or a component, a provider a
// service, a server a node or a host.
func ParseKind(name string) (nkeys.PrefixByte, bool) {
	for _, k := range kinds {
		for _, n := range k.names {
			if n == name {
				return k.kind, true
			}
		}
	}
	return nkeys.PrefixByteUnknown, false
}
