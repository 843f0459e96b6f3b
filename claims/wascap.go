package claims

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nkeys"
)

// The tokens of modules, providers, accounts, operators and invocations are those of wascap, the claims of classic
// wasmCloud: compact JWS with the header {"typ":"jwt","alg":"Ed25519"}, signed by their issuer over the two first
// segments. Members that are not known are refused, but in the member "wascap", where other versions have more: there
// a member that is a known one but for the case of its letters is refused.
var wascapToken = jwsKind{typ: "jwt", alg: "Ed25519"}

// wascapFormat is the revision of the format that is written: the hash of a module is that of its canonical form.
const wascapFormat = 3

// MaxClaims is the greatest length of the text of a token of a module, provider, account, operator or invocation, in
// bytes.
const MaxClaims = 64 << 10

// bounds of what tokens name
const (
	maxName    = 256
	maxEntries = 256 // capabilities, tags, signers, targets
)

// A wascap is what all these tokens say. Times are whole seconds, and zero if the token does not say.
type wascap struct {
	ID, Issuer, Subject        string
	Issued, Expires, NotBefore time.Time
	Format                     int // 0 if the token does not say
	own                        object
}

// openWascap returns what a token says, if its form is right and its issuer, a key of one of those kinds, has signed it.
// What is what it is the token of, for texts.
func openWascap(what, text string, issuers ...nkeys.PrefixByte) (wascap, *Refusal) {
	if text == "" {
		return wascap{}, refuse(Unsigned, "there is no token of %s", what)
	}
	if len(text) > MaxClaims {
		return wascap{}, refuse(TooLarge, "the token of %s has %d bytes: one has at most %d", what, len(text), MaxClaims)
	}
	parts, refusal := wascapToken.split(text)
	if refusal != nil {
		return wascap{}, refuse(refusal.Reason, "the token of %s %s", what, refusal.Text)
	}
	w, err := readWascap(parts.claims)
	if err != nil {
		return wascap{}, refuse(Malformed, "the token of %s is malformed: %v", what, err)
	}
	if refusal := w.valid(what); refusal != nil {
		return wascap{}, refusal
	}
	key, refusal := parseOneOf(w.Issuer, issuers)
	if refusal != nil {
		return wascap{}, refuse(BadKey, "the issuer of %s: %s", what, refusal.Text)
	}
	if key.Verify(parts.signed, parts.signature) != nil {
		return wascap{}, refuse(BadSignature, "the token of %s is not signed by %s, whom it names: it was altered, or signed with another key", what, w.Issuer)
	}
	return w, nil
}

// parseOneOf returns the public key if it is of one of these kinds.
func parseOneOf(public string, kinds []nkeys.PrefixByte) (nkeys.KeyPair, *Refusal) {
	var first *Refusal
	for _, kind := range kinds {
		key, refusal := parsePublic(public, kind)
		if refusal == nil {
			return key, nil
		}
		if first == nil {
			first = refusal
		}
	}
	return nil, first
}

func readWascap(b []byte) (wascap, error) {
	members, err := parseObject(b)
	if err != nil {
		return wascap{}, err
	}
	if _, ok := members["wascap"]; !ok {
		return wascap{}, errors.New("it has no member \"wascap\": it is none of wascap, or of a version before 2020")
	}
	var w wascap
	format := int64(0)
	issued, expires, notBefore := int64(-1), int64(-1), int64(-1)
	if err := members.take(field{"jti", &w.ID}, field{"iat", &issued}, field{"iss", &w.Issuer}, field{"sub", &w.Subject},
		field{"exp", &expires}, field{"nbf", &notBefore}, field{"wascap", &w.own}, field{"wascap_revision", &format}); err != nil {
		return wascap{}, err
	}
	if format < 0 || format > 1<<31-1 {
		return wascap{}, errors.New("its member \"wascap_revision\" is not a small number")
	}
	w.Format = int(format)
	if issued < 0 {
		return wascap{}, errors.New("it does not say when it was issued, or before 1970")
	}
	for _, t := range []struct {
		name    string
		seconds int64
		to      *time.Time
	}{{"iat", issued, &w.Issued}, {"exp", expires, &w.Expires}, {"nbf", notBefore, &w.NotBefore}} {
		if _, ok := members[t.name]; !ok {
			continue
		}
		if t.seconds < 0 || t.seconds > maxSeconds {
			return wascap{}, fmt.Errorf("its member %q is before 1970 or behind the year 9999", t.name)
		}
		*t.to = time.Unix(t.seconds, 0).UTC()
	}
	return w, nil
}

