package claims

import (
	"unicode/utf8"

	"github.com/nats-io/nkeys"
)

// checkText refuses texts that are too long for what they are, or would spoil a line of a log.
func checkText(what, text string, max int) *Refusal {
	switch {
	case len(text) > max:
		return refuse(TooLarge, "the %s has %d bytes: it has at most %d", what, len(text), max)
	case !utf8.ValidString(text):
		return refuse(Malformed, "the %s %.60q is not valid UTF-8", what, text)
	}
	for i := 0; i < len(text); i++ {
		if text[i] < ' ' || text[i] == 0x7f {
			return refuse(Malformed, "the %s %.60q has a control character at byte %d", what, text, i+1)
		}
	}
	return nil
}

// checkKey refuses a field that is not a public key of that kind.
func checkKey(field, public string, kind nkeys.PrefixByte) *Refusal {
	if _, refusal := parsePublic(public, kind); refusal != nil {
		return refuse(BadKey, "the %s: %s", field, refusal.Text)
	}
	return nil
}
