package pack

import (
	"bytes"
	"errors"
	"io"
	"math"
	"sync"
	"unicode/utf8"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Bounds on what is decoded.
const (
	// MaxSize is the largest payload, in bytes. A host may allow less.
	MaxSize = 32 << 20
	// MaxDepth is how deep maps and arrays may nest.
	MaxDepth = 64
)

// A Reader takes one MessagePack value apart. The first error sticks: from then on every method returns the zero value, so that
// a caller asks for the error once, at the end. The library decodes; the Reader sees to it that no length is greater than
// what is left, that no number is cut, and that no text is anything but UTF-8.
//
// What Bytes returns is part of the payload: it must not be modified, and lives as long.
type Reader struct {
	data  []byte
	src   bytes.Reader
	dec   *msgpack.Decoder
	depth int
	err   error
}

var readers = sync.Pool{New: func() any { return &Reader{dec: msgpack.NewDecoder(nil)} }}

// Read lets get take payload apart, and returns the first error. All of the payload must have been read.
func Read(payload []byte, get func(*Reader)) error {
	r := readers.Get().(*Reader)
	defer r.release()
	r.data, r.err, r.depth = payload, nil, 0
	r.src.Reset(payload)
	r.dec.Reset(&r.src)
	if len(payload) > MaxSize {
		return actor.Errorf(actor.CodeMalformed, "a payload has at most %d bytes, not %d", MaxSize, len(payload))
	}
	get(r)
	if r.err == nil && r.src.Len() > 0 {
		r.failf("there is something behind the end of the value")
	}
	return r.err
}

func (r *Reader) release() {
	r.data = nil
	r.src.Reset(nil)
	readers.Put(r)
}

func (r *Reader) at() int { return len(r.data) - r.src.Len() }

// failf keeps the first error.
func (r *Reader) failf(text string) {
	if r.err == nil {
		r.err = actor.Errorf(actor.CodeMalformed, "MessagePack, byte %d: %s", r.at(), text)
	}
}

// check turns an error of the library into one of ours. It reads from memory, so that there are two kinds.
func (r *Reader) check(err error, want string) bool {
	switch {
	case r.err != nil:
	case err == nil:
		return true
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		r.failf("it ends in the middle of a value")
	default:
		r.failf("there is no " + want)
	}
	return false
}

// peek returns the code of the next value, and false behind the end.
func (r *Reader) peek() (byte, bool) {
	if r.err != nil {
		return 0, false
	}
	c, err := r.dec.PeekCode()
	return c, r.check(err, "value")
}

// Nil reports whether the next value is null, and if so skips it.
func (r *Reader) Nil() bool {
	c, ok := r.peek()
	if !ok || c != msgpcode.Nil {
		return false
	}
	return r.check(r.dec.DecodeNil(), "null")
}

// Bool reads a truth value.
func (r *Reader) Bool() bool {
	if r.err != nil || r.Nil() {
		return false
	}
	v, err := r.dec.DecodeBool()
	return r.check(err, "truth value") && v
}

// Int reads a whole number from min to max.
func (r *Reader) Int(min, max int64) int64 {
	c, ok := r.peek()
	if !ok {
		return 0
	}
	if c == msgpcode.Uint64 {
		n, err := r.dec.DecodeUint64()
		if !r.check(err, "whole number") {
			return 0
		}
		if n > math.MaxInt64 {
			r.failf("a number is out of range")
			return 0
		}
		return r.within(int64(n), min, max)
	}
	n, err := r.dec.DecodeInt64()
	if !r.check(err, "whole number") {
		return 0
	}
	return r.within(n, min, max)
}

func (r *Reader) within(n, min, max int64) int64 {
	if n < min || n > max {
		r.failf("a number is out of range")
		return 0
	}
	return n
}

// Uint reads a whole number from 0 to max.
func (r *Reader) Uint(max uint64) uint64 {
	c, ok := r.peek()
	if !ok {
		return 0
	}
	if c != msgpcode.Uint64 {
		return uint64(r.Int(0, int64(min(max, math.MaxInt64))))
	}
	n, err := r.dec.DecodeUint64()
	if !r.check(err, "whole number") {
		return 0
	}
	if n > max {
		r.failf("a number is out of range")
		return 0
	}
	return n
}

// Float reads a number.
func (r *Reader) Float() float64 {
	if r.err != nil {
		return 0
	}
	v, err := r.dec.DecodeFloat64()
	if !r.check(err, "number") {
		return 0
	}
	return v
}

// length reads the length of a text or of bytes, and checks that they are there. It is -1 for null.
func (r *Reader) length(want string) int {
	if r.err != nil {
		return -1
	}
	n, err := r.dec.DecodeBytesLen()
	if !r.check(err, want) {
		return -1
	}
	if n > r.src.Len() {
		r.failf("a length is greater than what is left")
		return -1
	}
	return n
}

// take returns the next n bytes, which are there.
func (r *Reader) take(n int) []byte {
	at := r.at()
	_, _ = r.src.Seek(int64(n), io.SeekCurrent) // stays in the data
	return r.data[at : at+n : at+n]
}

// Text reads a text. Bytes will do, if they are UTF-8.
func (r *Reader) Text() string { return string(r.text()) }

// text is Text without a copy.
func (r *Reader) text() []byte {
	n := r.length("text")
	if n <= 0 {
		return nil
	}
	b := r.take(n)
	if !utf8.Valid(b) {
		r.failf("a text is not UTF-8")
		return nil
	}
	return b
}

// Bytes reads bytes: as such, as a text, or as an array of numbers from 0 to 255, which is what guests in several languages
// make of them. They are never nil.
func (r *Reader) Bytes() []byte {
	c, ok := r.peek()
	if !ok {
		return []byte{}
	}
	if msgpcode.IsFixedArray(c) || c == msgpcode.Array16 || c == msgpcode.Array32 {
		b := make([]byte, r.Array())
		for i := range b {
			b[i] = byte(r.Uint(math.MaxUint8))
		}
		return b
	}
	n := r.length("bytes")
	if n <= 0 {
		return []byte{}
	}
	return r.take(n)
}

// Array reads the length of an array, whose elements follow.
func (r *Reader) Array() int {
	if r.err != nil {
		return 0
	}
	n, err := r.dec.DecodeArrayLen()
	return r.bounded(n, 1, err, "array")
}

// Map reads the number of pairs of a map, which follow: a key, its value, and so on.
func (r *Reader) Map() int {
	if c, ok := r.peek(); ok && formOf(c) != isMap && formOf(c) != isNull {
		r.failf("there is no map") // the library would look behind an extension
	}
	if r.err != nil {
		return 0
	}
	n, err := r.dec.DecodeMapLen()
	return r.bounded(n, 2, err, "map")
}

// bounded checks a number of elements, of which each has some bytes at least.
func (r *Reader) bounded(n, each int, err error, want string) int {
	if !r.check(err, want) || n <= 0 {
		return 0
	}
	if n > r.src.Len()/each {
		r.failf("a length is greater than what is left")
		return 0
	}
	return n
}

// Fields reads a map with text keys: it calls get for each key, which must read the value or else skip it. The name is part of
// the payload, so that a switch on string(name) copies nothing.
func (r *Reader) Fields(get func(name []byte)) {
	if !r.enter() {
		return
	}
	for range r.Map() {
		name := r.text()
		if r.err != nil {
			return
		}
		get(name)
	}
	r.leave()
}

// Each reads an array: it calls get for each element, which must read it. If size is not nil it hears beforehand how many there
// are; that many bytes at least are left.
func (r *Reader) Each(size func(n int), get func(i int)) {
	if !r.enter() {
		return
	}
	n := r.Array()
	if size != nil && r.err == nil {
		size(n)
	}
	for i := range n {
		if r.err != nil {
			return
		}
		get(i)
	}
	r.leave()
}

// enter counts a level of nesting, and reports whether there may be one more.
func (r *Reader) enter() bool {
	if r.err != nil {
		return false
	}
	if r.depth++; r.depth > MaxDepth {
		r.failf("maps and arrays nest too deep")
		return false
	}
	return true
}

func (r *Reader) leave() { r.depth-- }

// Skip reads a value of any form, and drops it.
func (r *Reader) Skip() {
	c, ok := r.peek()
	if !ok {
		return
	}
	switch formOf(c) {
	case isMap:
		if r.enter() {
			for range r.Map() {
				if r.Skip(); r.err == nil {
					r.Skip()
				}
			}
			r.leave()
		}
	case isArray:
		r.Each(nil, func(int) { r.Skip() })
	case isText, isBytes:
		if n := r.length("text"); n > 0 {
			r.take(n)
		}
	case isNone:
		r.failf("a value is of no form that contracts use")
	default:
		r.check(r.dec.Skip(), "value")
	}
}

// form is what MessagePack calls a family of formats.
type form uint8

const (
	isNone form = iota // extensions, and the code that is never used
	isNull
	isBool
	isInt
	isFloat
	isText
	isBytes
	isArray
	isMap
)

// formOf returns the form of a value by its first byte.
func formOf(c byte) form {
	switch {
	case msgpcode.IsFixedNum(c), c >= msgpcode.Uint8 && c <= msgpcode.Int64:
		return isInt
	case msgpcode.IsString(c):
		return isText
	case msgpcode.IsBin(c):
		return isBytes
	case msgpcode.IsFixedArray(c), c == msgpcode.Array16, c == msgpcode.Array32:
		return isArray
	case msgpcode.IsFixedMap(c), c == msgpcode.Map16, c == msgpcode.Map32:
		return isMap
	case c == msgpcode.Nil:
		return isNull
	case c == msgpcode.False, c == msgpcode.True:
		return isBool
	case c == msgpcode.Float, c == msgpcode.Double:
		return isFloat
	}
	return isNone
}

// NextIsText reports whether the next value is a text.
func (r *Reader) NextIsText() bool {
	c, ok := r.peek()
	return ok && formOf(c) == isText
}