// valid checks what must hold for every token at any time.
func (w *wascap) valid(what string) *Refusal {
	if refusal := checkText("id of the token of "+what, w.ID, maxWord); refusal != nil {
		return refusal
	}
	for _, t := range []time.Time{w.Issued, w.Expires, w.NotBefore} {
		if s := t.Unix(); !t.IsZero() && (s < 0 || s > maxSeconds) {
			return refuse(Malformed, "the token of %s has a time before 1970 or behind the year 9999", what)
		}
	}
	if !w.Expires.IsZero() && !w.NotBefore.IsZero() && !w.NotBefore.Before(w.Expires) {
		return refuse(BadLifetime, "the token of %s expires at %s, before it can be used, at %s: were the two times mixed up? Sign it again",
			what, w.Expires.Format(time.RFC3339), w.NotBefore.Format(time.RFC3339))
	}
	return nil
}

// checkTime returns nil if now is the time of the token of who.
func checkTime(who string, notBefore, expires, now time.Time) error {
	switch {
	case !notBefore.IsZero() && now.Before(notBefore):
		return refuse(Early, "the token of %s cannot be used before %s: wait, or sign it again with another time", who, notBefore.UTC().Format(time.RFC3339))
	case !expires.IsZero() && !now.Before(expires):
		return refuse(Stale, "the token of %s expired at %s: sign it again", who, expires.UTC().Format(time.RFC3339))
	}
	return nil
}

// takeKnown reads the fields and leaves other members alone, but for those that another reader could take for a field. A
// member that is null counts as missing: wascap writes what is not there so.
func (o object) takeKnown(fields ...field) error {
	known := object{}
	for _, f := range fields {
		for name := range o {
			if name != f.name && strings.EqualFold(name, f.name) {
				return fmt.Errorf("its member %q is there in other letters", f.name)
			}
		}
		if raw, ok := o[f.name]; ok && string(raw) != "null" {
			known[f.name] = raw
		}
	}
	return known.take(fields...)
}

// wascapWire is the form in which tokens are written, member by member in the order of wascap.
type wascapWire struct {
	Expires   *int64 `json:"exp,omitempty"`
	ID        string `json:"jti"`
	Issued    int64  `json:"iat"`
	Issuer    string `json:"iss"`
	Subject   string `json:"sub"`
	NotBefore *int64 `json:"nbf,omitempty"`
	Own       any    `json:"wascap"`
	Format    int    `json:"wascap_revision"`
}

// sign returns the text of a token whose member "wascap" is own. One that is longer than any that is taken is an error.
func (w *wascap) sign(k Key, own any) (string, error) {
	wire := wascapWire{ID: w.ID, Issued: w.Issued.Unix(), Issuer: k.Public(), Subject: w.Subject, Own: own, Format: wascapFormat}
	if !w.Expires.IsZero() {
		s := w.Expires.Unix()
		wire.Expires = &s
	}
	if !w.NotBefore.IsZero() {
		s := w.NotBefore.Unix()
		wire.NotBefore = &s
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(wire); err != nil {
		return "", fmt.Errorf("claims: the token cannot be signed: %w", err)
	}
	text, err := wascapToken.sign(k, bytes.TrimSpace(b.Bytes()))
	if err == nil && len(text) > MaxClaims {
		return "", fmt.Errorf("claims: the token would have %d bytes, and one has at most %d: name fewer tags, targets or signers", len(text), MaxClaims)
	}
	return text, err
}

// fill sets what a token to be signed leaves out, and cuts its times to seconds.
func (w *wascap) fill() error {
	if w.ID == "" {
		id, err := newID()
		if err != nil {
			return err
		}
		w.ID = id
	}
	if w.Issued.IsZero() {
		w.Issued = time.Now()
	}
	for _, t := range []*time.Time{&w.Issued, &w.Expires, &w.NotBefore} {
		*t = t.Truncate(time.Second)
	}
	return nil
}

// newID returns 22 random letters and digits: an id as NATS makes them.
func newID() (string, error) {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	id := make([]byte, 0, 22)
	var b [64]byte
	for {
		if _, err := rand.Read(b[:]); err != nil {
			return "", fmt.Errorf("claims: no randomness for an id: %w", err)
		}
		for _, c := range b {
			if c &= 63; int(c) < len(letters) {
				if id = append(id, letters[c]); len(id) == cap(id) {
					return string(id), nil
				}
			}
		}
	}
}
