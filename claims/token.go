package claims

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Bounds of tokens.
const (
	// MaxTokenLifetime is the longest time between Issued and Expires.
	MaxTokenLifetime = 30 * 24 * time.Hour
	// DefaultTokenLifetime is what SignToken gives to a token without Expires.
	DefaultTokenLifetime = time.Hour
	// MaxToken is the greatest length of the text of a token, in bytes: it fits a header, and an address for a browser.
	MaxToken = 4096
	// MaxTokenPatterns is how many operations, and how many actors, a token may name.
	MaxTokenPatterns = 32
)

// maxSeconds is the last second of the year 9999.
const maxSeconds = maxMillis / 1000

// requestToken is the kind of JWS of a Token, with the algorithm's name that NATS gave it.
var requestToken = jwsKind{typ: "JWT", alg: "ed25519-nkey"}

// A Token lets its bearer ask a node in the name of the key that has signed it, as often as he likes, until it expires. It
// may allow less than the key may do, never more. Whoever has its text has what it allows.
//
// Its text is a JWT: the header {"typ":"JWT","alg":"ed25519-nkey"} and the claims iss and sub (both Subject), aud, iat,
// exp (seconds since 1970), jti, and "troupe":{"ops":[…],"actors":[…]}. There are no others.
type Token struct {
	Subject  string // the public key of the caller, who has signed the token
	Audience string // the public key of the node
	ID       string // names the token, in logs
	// Issued is when it was signed, and Expires from when it is void, both to the second.
	Issued, Expires time.Time
	// Ops are the operations that it allows, Actors those that it is about; a pattern ends in "*". None means all.
	Ops, Actors []string
}

type tokenClaims struct {
	Issuer   string      `json:"iss"`
	Subject  string      `json:"sub"`
	Audience string      `json:"aud"`
	Issued   int64       `json:"iat"`
	Expires  int64       `json:"exp"`
	ID       string      `json:"jti"`
	Troupe   tokenLimits `json:"troupe"`
}

type tokenLimits struct {
	Ops    []string `json:"ops,omitempty"`
	Actors []string `json:"actors,omitempty"`
}

