package command

import (
	"errors"
	"strings"
)

// splitLine takes a line of a shell apart: words are put together by '…', in which nothing is special, by "…", in which a
// backslash keeps what is behind it, and by backslashes. A line that begins with # has no words. A single & at the end says
// that the command runs beside the others.
func splitLine(line string) (words []string, beside bool, err error) {
	var word strings.Builder
	var quote rune
	open, escaped, bare := false, false, true
	flush := func() {
		if open {
			words = append(words, word.String())
			beside = bare && word.String() == "&"
		}
		word.Reset()
		open, bare = false, true
	}
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case quote == '\'' && r != quote, quote == '"' && r != quote && r != '\\':
			word.WriteRune(r)
		case quote != 0 && r == quote:
			quote = 0
		case r == '\\':
			escaped, open, bare = true, true, false
		case quote == 0 && (r == '\'' || r == '"'):
			quote, open, bare = r, true, false
		case r == ' ' || r == '\t':
			flush()
		case r == '#' && !open && len(words) == 0:
			return nil, false, nil
		default:
			word.WriteRune(r)
			open = true
		}
	}
	flush()
	switch {
	case quote != 0:
		return nil, false, errors.New("a quotation mark is not closed")
	case escaped:
		return nil, false, errors.New("there is nothing behind the last backslash")
	case beside:
		words = words[:len(words)-1]
	}
	return words, beside, nil
}
