package claims

import "github.com/nats-io/nkeys"

// publicLength is the length of the text of a public key: a byte for the kind, 32 of the key and 2 of a checksum, in
// base32.
const publicLength = 56

// CheckPublic returns nil if public is the text of a public key of that kind, else a *Refusal with BadKey.
func CheckPublic(public string, kind nkeys.PrefixByte) error {
	if _, refusal := parsePublic(public, kind); refusal != nil {
		return refusal
	}
	return nil
}

// LooksLikeSeed reports whether a text has the form of a seed, be it a right one or not: who gives it for a public key must not
// find it in a message or a log.
func LooksLikeSeed(text string) bool {
	return len(text) == seedLength && text[0] == 'S' && isBase32(text)
}

// Verify returns nil if the holder of the public key, which must be of that kind, has signed the bytes; else a *Refusal
// with BadKey or BadSignature.
func Verify(public string, kind nkeys.PrefixByte, signed, signature []byte) error {
	key, refusal := parsePublic(public, kind)
	if refusal != nil {
		return refusal
	}
	if key.Verify(signed, signature) != nil {
		return refuse(BadSignature, "%s has not signed this", Short(public))
	}
	return nil
}

// parsePublic takes the one text that a key has. Package nkeys reads base32 as the standard library does, which skips
// line breaks wherever they stand: a key would have many texts, and a grant to one of them would not be found for the
// others. It refuses keys of small order, in whose name anybody can sign.
func parsePublic(public string, kind nkeys.PrefixByte) (nkeys.KeyPair, *Refusal) {
	if len(public) != publicLength || !isBase32(public) {
		return nil, refuse(BadKey, "%.60q is not a public key: one has %d characters of A-Z and 2-7", public, publicLength)
	}
	raw, ok := decodeText([]byte(public))
	if !ok || KindName(nkeys.PrefixByte(raw[0])) == "unknown" {
		return nil, refuse(BadKey, "%q is not a public key: its checksum or its kind is wrong; was it copied whole?", public)
	}
	if is := nkeys.PrefixByte(raw[0]); is != kind {
		return nil, refuse(BadKey, "%s is the key of %s, and not of %s", public, aKind(is), aKind(kind))
	}
	text := public
	if kind == ModuleKey || kind == ProviderKey {
		text = encodePublic(UserKey, raw[1:]) // a kind that package nkeys knows: all that it checks is for all kinds
	}
	key, err := nkeys.FromPublicKey(text)
	if err != nil {
		return nil, refuse(BadKey, "%q is not a public key: in its name anybody could sign", public)
	}
	return key, nil
}

func isBase32[T string | []byte](s T) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// Short abbreviates a public key for people: its first and its last letters. Two keys may look alike in it. What is not as
// long as a key stays as it is.
func Short(public string) string {
	if len(public) != publicLength || !isBase32(public) {
		return public
	}
	return public[:6] + "…" + public[publicLength-4:]
}
