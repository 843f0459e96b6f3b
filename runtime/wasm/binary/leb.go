package binary

// The readers of integers take where the number begins and return where it ends, or one of these.
const (
	truncated = -1 // the input ends within the number
	overlong  = -2 // more bytes than the type can need, or bits that it does not have
)

// lebFailure says what truncated and overlong mean.
func lebFailure(code int) string {
	if code == truncated {
		return "the input ends within a number"
	}
	return "a number is longer than its type allows"
}

// readU32 reads an unsigned number of 32 bits. Numbers may have more bytes than they need, up to five.
func readU32(b []byte, pos int) (uint32, int) {
	if pos < len(b) && b[pos] < 0x80 {
		return uint32(b[pos]), pos + 1
	}
	return readLongU32(b, pos)
}

func readLongU32(b []byte, pos int) (uint32, int) {
	var v uint32
	for shift := 0; shift < 35; shift += 7 {
		if pos >= len(b) {
			return 0, truncated
		}
		c := b[pos]
		pos++
		if shift == 28 && c > 0x0f {
			return 0, overlong
		}
		v |= uint32(c&0x7f) << shift
		if c < 0x80 {
			return v, pos
		}
	}
	return 0, overlong
}

// readSigned reads a signed number of 32, 33 or 64 bits.
func readSigned(b []byte, pos int, bits int) (int64, int) {
	if pos < len(b) && b[pos] < 0x80 {
		return int64(int8(b[pos]<<1) >> 1), pos + 1
	}
	var v int64
	for shift := 0; shift < bits; shift += 7 {
		if pos >= len(b) {
			return 0, truncated
		}
		c := b[pos]
		pos++
		v |= int64(c&0x7f) << shift
		if left := bits - shift; left <= 7 {
			// The last byte that there may be: its bits beyond the type repeat the sign.
			rest := int8(c<<1) >> left
			if c >= 0x80 || rest != 0 && rest != -1 {
				return 0, overlong
			}
		}
		if c < 0x80 {
			if shift+7 < 64 {
				v = v << (64 - shift - 7) >> (64 - shift - 7)
			}
			return v, pos
		}
	}
	return 0, overlong
}

// AppendU32 appends an unsigned number in as few bytes as it needs.
func AppendU32(dst []byte, v uint32) []byte {
	for v >= 0x80 {
		dst = append(dst, byte(v)|0x80)
		v >>= 7
	}
	return append(dst, byte(v))
}

// AppendS32 appends a signed number in as few bytes as it needs, as i32.const takes it.
func AppendS32(dst []byte, v int32) []byte { return AppendS64(dst, int64(v)) }

// AppendS64 appends a signed number in as few bytes as it needs, as i64.const takes it.
func AppendS64(dst []byte, v int64) []byte {
	for v < -0x40 || v >= 0x40 {
		dst = append(dst, byte(v)|0x80)
		v >>= 7
	}
	return append(dst, byte(v)&0x7f)
}

// sizeU32 returns how many bytes AppendU32 appends.
func sizeU32(v uint32) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}
