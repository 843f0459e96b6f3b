package puppet

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
)

// A word is a part of a line: "text", or "key=text".
type word struct {
	key, text string
	keyed     bool
}

// splitWords takes a line apart at blanks. Each side of "=" may be a Go string.
func splitWords(line string) ([]word, error) {
	var words []word
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		var w word
		var err error
		if w.text, line, err = cutText(line, "= "); err != nil {
			return nil, err
		}
		if rest, ok := strings.CutPrefix(line, "="); ok {
			w.key, w.keyed = w.text, true
			if w.text, line, err = cutText(rest, " "); err != nil {
				return nil, err
			}
		}
		if line != "" && line[0] != ' ' {
			return nil, fmt.Errorf("a blank is missing before %.20q", line)
		}
		words = append(words, w)
	}
	return words, nil
}

// cutText takes a Go string, or what stands before any of the bytes in end, from the front of line.
func cutText(line, end string) (text, rest string, err error) {
	if strings.HasPrefix(line, `"`) {
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			return "", "", fmt.Errorf("%.40s is no quoted text", line)
		}
		text, err = strconv.Unquote(quoted)
		return text, line[len(quoted):], err
	}
	i := strings.IndexAny(line, end)
	if i < 0 {
		i = len(line)
	}
	return line[:i], line[i:], nil
}

// wholeText reads the rest of a line as one text.
func wholeText(rest string) (string, error) {
	if !strings.HasPrefix(rest, `"`) {
		return rest, nil
	}
	text, err := strconv.Unquote(rest)
	if err != nil {
		return "", fmt.Errorf("%.40s is no quoted text", rest)
	}
	return text, nil
}

// assignment reads KEY=TEXT, where the text is the rest of the line.
func assignment(rest string) (key, text string, err error) {
	if key, rest, err = cutText(rest, "="); err != nil {
		return "", "", err
	}
	rest, ok := strings.CutPrefix(rest, "=")
	if !ok {
		return "", "", errors.New("KEY=TEXT is missing")
	}
	text, err = wholeText(rest)
	return key, text, err
}

// parseWords reads the verbs whose arguments are words.
func (op *Op) parseWords(rest string) error {
	words, err := splitWords(rest)
	if err != nil {
		return err
	}
	if n := len(words); n >= 2 && op.reads() && words[n-2] == (word{text: "as"}) && !words[n-1].keyed {
		op.As, words = words[n-1].text, words[:n-2]
	}
	take := func(text *string, what string) {
		if len(words) == 0 || words[0].keyed {
			if err == nil {
				err = fmt.Errorf("%s is missing", what)
			}
			return
		}
		*text, words = words[0].text, words[1:]
	}
	switch op.Do {
	case Get, Delete:
		take(&op.Key, "a key")
	case Raw:
		take(&op.To, "an actor")
		take(&op.Key, "a key")
	case Query:
		take(&op.To, "an actor")
		if len(words) > 0 && words[0].keyed && words[0].key == "body" {
			op.Value, words = words[0].text, words[1:]
		}
	case Range:
		words, err = op.parseBounds(words)
	case Emit, Attr:
		if op.Do == Emit {
			take(&op.Key, "a type")
		}
		for len(words) > 0 && words[0].keyed {
			op.Attributes = append(op.Attributes, actor.Attribute{Key: words[0].key, Value: words[0].text})
			words = words[1:]
		}
	}
	return noMore(words, err)
}

func (op *Op) reads() bool {
	switch op.Do {
	case Get, Raw, Query, Range:
		return true
	}
	return false
}

func noMore(words []word, err error) error {
	if err == nil && len(words) > 0 {
		return fmt.Errorf("%q means nothing here", words[0].key+words[0].text)
	}
	return err
}

func (op *Op) parseBounds(words []word) ([]word, error) {
	if len(words) == 0 {
		return nil, nil
	}
	b := new(Bounds)
	op.Range = b
	for len(words) > 0 {
		switch w := words[0]; {
		case w == word{text: "desc"}:
			b.Descending = true
		case w.keyed && w.key == "start":
			b.Start = &w.text
		case w.keyed && w.key == "end":
			b.End = &w.text
		default:
			return words, nil
		}
		words = words[1:]
	}
	return nil, nil
}

// parseSend reads a sub-message.
func parseSend(verb, rest string) (Op, error) {
	words, err := splitWords(rest)
	if err != nil {
		return Op{}, err
	}
	sub := new(Sub)
	kind, ok := kindOf[verb]
	if !ok && verb != "message" {
		return Op{}, errors.New("there is no such verb")
	}
	if verb == "message" {
		if len(words) == 0 || kind.UnmarshalText([]byte(words[0].text)) != nil {
			return Op{}, errors.New("behind message stands a kind")
		}
		words = words[1:]
	}
	sub.Kind = kind
	if len(words) > 0 && !words[0].keyed {
		sub.To, words = words[0].text, words[1:]
	} else if kind != actor.KindInstantiate {
		return Op{}, errors.New("a receiver is missing")
	}
	for _, w := range words {
		if err := sub.parseWord(w); err != nil {
			return Op{}, err
		}
	}
	return Op{Do: Send, Sub: sub}, nil
}

func (s *Sub) parseWord(w word) (err error) {
	if w == (word{text: "again"}) {
		s.Body.Again = true
		return nil
	}
	if !w.keyed {
		return noMore([]word{w}, nil)
	}
	switch w.key {
	case "id":
		s.ID, err = strconv.ParseUint(w.text, 10, 64)
	case "gas":
		s.GasLimit, err = strconv.ParseUint(w.text, 10, 64)
	case "reply":
		if n, e := strconv.ParseUint(w.text, 10, 8); e == nil {
			s.WrongReplyOn = uint8(n)
			return nil
		}
		return s.ReplyOn.UnmarshalText([]byte(w.text))
	case "payload":
		s.Payload = &w.text
	case "body":
		s.Body.Raw = &w.text
	case "module":
		s.Module = w.text
	case "admin":
		s.Admin = w.text
	default:
		return noMore([]word{w}, nil)
	}
	if err != nil {
		return fmt.Errorf("%s=%s is no number", w.key, w.text)
	}
	return nil
}
