package claims

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"
)

// Bounds of signed requests.
const (
	// MaxLifetime is the longest time between Issued and NotAfter.
	MaxLifetime = 5 * time.Minute
	// DefaultLifetime is what Seal gives to an envelope without NotAfter.
	DefaultLifetime = time.Minute
	// MaxSkew is how far the clock of a signer may be ahead of the node's.
	MaxSkew = 30 * time.Second

	// MaxSealed is the greatest length of a sealed envelope, in bytes.
	MaxSealed = 1024
	// MaxRequestID is the greatest length of the request id of a caller, in bytes: behind the caller's key and a slash it
	// is the longest that a host takes.
	MaxRequestID = 199

	maxWord   = 64  // Op and Kind
	maxTarget = 385 // the longest address of an actor
)

// maxMillis is the last millisecond of the year 9999.
const maxMillis = 253402300799999

// domain stands before what is signed: no signature for another purpose can be taken for one of a request.
const domain = "troupe request v1\x00"

// An Envelope is a request without its body: who asks whom for what, and when. Sealed, it is all that a node needs to
// believe it.
//
// On the wire it is CBOR in core deterministic encoding: [payload bstr, signature bstr(64)], where payload is the encoding
// of [Signer tstr, Audience tstr, Op tstr, Target tstr, Kind tstr, RequestID tstr, BodyHash bstr(32), Issued uint,
// NotAfter uint, Nonce bstr(16)], times are in milliseconds since 1970, and the signature is Ed25519 over the text
// "troupe request v1", a zero byte, and the payload.
type Envelope struct {
	Signer   string // the public key of the caller
	Audience string // the public key of the node
	Op       string // the operation, at most 64 bytes
	// Target, at most 385 bytes, and Kind, at most 64, say what the operation is about; both may be empty. They are for
	// logs and for policy in front of a node: the body says it too, and BodyHash covers it.
	Target, Kind string
	// RequestID, at most MaxRequestID bytes, makes a write safe to repeat; see ID.
	RequestID string
	// BodyHash is the SHA-256 of the body, byte by byte as it is sent. An empty body has a hash too.
	BodyHash [sha256.Size]byte
	// Issued is when it was signed, and NotAfter until when it may be executed, both to the millisecond.
	Issued, NotAfter time.Time
	// Nonce makes two requests differ that say the same.
	Nonce [16]byte
}

type envelopeWire struct {
	_                struct{} `cbor:",toarray"`
	Signer           string
	Audience         string
	Op               string
	Target           string
	Kind             string
	RequestID        string
	BodyHash         [sha256.Size]byte
	Issued, NotAfter int64
	Nonce            [16]byte
}

type sealedWire struct {
	_         struct{} `cbor:",toarray"`
	Payload   []byte
	Signature []byte
}

// Seal signs e with a user key. What e leaves out is filled in: Signer with the key, Issued with the time, NotAfter with
// DefaultLifetime from then, Nonce with random bytes. An envelope that no node would take is an error.
func Seal(k Key, e Envelope) ([]byte, error) {
	if e.Signer == "" {
		e.Signer = k.Public()
	}
	if e.Signer != k.Public() {
		return nil, fmt.Errorf("claims: the key %s cannot sign for %.60q", k, e.Signer)
	}
	if e.Issued.IsZero() {
		e.Issued = time.Now()
	}
	if e.NotAfter.IsZero() {
		e.NotAfter = e.Issued.Add(DefaultLifetime)
	}
	if e.Nonce == [16]byte{} {
		if _, err := rand.Read(e.Nonce[:]); err != nil {
			return nil, fmt.Errorf("claims: no randomness for a nonce: %w", err)
		}
	}
	e.Issued, e.NotAfter = e.Issued.Truncate(time.Millisecond), e.NotAfter.Truncate(time.Millisecond)
	if refusal := e.valid(); refusal != nil {
		return nil, fmt.Errorf("claims: the request cannot be signed: %w", refusal)
	}
	if refusal := e.checkLifetime(); refusal != nil {
		return nil, fmt.Errorf("claims: the request cannot be signed: %w", refusal)
	}
	payload, err := e.payload()
	if err != nil {
		return nil, fmt.Errorf("claims: the request cannot be signed: %w", err)
	}
	signature, err := k.Sign(append([]byte(domain), payload...))
	if err != nil {
		return nil, err
	}
	return encMode.Marshal(&sealedWire{Payload: payload, Signature: signature})
}

