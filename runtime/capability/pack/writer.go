package pack

import (
	"bytes"
	"strings"
	"sync"

	"github.com/vmihailenco/msgpack/v5"
)

// A Writer puts one MessagePack value together. Nothing can fail: it writes to memory.
type Writer struct {
	buf bytes.Buffer
	enc *msgpack.Encoder
}

// maxKept is the largest buffer that is kept for the next Writer.
const maxKept = 64 << 10

var writers = sync.Pool{New: func() any {
	w := &Writer{}
	w.enc = msgpack.NewEncoder(&w.buf)
	return w
}}

// Write returns what put has written.
func Write(put func(*Writer)) []byte {
	w := writers.Get().(*Writer)
	w.buf.Reset()
	put(w)
	b := bytes.Clone(w.buf.Bytes())
	if w.buf.Cap() <= maxKept {
		writers.Put(w)
	}
	return b
}

// must is for errors of the library that a buffer in memory cannot cause.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Nil writes null.
func (w *Writer) Nil() { must(w.enc.EncodeNil()) }

// Bool writes a truth value.
func (w *Writer) Bool(v bool) { must(w.enc.EncodeBool(v)) }

// Int writes a whole number in its shortest form.
func (w *Writer) Int(n int64) { must(w.enc.EncodeInt(n)) }

// Uint writes a whole number in its shortest form.
func (w *Writer) Uint(n uint64) { must(w.enc.EncodeUint(n)) }

// Float writes a number in 64 bits.
func (w *Writer) Float(v float64) { must(w.enc.EncodeFloat64(v)) }

// Text writes a text. What is not UTF-8 in it becomes U+FFFD: guests refuse anything else, and the bytes of a header, for
// example, may be any.
func (w *Writer) Text(s string) { must(w.enc.EncodeString(strings.ToValidUTF8(s, "\ufffd"))) }

// Bytes writes bytes. None are the empty ones, and never null.
func (w *Writer) Bytes(b []byte) {
	must(w.enc.EncodeBytesLen(len(b)))
	w.buf.Write(b)
}

// Array writes the length of an array, whose elements must follow.
func (w *Writer) Array(n int) { must(w.enc.EncodeArrayLen(n)) }

// Map writes the number of pairs of a map, which must follow.
func (w *Writer) Map(n int) { must(w.enc.EncodeMapLen(n)) }

// raw writes a value that is MessagePack already.
func (w *Writer) raw(b []byte) { w.buf.Write(b) }
