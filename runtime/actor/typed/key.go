package typed

import (
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Pair is a key of two parts, ordered by the first and then by the second. Parts may be pairs.
type Pair[A, B any] struct {
	First  A
	Second B
}

// Join returns the pair of a and b.
func Join[A, B any](a A, b B) Pair[A, B] { return Pair[A, B]{a, b} }

// codec encodes keys of one type so that they order as bytes do, and readably where they are text.
//
// The last part of a key stands as it is. A part with another behind it must show its end: see appendPart and appendUint.
type codec[K any] struct {
	append func(dst []byte, k K, last bool) []byte
	// cut splits a key off src. It takes canonical encodings only, so that a key and its encoding are one to one.
	cut func(src []byte, last bool) (k K, rest []byte, ok bool)
}

// composite is a key type of several parts.
type composite interface{ codec() any }

func (Pair[A, B]) codec() any {
	a, b := codecOf[A](), codecOf[B]()
	return codec[Pair[A, B]]{
		append: func(dst []byte, k Pair[A, B], last bool) []byte {
			return b.append(a.append(dst, k.First, false), k.Second, last)
		},
		cut: func(src []byte, last bool) (k Pair[A, B], rest []byte, ok bool) {
			if k.First, rest, ok = a.cut(src, false); ok {
				k.Second, rest, ok = b.cut(rest, last)
			}
			return k, rest, ok
		},
	}
}

// codecOf returns the codec of K: a string, a byte slice, an integer or a Pair, or a type made of one. It panics for any
// other. The common types have codecs of their own, the rest goes by reflection.
func codecOf[K any]() codec[K] {
	var c any
	switch zero := any(*new(K)).(type) {
	case composite:
		c = zero.codec()
	case string:
		c = textCodec[string]()
	case actor.Address:
		c = textCodec[actor.Address]()
	case []byte:
		c = bytesCodec()
	case uint64:
		c = codec[uint64]{appendUint, cutUint}
	case int64:
		c = codec[int64]{appendSigned, cutSigned}
	default:
		return reflectCodec[K]()
	}
	return c.(codec[K])
}

func textCodec[K ~string]() codec[K] {
	return codec[K]{
		append: func(dst []byte, k K, last bool) []byte { return appendPart(dst, k, last) },
		cut: func(src []byte, last bool) (K, []byte, bool) {
			part, rest, ok := cutPart(src, last)
			return K(part), rest, ok
		},
	}
}

func bytesCodec() codec[[]byte] {
	return codec[[]byte]{
		append: func(dst []byte, k []byte, last bool) []byte { return appendPart(dst, k, last) },
		cut: func(src []byte, last bool) ([]byte, []byte, bool) {
			part, rest, ok := cutPart(src, last)
			return append([]byte{}, part...), rest, ok
		},
	}
}

func reflectCodec[K any]() codec[K] {
	t := reflect.TypeFor[K]()
	set := func(f func(v reflect.Value)) (k K) {
		f(reflect.ValueOf(&k).Elem())
		return k
	}
	switch k := t.Kind(); {
	case k == reflect.String:
		return codec[K]{
			append: func(dst []byte, k K, last bool) []byte { return appendPart(dst, reflect.ValueOf(k).String(), last) },
			cut: func(src []byte, last bool) (K, []byte, bool) {
				part, rest, ok := cutPart(src, last)
				return set(func(v reflect.Value) { v.SetString(string(part)) }), rest, ok
			},
		}
	case reflect.Uint <= k && k <= reflect.Uint64:
		return codec[K]{
			append: func(dst []byte, k K, last bool) []byte { return appendUint(dst, reflect.ValueOf(k).Uint(), last) },
			cut: func(src []byte, last bool) (K, []byte, bool) {
				n, rest, ok := cutUint(src, last)
				return set(func(v reflect.Value) { v.SetUint(n); ok = ok && v.Uint() == n }), rest, ok
			},
		}
	case reflect.Int <= k && k <= reflect.Int64:
		return codec[K]{
			append: func(dst []byte, k K, last bool) []byte { return appendSigned(dst, reflect.ValueOf(k).Int(), last) },
			cut: func(src []byte, last bool) (K, []byte, bool) {
				n, rest, ok := cutSigned(src, last)
				return set(func(v reflect.Value) { v.SetInt(n); ok = ok && v.Int() == n }), rest, ok
			},
		}
	}
	panic(fmt.Sprintf("typed: %v cannot be a key: a key is a string, a []byte, an integer or a Pair", t))
}

// appendPart appends text. Behind a part that is not the last stands a zero byte, which orders a text before those that
// it begins; a 0 or 1 in it stands as 1 1 or 1 2.
func appendPart[T ~string | ~[]byte](dst []byte, s T, last bool) []byte {
	if last {
		return append(dst, s...)
	}
	for i := range len(s) {
		if c := s[i]; c <= 1 {
			dst = append(dst, 1, c+1)
		} else {
			dst = append(dst, c)
		}
	}
	return append(dst, 0)
}

// cutPart is the inverse of appendPart. The part may alias src.
func cutPart(src []byte, last bool) (part, rest []byte, ok bool) {
	if last {
		return src, nil, true
	}
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == 0:
			if part == nil {
				part = src[:i]
			}
			return part, src[i+1:], true
		case c == 1:
			if part == nil {
				part = append(make([]byte, 0, len(src)), src[:i]...)
			}
			if i++; i == len(src) || src[i] != 1 && src[i] != 2 {
				return nil, nil, false
			}
			part = append(part, src[i]-1)
		case part != nil:
			part = append(part, c)
		}
	}
	return nil, nil, false
}