// payload returns what is signed behind the domain.
func (e *Envelope) payload() ([]byte, error) {
	return encMode.Marshal(&envelopeWire{
		Signer: e.Signer, Audience: e.Audience, Op: e.Op, Target: e.Target, Kind: e.Kind, RequestID: e.RequestID,
		BodyHash: e.BodyHash, Issued: e.Issued.UnixMilli(), NotAfter: e.NotAfter.UnixMilli(), Nonce: e.Nonce,
	})
}

// OpenEnvelope returns what was sealed, if its form and its signature are right, else a *Refusal. Whether it is for this
// node, this request and this time is asked with Check; whether the signer may do it, with Decide.
func OpenEnvelope(sealed []byte) (Envelope, error) {
	if len(sealed) == 0 {
		return Envelope{}, refuse(Unsigned, "the request is not signed: sign it, or send a token")
	}
	if len(sealed) > MaxSealed {
		return Envelope{}, refuse(TooLarge, "the signature of the request has %d bytes: one has at most %d", len(sealed), MaxSealed)
	}
	var outer sealedWire
	if err := decodeExact(sealed, &outer); err != nil {
		return Envelope{}, refuse(Malformed, "the signature of the request is malformed: %v", err)
	}
	e, refusal := parseEnvelope(outer.Payload)
	if refusal != nil {
		return Envelope{}, refusal
	}
	key, refusal := parsePublic(e.Signer, UserKey)
	if refusal != nil {
		return Envelope{}, refusal
	}
	if key.Verify(append([]byte(domain), outer.Payload...), outer.Signature) != nil {
		return Envelope{}, refuse(BadSignature, "the request is not signed by %s, whom it names: it was altered, or signed with another key", e.Signer)
	}
	return e, nil
}

// parseEnvelope returns what a payload says, whoever has signed it.
func parseEnvelope(payload []byte) (Envelope, *Refusal) {
	var w envelopeWire
	if err := decodeExact(payload, &w); err != nil {
		return Envelope{}, refuse(Malformed, "the signature of the request is malformed: %v", err)
	}
	e := Envelope{
		Signer: w.Signer, Audience: w.Audience, Op: w.Op, Target: w.Target, Kind: w.Kind, RequestID: w.RequestID,
		BodyHash: w.BodyHash, Issued: time.UnixMilli(w.Issued).UTC(), NotAfter: time.UnixMilli(w.NotAfter).UTC(), Nonce: w.Nonce,
	}
	if refusal := e.valid(); refusal != nil {
		return Envelope{}, refusal
	}
	return e, nil
}

// valid checks what must hold for every envelope at any time.
func (e *Envelope) valid() *Refusal {
	if refusal := checkKey("signer", e.Signer, UserKey); refusal != nil {
		return refusal
	}
	if refusal := checkKey("audience", e.Audience, NodeKey); refusal != nil {
		return refusal
	}
	if e.Op == "" {
		return refuse(Malformed, "a request of %s names no operation", Short(e.Signer))
	}
	for _, f := range []struct {
		name, text string
		max        int
	}{
		{"operation", e.Op, maxWord}, {"target", e.Target, maxTarget}, {"kind", e.Kind, maxWord}, {"request id", e.RequestID, MaxRequestID},
	} {
		if refusal := checkText(f.name, f.text, f.max); refusal != nil {
			return refusal
		}
	}
	if e.BodyHash == [sha256.Size]byte{} {
		return refuse(Malformed, "a request of %s has no hash of its body: an empty body has one too", Short(e.Signer))
	}
	if e.Nonce == [16]byte{} {
		return refuse(Malformed, "a request of %s has no nonce", Short(e.Signer))
	}
	for _, t := range []time.Time{e.Issued, e.NotAfter} {
		if ms := t.UnixMilli(); ms < 0 || ms > maxMillis {
			return refuse(Malformed, "a request of %s has a time before 1970 or behind the year 9999", Short(e.Signer))
		}
	}
	return nil
}

