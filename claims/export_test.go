package claims

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
