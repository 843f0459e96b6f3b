package wasmbus

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/troupe-run/troupe/runtime/actor"
)

// clean returns at most limit bytes of a text as UTF-8: it stands in receipts.
func clean(text []byte, limit int) string {
	return cut(strings.ToValidUTF8(string(text[:min(len(text), limit)]), "\ufffd"), limit)
}

// cut returns at most n bytes of a text, and no part of a letter.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// said is an error as a guest is told it: without a code if there is none that says more than the text. Guests put it into
// errors of their own, and people look for the texts that the classic hosts had.
func said(err *actor.Error) string {
	if err.Code == actor.CodeFailed && err.Message != "" {
		return err.Message
	}
	return err.Error()
}

// shown returns a word of a guest or a user as it stands in an error: as it is if it can be one.
func shown(word string) string {
	if actor.Address(word).ValidateSender() == nil {
		return word
	}
	return fmt.Sprintf("%.80q", word)
}
