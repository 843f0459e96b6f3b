package access

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/actor"
)

// Address is where the actor lives. Its module has the same name.
const Address actor.Address = "troupe.access"

// Prefix begins the names that belong to the host.
const Prefix = "troupe."

// Reserved reports whether a name of a module, or the address of an actor, belongs to the host.
func Reserved[T ~string](name T) bool { return strings.HasPrefix(string(name), Prefix) }

// The state: the grants of each key, the reason of each pause, and the number of pauses, which is there as soon as the host
// is founded. The hook reads that number alone as long as nobody is paused and nobody has signed.
const (
	grantsPrefix = "g/" // then the key: claims.EncodeGrants
	pausedPrefix = "p/" // then the address: the reason
	pauses       = "pauses"
)

func grantsKey(subject string) []byte { return append([]byte(grantsPrefix), subject...) }

func pausedKey(of actor.Address) []byte { return append([]byte(pausedPrefix), of...) }

func encodeCount(n uint64) []byte { return binary.AppendUvarint(nil, n) }

// decodeCount returns 1 for what is no count: then the hook looks at the actors themselves.
func decodeCount(b []byte) uint64 {
	if n, size := binary.Uvarint(b); size == len(b) && size > 0 {
		return n
	}
	return 1
}

// A Getter returns the value of a key of the actor in some state, and whether it is there.
type Getter func(key []byte) (value []byte, ok bool, err error)

// Founded reports whether the host has an operator.
func Founded(get Getter) (bool, error) {
	_, ok, err := get([]byte(pauses))
	return ok, err
}

// Grants returns the grants of a key, those that have ended included, nil if it has none.
func Grants(get Getter, subject string) ([]claims.Grant, error) {
	b, ok, err := get(grantsKey(subject))
	if err != nil || !ok {
		return nil, err
	}
	grants, err := claims.DecodeGrants(b)
	if err != nil {
		return nil, fmt.Errorf("access: the grants of %s: %w", claims.Short(subject), err)
	}
	return grants, nil
}

// Paused reports whether an actor is paused, and why.
func Paused(get Getter, of actor.Address) (reason string, paused bool, err error) {
	b, ok, err := get(pausedKey(of))
	return string(b), ok, err
}
