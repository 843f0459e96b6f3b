package show

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// None stands for a value that is not there.
const None = "–"

// defaultWidth is how many characters of a value are shown unless Options.Width says otherwise.
const defaultWidth = 160

// Value shows bytes whole: see the package comment. Nil is None.
func Value(b []byte) string {
	if b == nil {
		return None
	}
	if len(b) == 0 {
		return `""`
	}
	printable := isPrintable(b)
	if !printable || isText(b) || isSmall(b) {
		if text, err := typed.ToJSON(b); err == nil {
			return string(text)
		}
	}
	if printable {
		return plain(b)
	}
	return "0x" + hex.EncodeToString(b)
}

// plain shows printable bytes.
func plain(b []byte) string {
	if len(b) > 0 && (b[0] == '{' || b[0] == '[') {
		var compact bytes.Buffer
		if json.Compact(&compact, b) == nil {
			return compact.String()
		}
	}
	return strconv.Quote(string(b))
}

// isText reports whether b looks like one text in CBOR with a short head. A number in CBOR that is printable, such as
// -18, is more likely a text of digits.
func isText(b []byte) bool { return len(b) > 1 && int(b[0]) == 0x60+len(b)-1 && len(b)-1 < 24 }

// isSmall reports whether b is a single control character. More likely than a lone line break it is a small number.
func isSmall(b []byte) bool { return len(b) == 1 && b[0] < ' ' }

// isPrintable reports whether b is text that can be shown as it is, but for line breaks and tabs.
func isPrintable(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	for _, r := range string(b) {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' && r != '\r' {
			return false
		}
	}
	return true
}

// Key shows a key: as it is if that leaves no doubt where it ends, else quoted.
func Key(key []byte) string {
	s := string(key)
	plain := s != "" && utf8.ValidString(s)
	for _, r := range s {
		plain = plain && unicode.IsPrint(r) && r != ' ' && r != '"' && r != ':'
	}
	if plain {
		return s
	}
	return strconv.Quote(s)
}

// Count shows a number with its digits in groups of three.
func Count[N int | int64 | uint64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	if n > 0 {
		s = strconv.FormatUint(uint64(n), 10)
	}
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// line shows text that somebody else has written, in one line and without control characters.
func line(s string) string {
	if isPrintable([]byte(s)) && !strings.ContainsAny(s, "\n\r\t") {
		return s
	}
	return strconv.Quote(s)
}

// clip shortens a text that is longer than width characters, and says how much there was.
func clip(s string, width, size int) string {
	if width < 0 {
		return s
	}
	if width == 0 {
		width = defaultWidth
	}
	n := 0
	for i := range s {
		if n++; n > width {
			return s[:i] + "… (" + Count(size) + " bytes)"
		}
	}
	return s
}
