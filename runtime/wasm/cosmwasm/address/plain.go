package address

import "strings"

// Contracts check several addresses in a call, and nearly all of them are right. The library takes microseconds for one,
// so a text that is plainly right, in lower case and with the prefix that is asked for, is read and written here: one
// look-up a letter. The library judges everything else, and has the words for what is wrong. A fuzz test compares both.

const letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// checksumLetters is how many letters a checksum has, of 5 bits each.
const checksumLetters = 6

// valueOf is the reverse of letters; 0xff is no letter.
var valueOf = func() (values [256]byte) {
	for i := range values {
		values[i] = 0xff
	}
	for i, c := range []byte(letters) {
		values[c] = byte(i)
	}
	return values
}()

// feedback is what the five bits that leave the checksum's register put into it, by their value: the sum of the
// generators of BIP 173 that belong to them.
var feedback = func() (sums [32]uint32) {
	for bits := range sums {
		for i, generator := range [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if bits>>i&1 == 1 {
				sums[bits] ^= generator
			}
		}
	}
	return sums
}()

// checksum is the state of the sum over prefix and letters.
type checksum uint32

func (c checksum) add(bits byte) checksum {
	return (c&0x1ffffff)<<5 ^ checksum(bits) ^ checksum(feedback[c>>25])
}

// sum begins a checksum with the prefix.
func (p Prefix) sum() checksum {
	c := checksum(1)
	for i := range len(p) {
		c = c.add(p[i] >> 5)
	}
	c = c.add(0)
	for i := range len(p) {
		c = c.add(p[i] & 31)
	}
	return c
}

// appendCanonical appends the bytes of a text that is plainly right. Otherwise it returns false, and nothing of use.
func (p Prefix) appendCanonical(dst []byte, human string) ([]byte, bool) {
	data, ok := strings.CutPrefix(human, string(p))
	// The first byte of an address is two letters at least.
	if !ok || p.Check() != nil || len(data) < 1+2+checksumLetters || data[0] != '1' {
		return nil, false
	}
	data = data[1:]
	sum := p.sum()
	var pending uint32 // bits that are no byte yet
	var bits int
	payload := len(data) - checksumLetters
	for i := range len(data) {
		v := valueOf[data[i]]
		if v == 0xff {
			return nil, false
		}
		sum = sum.add(v)
		if i >= payload {
			continue
		}
		pending = pending<<5 | uint32(v)
		if bits += 5; bits >= 8 {
			bits -= 8
			dst = append(dst, byte(pending>>bits))
			pending &= 1<<bits - 1
		}
	}
	return dst, sum == 1 && bits <= 4 && pending == 0
}

// appendHuman appends the text of an address of a length that addresses have.
func (p Prefix) appendHuman(dst, canonical []byte) []byte {
	sum := p.sum()
	dst = append(append(dst, p...), '1')
	var pending uint32 // bits that are no letter yet
	var bits int
	put := func(v byte) {
		sum = sum.add(v)
		dst = append(dst, letters[v])
	}
	for _, b := range canonical {
		pending = pending<<8 | uint32(b)
		for bits += 8; bits >= 5; {
			bits -= 5
			put(byte(pending>>bits) & 31)
		}
	}
	if bits > 0 {
		put(byte(pending<<(5-bits)) & 31)
	}
	final := sum
	for range checksumLetters {
		final = final.add(0)
	}
	final ^= 1
	for i := range checksumLetters {
		dst = append(dst, letters[final>>(5*(checksumLetters-1-i))&31])
	}
	return dst
}
