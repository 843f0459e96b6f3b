package typed

import (
	"encoding/binary"
	"strconv"
	"unicode/utf8"
)

// The major types of CBOR (RFC 8949, section 3.1), and the simple values in use.
const (
	majorUint byte = iota
	majorNegative
	majorBytes
	majorText
	majorArray
	majorMap
	majorTag
	majorSimple
)

const (
	wireFalse byte = 0xf4
	wireTrue  byte = 0xf5
	wireNull  byte = 0xf6
)

// majorNames are the words for what was found.
var majorNames = [...]string{
	"an unsigned integer", "a negative integer", "bytes", "text", "an array", "a map", "a tag", "a simple value",
}

// head is the first part of a data item: its major type and its argument. Of majorSimple, info tells what arg is.
type head struct {
	major, info byte
	arg         uint64
}

// String says what kind of item h begins.
func (h head) String() string {
	if h.major != majorSimple {
		return majorNames[h.major]
	}
	switch {
	case h.info >= 25 && h.info <= 27:
		return "a float"
	case h.arg == 20 || h.arg == 21:
		return "a boolean"
	case h.arg == 22 || h.arg == 23:
		return "null"
	}
	return majorNames[majorSimple]
}

// wire reads CBOR from data, beginning at off.
type wire struct {
	data []byte
	off  int
	// placeless leaves the offset out of faults: for data that is a part of what the sender of it knows.
	placeless bool
}

// head reads one head. It refuses tags, indefinite lengths and lengths beyond the end of the data.
func (w *wire) head() (head, error) {
	if w.off >= len(w.data) {
		return head{}, w.faultAt("the data ends too early")
	}
	b := w.data[w.off]
	h := head{major: b >> 5, info: b & 31, arg: uint64(b & 31)}
	n := 0
	switch {
	case h.info < 24:
	case h.info < 28:
		n = 1 << (h.info - 24)
	case h.info == 31 && h.major != majorSimple:
		return head{}, w.faultAt("an indefinite length is not allowed")
	default:
		return head{}, w.faultAt("this is not CBOR")
	}
	rest := w.data[w.off+1:]
	if len(rest) < n {
		return head{}, w.faultAt("the data ends too early")
	}
	switch n {
	case 1:
		h.arg = uint64(rest[0])
	case 2:
		h.arg = uint64(binary.BigEndian.Uint16(rest))
	case 4:
		h.arg = uint64(binary.BigEndian.Uint32(rest))
	case 8:
		h.arg = binary.BigEndian.Uint64(rest)
	}
	left := uint64(len(rest) - n)
	switch {
	case h.major == majorTag:
		return head{}, w.faultAt("a tag is not allowed")
	case h.major == majorSimple && n == 1 && h.arg < 32:
		return head{}, w.faultAt("this is not CBOR")
	case h.major == majorSimple && n < 2 && (h.arg < 20 || h.arg > 23):
		return head{}, w.faultAt("a simple value is not allowed") // but false, true, null and undefined
	case (h.major == majorBytes || h.major == majorText || h.major == majorArray) && h.arg > left,
		h.major == majorMap && h.arg > left/2:
		return head{}, w.faultAt("the data ends too early")
	}
	w.off += 1 + n
	return h, nil
}

// take returns the content of a byte or text string whose head has been read. It aliases the data.
func (w *wire) take(h head) ([]byte, error) {
	content := w.data[w.off : w.off+int(h.arg)]
	if h.major == majorText && !utf8.Valid(content) {
		return nil, w.faultAt("a text is not valid UTF-8")
	}
	w.off += int(h.arg)
	return content, nil
}

func (w *wire) faultAt(what string) error {
	if w.placeless {
		return fault(what)
	}
	return fault("byte " + strconv.Itoa(w.off) + ": " + what)
}

// appendHead appends the shortest head with the argument.
func appendHead(dst []byte, major byte, arg uint64) []byte {
	m := major << 5
	switch {
	case arg < 24:
		return append(dst, m|byte(arg))
	case arg < 1<<8:
		return append(dst, m|24, byte(arg))
	case arg < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, m|25), uint16(arg))
	case arg < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, m|26), uint32(arg))
	}
	return binary.BigEndian.AppendUint64(append(dst, m|27), arg)
}

// appendInt appends n.
func appendInt(dst []byte, n int64) []byte {
	if n < 0 {
		return appendHead(dst, majorNegative, uint64(-1-n))
	}
	return appendHead(dst, majorUint, uint64(n))
}
