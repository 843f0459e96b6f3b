package binary

import (
	"fmt"
	"unicode/utf8"
)

// reader reads a part of a module. After its first failure it is at its end and reads zeros.
type reader struct {
	b       []byte // all of the input up to the end of the part, so that positions are offsets
	pos     int
	section string
	err     *Error
}

func (r *reader) left() int { return len(r.b) - r.pos }

// fail keeps the first failure. at is its offset.
func (r *reader) fail(at int, format string, args ...any) {
	if r.err == nil {
		r.err = &Error{Offset: at, Section: r.section, Reason: fmt.Sprintf(format, args...)}
	}
	r.pos = len(r.b)
}

func (r *reader) byte(what string) byte {
	if r.left() == 0 {
		r.fail(r.pos, "the input ends before %s", what)
		return 0
	}
	b := r.b[r.pos]
	r.pos++
	return b
}

func (r *reader) u32(what string) uint32 {
	v, end := readU32(r.b, r.pos)
	if end < 0 {
		r.fail(r.pos, "%s: %s", what, lebFailure(end))
		return 0
	}
	r.pos = end
	return v
}

// count reads the length of a vector whose entries have at least size bytes each, so that whoever allocates for them
// does not allocate more than the input can fill.
func (r *reader) count(size int, what string) int {
	at := r.pos
	n := r.u32(what)
	if uint64(n) > uint64(r.left()/size) {
		r.fail(at, "%s: the length is %d, which the %d bytes that are left cannot hold", what, n, r.left())
		return 0
	}
	return int(n)
}

// bytes reads a length and that many bytes, which are part of the input.
func (r *reader) bytes(what string) []byte {
	n := r.count(1, what)
	b := r.b[r.pos : r.pos+n : r.pos+n]
	r.pos += n
	return b
}

func (r *reader) name(what string) string {
	at := r.pos
	b := r.bytes(what)
	if !utf8.Valid(b) {
		r.fail(at, "%s is not UTF-8", what)
		return ""
	}
	return string(b)
}

func (r *reader) valueType(what string) ValueType {
	at := r.pos
	b := r.byte(what)
	if r.err == nil && !ValueType(b).valid() {
		r.fail(at, "%s is %s", what, refusedType(b))
	}
	return ValueType(b)
}

func (r *reader) refType(what string) ValueType {
	at := r.pos
	t := r.valueType(what)
	if r.err == nil && !t.IsReference() {
		r.fail(at, "%s is %v, which is no reference type", what, t)
	}
	return t
}

// expr reads a constant expression: one instruction that computes without memory, tables or calls, and an end.
func (r *reader) expr(what string) []byte {
	start := r.pos
	_, end, err := readConst(r.b[start:])
	if err != nil {
		r.fail(start+err.Offset, "%s: %s", what, err.Reason)
		return nil
	}
	r.pos = start + end
	return r.b[start:r.pos:r.pos]
}