// SignToken signs t with a user key. What t leaves out is filled in: Subject with the key, Issued with the time, Expires
// with DefaultTokenLifetime from then, ID with random letters. A token that no node would take is an error.
func SignToken(k Key, t Token) (string, error) {
	if t.Subject == "" {
		t.Subject = k.Public()
	}
	if t.Subject != k.Public() {
		return "", fmt.Errorf("claims: the key %s cannot sign a token of %.60q", k, t.Subject)
	}
	if t.Issued.IsZero() {
		t.Issued = time.Now()
	}
	if t.Expires.IsZero() {
		t.Expires = t.Issued.Add(DefaultTokenLifetime)
	}
	if t.ID == "" {
		var id [16]byte
		if _, err := rand.Read(id[:]); err != nil {
			return "", fmt.Errorf("claims: no randomness for a token: %w", err)
		}
		t.ID = hex.EncodeToString(id[:])
	}
	t.Issued, t.Expires = t.Issued.Truncate(time.Second), t.Expires.Truncate(time.Second)
	if refusal := t.valid(); refusal != nil {
		return "", fmt.Errorf("claims: the token cannot be signed: %w", refusal)
	}
	if refusal := t.checkLifetime(); refusal != nil {
		return "", fmt.Errorf("claims: the token cannot be signed: %w", refusal)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(tokenClaims{
		Issuer: t.Subject, Subject: t.Subject, Audience: t.Audience, Issued: t.Issued.Unix(), Expires: t.Expires.Unix(), ID: t.ID,
		Troupe: tokenLimits{t.Ops, t.Actors},
	}); err != nil {
		return "", fmt.Errorf("claims: the token cannot be signed: %w", err)
	}
	text, err := requestToken.sign(k, bytes.TrimSpace(b.Bytes()))
	if err == nil && len(text) > MaxToken {
		err = fmt.Errorf("claims: the token would have %d bytes, and one has at most %d: name fewer actors", len(text), MaxToken)
	}
	return text, err
}

// OpenToken returns the token of that text, if its form and its signature are right, else a *Refusal. Whether it is for
// this node and this time is asked with Check, whether it allows a request, with Permit; whether its subject may do it at
// all, with Decide. Most of its cost is the signature's; a caller may keep the answer by the text.
func OpenToken(text string) (Token, error) {
	t, refusal := openToken(text)
	if refusal != nil {
		return Token{}, refusal
	}
	return t, nil
}

func openToken(text string) (Token, *Refusal) {
	if text == "" {
		return Token{}, refuse(Unsigned, "there is no token: send one, or sign the request")
	}
	if len(text) > MaxToken {
		return Token{}, refuse(TooLarge, "the token has %d bytes: one has at most %d", len(text), MaxToken)
	}
	parts, refusal := requestToken.split(text)
	if refusal != nil {
		return Token{}, refuse(refusal.Reason, "the token %s", refusal.Text)
	}
	t, refusal := parseToken(parts.claims)
	if refusal != nil {
		return Token{}, refusal
	}
	key, refusal := parsePublic(t.Subject, UserKey)
	if refusal != nil {
		return Token{}, refusal
	}
	if key.Verify(parts.signed, parts.signature) != nil {
		return Token{}, refuse(BadSignature, "the token is not signed by %s, whom it names: it was altered, or signed with another key", t.Subject)
	}
	return t, nil
}

// parseToken returns what claims say, whoever has signed them.
func parseToken(b []byte) (Token, *Refusal) {
	t, err := readToken(b)
	if err != nil {
		return Token{}, refuse(Malformed, "the token is malformed: %v", err)
	}
	if refusal := t.valid(); refusal != nil {
		return Token{}, refusal
	}
	return t, nil
}

func readToken(b []byte) (Token, error) {
	members, err := parseObject(b)
	if err != nil {
		return Token{}, err
	}
	var t Token
	var issuer string
	var limits object
	issued, expires := int64(-1), int64(-1)
	if err := members.take(field{"iss", &issuer}, field{"sub", &t.Subject}, field{"aud", &t.Audience}, field{"iat", &issued},
		field{"exp", &expires}, field{"jti", &t.ID}, field{"troupe", &limits}); err != nil {
		return Token{}, err
	}
	if err := limits.take(field{"ops", &t.Ops}, field{"actors", &t.Actors}); err != nil {
		return Token{}, fmt.Errorf("in its member \"troupe\", %w", err)
	}
	switch {
	case issuer != t.Subject:
		return Token{}, fmt.Errorf("it was issued by %.60q for %.60q: only tokens for the issuer are taken", issuer, t.Subject)
	case issued < 0 || issued > maxSeconds:
		return Token{}, fmt.Errorf("it does not say when it was issued, or before 1970 or behind the year 9999")
	case expires < 0 || expires > maxSeconds:
		return Token{}, fmt.Errorf("it does not say when it expires, or before 1970 or behind the year 9999")
	}
	t.Issued, t.Expires = time.Unix(issued, 0).UTC(), time.Unix(expires, 0).UTC()
	return t, nil
}

// valid checks what must hold for every token at any time.
func (t *Token) valid() *Refusal {
	if refusal := checkKey("subject of a token", t.Subject, UserKey); refusal != nil {
		return refusal
	}
	if refusal := checkKey("audience of a token", t.Audience, NodeKey); refusal != nil {
		return refusal
	}
	if t.ID == "" {
		return refuse(Malformed, "a token of %s has no id", Short(t.Subject))
	}
	if refusal := checkText("id of a token", t.ID, maxWord); refusal != nil {
		return refusal
	}
	if refusal := checkPatterns("operations", t.Ops, MaxTokenPatterns); refusal != nil {
		return refusal
	}
	if refusal := checkPatterns("actors", t.Actors, MaxTokenPatterns); refusal != nil {
		return refusal
	}
	for _, at := range []time.Time{t.Issued, t.Expires} {
		if s := at.Unix(); s < 0 || s > maxSeconds {
			return refuse(Malformed, "a token of %s has a time before 1970 or behind the year 9999", Short(t.Subject))
		}
	}
	return nil
}

func (t *Token) checkLifetime() *Refusal {
	switch lifetime := t.Expires.Sub(t.Issued); {
	case lifetime <= 0:
		return refuse(BadLifetime, "a token of %s expires before it is issued", Short(t.Subject))
	case lifetime > MaxTokenLifetime:
		return refuse(BadLifetime, "a token of %s is to be valid for %v: at most %v", Short(t.Subject), lifetime, MaxTokenLifetime)
	}
	return nil
}

// Check returns nil if the token, which comes from OpenToken, was signed for the node with that public key, and if now is
// its time; else a *Refusal.
func (t *Token) Check(audience string, now time.Time) error {
	if t.Audience != audience {
		return refuse(BadAudience, "a token of %s is for the node %s, and this is %s: make one for this node",
			Short(t.Subject), t.Audience, audience)
	}
	if refusal := t.checkLifetime(); refusal != nil {
		return refusal
	}
	switch {
	case t.Issued.Sub(now) > MaxSkew:
		return refuse(Early, "a token of %s was signed at %s, %v ahead of the clock of this node: set the clocks",
			Short(t.Subject), t.Issued.Format(time.RFC3339), t.Issued.Sub(now).Round(time.Second))
	case !now.Before(t.Expires):
		return refuse(Stale, "a token of %s expired at %s: make a new one", Short(t.Subject), t.Expires.Format(time.RFC3339))
	}
	return nil
}

// Permit returns nil if the token allows the operation on that actor, else a *Refusal. An empty actor means that the
// operation is not about one, and Everything that it is about all.
func (t *Token) Permit(op, actor string) error {
	switch {
	case !covers(t.Ops, op):
		return refuse(Forbidden, "the token of %s does not allow the operation %q, but only %s: make one that does", Short(t.Subject), op, list(t.Ops))
	case actor != "" && !covers(t.Actors, actor):
		return refuse(Forbidden, "the token of %s is not for %s, but only for %s: make one that is", Short(t.Subject), about(actor), list(t.Actors))
	}
	return nil
}
