package query

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
)

// A token says where the next page begins: behind last. Its sum covers the request that it was made for, so that it is
// of no use with another one. It is no secret and grants nothing: who forges one reads on from elsewhere in the range
// that the request names.
//
// As text it is base64url, without padding, of the version, the sum and last.
type token struct {
	sum  [sumLen]byte
	last []byte
}

const (
	tokenVersion = 1
	sumLen       = 16
	tokenDomain  = "troupe page token"
	// maxToken bounds the text: no key is longer than that of an actor's state.
	maxToken = (1+sumLen+dispatch.MaxStateKey)*4/3 + 4
)

var tokenText = base64.RawURLEncoding.Strict()

func (t token) String() string {
	b := make([]byte, 0, 1+sumLen+len(t.last))
	b = append(b, tokenVersion)
	b = append(b, t.sum[:]...)
	return tokenText.EncodeToString(append(b, t.last...))
}

// parseToken is the inverse of String. It does not look at the sum.
func parseToken(text string) (token, error) {
	if len(text) > maxToken {
		return token{}, fmt.Errorf("query: %w: it has %d bytes, more than any token", ErrToken, len(text))
	}
	// The decoder skips line breaks; a token has one form.
	if strings.ContainsAny(text, "\r\n") {
		return token{}, fmt.Errorf("query: %w: it contains a line break", ErrToken)
	}
	b, err := tokenText.DecodeString(text)
	switch {
	case err != nil:
		return token{}, fmt.Errorf("query: %w: %w", ErrToken, err)
	case len(b) < 1+sumLen:
		return token{}, fmt.Errorf("query: %w: it is cut off", ErrToken)
	case b[0] != tokenVersion:
		return token{}, fmt.Errorf("query: %w: its version is %d, this program knows %d", ErrToken, b[0], tokenVersion)
	}
	return token{sum: [sumLen]byte(b[1 : 1+sumLen]), last: b[1+sumLen:]}, nil
}

// A request is what a token is bound to: what is listed, in which bounds (nil is open) and in which order.
type request struct {
	what         string
	partition    uint16
	actor        actor.Address
	lower, upper []byte
	order        actor.Order
}

// token returns the token of the page that begins behind last.
func (q *request) token(last []byte) token {
	return token{sum: q.sum(last), last: bytes.Clone(last)}
}

// open returns where the page begins that a token of this very request asks for.
func (q *request) open(text string) (last []byte, err error) {
	t, err := parseToken(text)
	if err != nil {
		return nil, err
	}
	if t.sum != q.sum(t.last) {
		return nil, fmt.Errorf("query: %w: it is damaged, or was given for another actor, other bounds or another order", ErrToken)
	}
	return t.last, nil
}

func (q *request) sum(last []byte) (sum [sumLen]byte) {
	var scratch [256]byte
	b := append(scratch[:0], tokenDomain...)
	b = append(b, tokenVersion, byte(q.order))
	b = binary.BigEndian.AppendUint16(b, q.partition)
	b = appendField(b, []byte(q.what))
	b = appendField(b, []byte(q.actor))
	b = appendField(b, q.lower)
	b = appendField(b, q.upper)
	b = appendField(b, last)
	full := sha256.Sum256(b)
	return [sumLen]byte(full[:sumLen])
}

// appendField keeps fields apart, and nil and empty.
func appendField(b, field []byte) []byte {
	if field == nil {
		return append(b, 0)
	}
	return append(binary.AppendUvarint(b, uint64(len(field))+1), field...)
}
