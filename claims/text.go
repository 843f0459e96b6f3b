package claims

import (
	"strconv"
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

// printable returns the text as it is if it may stand in a line of a log, else quoted and cut.
func printable(text string) string {
	if checkText("", text, maxTarget) == nil {
		return text
	}
	return strconv.Quote(text[:min(len(text), maxWord)])
}
