package actor

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"math/rand/v2"
	"time"
)

// Env is what an entry point that may write sees of the world. It is valid until the entry point returns and must not be
// kept. It is used by one goroutine: the one that called the entry point.
type Env struct {
	// Self is the actor that runs.
	Self Address
	// Sender sent the message: an actor, or at the top of the tree an authenticated user. It is empty in a reply and in
	// a sudo call.
	Sender Address
	// Sequence is the place of the transaction in the serial order of its partition, from 1.
	Sequence uint64
	// Time is the time of the transaction: the same for the whole tree, never less than that of the transaction before.
	Time time.Time
	// Seed is the randomness of the transaction, and Span the number of this call in its tree, from 0. Rand joins them.
	Seed [32]byte
	Span uint64
	// State holds the keys of Self, and nobody else's.
	State State
	Services
}

// Rand returns a generator of its own for this call: the same numbers whenever the transaction is executed again,
// others in every call of the tree. It is not for secrets, because the seed stands in the log.
func (e *Env) Rand() *rand.Rand {
	h := sha256.New()
	h.Write(e.Seed[:])
	var span [8]byte
	binary.BigEndian.PutUint64(span[:], e.Span)
	h.Write(span[:])
	var seed [32]byte
	h.Sum(seed[:0])
	return rand.New(rand.NewChaCha8(seed))
}

// View is what a query sees: like an Env, but nothing in it can write.
type View struct {
	Self Address
	// Sequence and Time are those of the running transaction or, in a query from outside, of the last one that the
	// snapshot holds.
	Sequence uint64
	Time     time.Time
	State    Reader
	Services
}

// Reader reads the keys of one actor. Reading never fails as far as an actor can see.
//
// A slice that is handed out must not be modified; it stays valid, and as it is, until the entry point returns.
type Reader interface {
	// Get returns the value of key, and whether it is there. An empty value is there. The key is not kept.
	Get(key []byte) (value []byte, ok bool)
	// Range yields the pairs with start <= key < end in the order asked for. A nil bound is open. If end is not behind
	// start there are none (rule S58). What is written while the sequence runs does not show in it (rule S59).
	Range(start, end []byte, order Order) iter.Seq2[[]byte, []byte]
}

// State reads and writes the keys of one actor. Set and Delete copy what they are given.
//
// A key has 1 to 65,536 bytes and a value at most 131,072 (rule S57). A write beyond that ends the call at once with an
// error that the actor cannot catch, but its caller can.
type State interface {
	Reader
	Set(key, value []byte)
	// Delete removes key; it may be missing.
	Delete(key []byte)
}

// Order is the direction of a Range. The zero value is Ascending.
type Order uint8

// The orders of keys, compared as bytes.
const (
	Ascending Order = iota
	Descending
)

// Services are what the host does for a running call, beside its state.
type Services interface {
	// Query asks another actor, or the running one itself. In a transaction the answer counts in everything that the
	// transaction has written so far (rule S48). The error is an *Error.
	Query(ctx context.Context, to Address, body []byte) ([]byte, error)
	// QueryRaw reads one key of any actor. An actor that is not there has no keys (rule S52).
	QueryRaw(to Address, key []byte) (value []byte, ok bool)
	// GasLeft returns what the call may still use.
	GasLeft() uint64
	// UseGas charges work that the host cannot see. If there is not enough left the call ends at once.
	UseGas(n uint64)
	// Log adds a line to the trace. It has no effect on the transaction.
	Log(text string)
}

// PrefixEnd returns the least key that is greater than every key with the prefix: the end of its range. It returns nil,
// an open bound, if there is none.
func PrefixEnd(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			end := append([]byte(nil), prefix[:i+1]...)
			end[i]++
			return end
		}
	}
	return nil
}