func (e *Envelope) checkLifetime() *Refusal {
	switch lifetime := e.NotAfter.Sub(e.Issued); {
	case lifetime <= 0:
		return refuse(BadLifetime, "a request of %s is over before it is issued", Short(e.Signer))
	case lifetime > MaxLifetime:
		return refuse(BadLifetime, "a request of %s is to be valid for %v: at most %v", Short(e.Signer), lifetime, MaxLifetime)
	}
	return nil
}

// Check returns nil if the envelope, which comes from OpenEnvelope, was signed for the node with that public key, for
// that operation with exactly that body, and if now is its time; else a *Refusal. It may be wrong by MaxSkew about what
// comes from the future. NotAfter is meant literally.
func (e *Envelope) Check(audience, op string, body []byte, now time.Time) error {
	switch {
	case e.Audience != audience:
		return refuse(BadAudience, "a request of %s is for the node %s, and this is %s: use the address or the context of that node",
			Short(e.Signer), e.Audience, audience)
	case e.Op != op:
		return refuse(BadOperation, "a request of %s was signed for the operation %q, and is used for %q", Short(e.Signer), e.Op, op)
	}
	if refusal := e.checkLifetime(); refusal != nil {
		return refusal
	}
	switch {
	case e.Issued.Sub(now) > MaxSkew:
		return refuse(Early, "a request of %s was signed at %s, %v ahead of the clock of this node: set the clocks",
			Short(e.Signer), e.Issued.UTC().Format(time.RFC3339), e.Issued.Sub(now).Round(time.Second))
	case now.After(e.NotAfter):
		return refuse(Stale, "a request of %s was valid until %s, %v ago: sign it again, with the same request id if it may have been executed",
			Short(e.Signer), e.NotAfter.UTC().Format(time.RFC3339), now.Sub(e.NotAfter).Round(time.Millisecond))
	case sha256.Sum256(body) != e.BodyHash:
		return refuse(BadBody, "a request of %s was signed for another body than the %d bytes that came with it: sign the bytes as they are sent",
			Short(e.Signer), len(body))
	}
	return nil
}

// ID returns the name under which the request is to be remembered among those of its signer: the request id, or one made
// of the nonce if there is none. With it a write has one effect even if it is replayed to a node that has lost its
// memory of what it has seen.
func (e *Envelope) ID() string {
	if e.RequestID != "" {
		return e.RequestID
	}
	return "nonce:" + hex.EncodeToString(e.Nonce[:])
}

// EncodeSealed returns a sealed envelope as the text of a header: base64url without padding.
func EncodeSealed(sealed []byte) string { return base64.RawURLEncoding.EncodeToString(sealed) }

// DecodeSealed returns what EncodeSealed was given, or a *Refusal. A sealed envelope has one text.
func DecodeSealed(text string) ([]byte, error) {
	if text == "" {
		return nil, refuse(Unsigned, "the request is not signed: sign it, or send a token")
	}
	if len(text) > base64.RawURLEncoding.EncodedLen(MaxSealed) {
		return nil, refuse(TooLarge, "the signature of the request has %d characters: one has at most %d",
			len(text), base64.RawURLEncoding.EncodedLen(MaxSealed))
	}
	sealed, err := decode64(text)
	if err != nil {
		return nil, refuse(Malformed, "the signature of the request is malformed: %v", err)
	}
	return sealed, nil
}