// appendUint appends an integer as a letter for the number of its digits, a for one, and the digits: 7 is a7, 42 is b42.
// So it orders as a number does, shows its end, and can be read. For the eye a "/" separates it from a next part.
func appendUint(dst []byte, n uint64, last bool) []byte {
	at := len(dst)
	dst = strconv.AppendUint(append(dst, 0), n, 10)
	dst[at] = 'a' + byte(len(dst)-at-2)
	if !last {
		dst = append(dst, '/')
	}
	return dst
}

// appendSigned appends an integer: one that is not negative as appendUint does; a negative one as a capital for the
// number of its digits, Z for one, Y for two, and each digit as what it lacks to 9, so that -5 is Z4 and the lesser
// number comes first.
func appendSigned(dst []byte, n int64, last bool) []byte {
	if n >= 0 {
		return appendUint(dst, uint64(n), last)
	}
	at := len(dst)
	dst = strconv.AppendUint(append(dst, 0), -uint64(n), 10)
	dst[at] = 'Z' - byte(len(dst)-at-2)
	for i := at + 1; i < len(dst); i++ {
		dst[i] = '0' + '9' - dst[i]
	}
	if !last {
		dst = append(dst, '/')
	}
	return dst
}

func cutUint(src []byte, last bool) (n uint64, rest []byte, ok bool) {
	if len(src) == 0 || src[0] < 'a' || src[0] > 't' {
		return 0, nil, false
	}
	return cutDigits(src[1:], int(src[0]-'a')+1, last, false)
}

func cutSigned(src []byte, last bool) (n int64, rest []byte, ok bool) {
	if len(src) == 0 || src[0] >= 'a' {
		u, rest, ok := cutUint(src, last)
		return int64(u), rest, ok && u <= math.MaxInt64
	}
	if src[0] < 'H' || src[0] > 'Z' {
		return 0, nil, false
	}
	u, rest, ok := cutDigits(src[1:], int('Z'-src[0])+1, last, true)
	return int64(-u), rest, ok && u != 0 && u <= 1<<63
}

// cutDigits splits off a number of so many digits, each complemented to 9 if so told, and the "/" behind it.
func cutDigits(src []byte, digits int, last, complement bool) (uint64, []byte, bool) {
	if len(src) < digits {
		return 0, nil, false
	}
	var text [20]byte
	copy(text[:], src[:digits])
	for i := range text[:digits] {
		if complement {
			text[i] = '0' + '9' - text[i]
		}
	}
	n, err := strconv.ParseUint(string(text[:digits]), 10, 64)
	if err != nil || digits > 1 && text[0] == '0' {
		return 0, nil, false
	}
	rest := src[digits:]
	if !last {
		if len(rest) == 0 || rest[0] != '/' {
			return 0, nil, false
		}
		rest = rest[1:]
	}
	return n, rest, true
}
