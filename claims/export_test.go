package claims

import "crypto/sha256"

// The form of what is signed, without the signatures: fuzzing would else spend its time on curves.

func ParseEnvelope(payload []byte) (Envelope, error) {
	e, refusal := parseEnvelope(payload)
	if refusal != nil {
		return Envelope{}, refusal
	}
	return e, nil
}

func (e *Envelope) Payload() ([]byte, error) { return e.payload() }

func ParseToken(claims []byte) (Token, error) {
	t, refusal := parseToken(claims)
	if refusal != nil {
		return Token{}, refusal
	}
	return t, nil
}

func CheckTokenHeader(header []byte) error {
	if refusal := requestToken.checkHeader(header); refusal != nil {
		return refusal
	}
	return nil
}

// parse reads the claims of a token of wascap, whoever has signed them.
func parse[T any](claims []byte, of func(wascap) (T, *Refusal)) (T, error) {
	var none T
	w, err := readWascap(claims)
	if err != nil {
		return none, refuse(Malformed, "malformed: %v", err)
	}
	if refusal := w.valid("it"); refusal != nil {
		return none, refusal
	}
	v, refusal := of(w)
	if refusal != nil {
		return none, refusal
	}
	return v, nil
}

func ParseModule(claims []byte) (Module, error)     { return parse(claims, parseModule) }
func ParseAccount(claims []byte) (Account, error)   { return parse(claims, parseAccount) }
func ParseProvider(claims []byte) (Provider, error) { return parse(claims, parseProvider) }

// StrippedHashes returns the hashes that OpenModule accepts for a module, which has one token.
func StrippedHashes(code []byte) (raw, canon string) {
	bare, refusal := stripped(code)
	form, refusal2 := canonical(code, true)
	if refusal != nil || refusal2 != nil {
		return "", ""
	}
	a, b := sha256.Sum256(bare), sha256.Sum256(form)
	return hexHash(a[:]), hexHash(b[:])
}
