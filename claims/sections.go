package claims

import (
	"bytes"
	"encoding/binary"
)

// The sections of a module that hold its token: the first name is that of wascap up to 0.8, the second the later one.
const (
	oldSection   = "jwt"
	tokenSection = "wasmcloud_jwt"
)

// maxNesting is how deep modules may stand in components.
const maxNesting = 16

// A section of a module or component. Its bytes are those of the code.
type section struct {
	id         byte
	start, end int // in the code, from the id to behind the body
	body       []byte
}

// walkSections calls visit for each section of a module or component, in order, and reports whether it is a component.
// Texts of its refusals continue "the module ".
func walkSections(code []byte, visit func(section) *Refusal) (component bool, _ *Refusal) {
	if len(code) < 8 || string(code[:4]) != "\x00asm" {
		return false, refuse(Malformed, "is none: it does not begin as WebAssembly does")
	}
	version, layer := binary.LittleEndian.Uint16(code[4:]), binary.LittleEndian.Uint16(code[6:])
	if layer > 1 || layer == 0 && version != 1 {
		return false, refuse(Malformed, "has the version %d of the layer %d: modules of version 1, and components, are known", version, layer)
	}
	for at := 8; at < len(code); {
		length, n := readLength(code[at+1:])
		body := at + 1 + n
		if n == 0 || uint64(length) > uint64(len(code)-body) {
			return false, refuse(Malformed, "is cut off or damaged: its section at byte %d does not fit into it", at)
		}
		end := body + int(length)
		if refusal := visit(section{id: code[at], start: at, end: end, body: code[body:end]}); refusal != nil {
			return false, refusal
		}
		at = end
	}
	return layer == 1, nil
}

// readLength reads an unsigned number of 32 bits in LEB128, and how many bytes it takes, which is 0 if there is none.
func readLength(b []byte) (value uint32, n int) {
	for i := 0; i < 5 && i < len(b); i++ {
		if i == 4 && b[i] > 0x0f {
			return 0, 0
		}
		value |= uint32(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			return value, i + 1
		}
	}
	return 0, 0
}

// custom returns the name and the contents of a custom section.
func (s section) custom() (name string, contents []byte, _ *Refusal) {
	length, n := readLength(s.body)
	if n == 0 || uint64(length) > uint64(len(s.body)-n) {
		return "", nil, refuse(Malformed, "is damaged: the name of its custom section at byte %d does not fit into it", s.start)
	}
	end := n + int(length)
	return string(s.body[n:end]), s.body[end:], nil
}

// isToken reports whether the section holds a token, and returns it.
func (s section) isToken() (token []byte, ok bool, _ *Refusal) {
	if s.id != 0 {
		return nil, false, nil
	}
	name, contents, refusal := s.custom()
	return contents, refusal == nil && (name == oldSection || name == tokenSection), refusal
}

// nests reports whether the section of a component holds a module or a component.
func (s section) nests() bool { return s.id == 1 || s.id == 4 }

// isComponent reports whether the code, which has the form of a module or component, is a component.
func isComponent(code []byte) bool { return len(code) > 6 && code[6] == 1 }

// found is what findTokens finds.
type found struct {
	token      []byte // the first at top level
	start, end int    // of its section
	top, inner int    // how many there are at top level, and in inner modules and components
}

// findTokens looks for tokens, at every depth.
func findTokens(code []byte) (found, *Refusal) {
	var f found
	refusal := f.search(code, 0)
	return f, refusal
}

func (f *found) search(code []byte, depth int) *Refusal {
	if depth > maxNesting {
		return refuse(TooLarge, "has components within components, more than %d deep", maxNesting)
	}
	component := isComponent(code)
	_, refusal := walkSections(code, func(s section) *Refusal {
		if component && s.nests() {
			return f.search(s.body, depth+1)
		}
		token, ok, refusal := s.isToken()
		switch {
		case refusal != nil || !ok:
			return refusal
		case depth > 0:
			f.inner++
		default:
			if f.top++; f.top == 1 {
				f.token, f.start, f.end = token, s.start, s.end
			}
		}
		return nil
	})
	return refusal
}

// canonical returns the form of a module that wascap hashes since its revision 3: without the tokens at top level, and
// with each length of a section in its shortest form, in inner modules and components too. Tokens there stay in it:
// nobody can put one there unseen.
func canonical(code []byte, top bool) ([]byte, *Refusal) {
	out := bytes.Clone(code[:min(8, len(code))])
	component := isComponent(code)
	_, refusal := walkSections(code, func(s section) *Refusal {
		if _, ok, refusal := s.isToken(); refusal != nil || ok && top {
			return refusal
		}
		body := s.body
		if component && s.nests() {
			inner, refusal := canonical(body, false)
			if refusal != nil {
				return refusal
			}
			body = inner
		}
		out = append(out, s.id)
		out = binary.AppendUvarint(out, uint64(len(body)))
		out = append(out, body...)
		return nil
	})
	return out, refusal
}

// stripped returns the code without the sections of tokens at top level, and every other byte as it is.
func stripped(code []byte) ([]byte, *Refusal) {
	out := make([]byte, 0, len(code))
	out = append(out, code[:min(8, len(code))]...)
	_, refusal := walkSections(code, func(s section) *Refusal {
		_, ok, refusal := s.isToken()
		if !ok {
			out = append(out, code[s.start:s.end]...)
		}
		return refusal
	})
	return out, refusal
}

// appendCustom appends a custom section.
func appendCustom(code []byte, name string, contents []byte) []byte {
	body := binary.AppendUvarint(nil, uint64(len(name)))
	body = append(append(body, name...), contents...)
	code = append(code, 0)
	code = binary.AppendUvarint(code, uint64(len(body)))
	return append(code, body...)
}
