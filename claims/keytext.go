package claims

import (
	"encoding/base32"
	"encoding/binary"

	"github.com/nats-io/nkeys"
)

// The text of a public key is base32 without padding of: the kind, 32 bytes, and the CRC-16/XMODEM of these, its low byte
// first. In a seed two bytes stand in front: the five bits of "seed", then the eight of the kind, then three zeros.

var base32Encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// encodeText returns the text of bytes, with their checksum.
func encodeText(raw []byte) []byte {
	raw = binary.LittleEndian.AppendUint16(raw[:len(raw):len(raw)], crc16(raw))
	text := make([]byte, base32Encoding.EncodedLen(len(raw)))
	base32Encoding.Encode(text, raw)
	clear(raw)
	return text
}

// decodeText returns the bytes of a text without their checksum, if that is right. The text holds nothing but letters of
// base32.
func decodeText(text []byte) ([]byte, bool) {
	raw := make([]byte, base32Encoding.DecodedLen(len(text)))
	n, err := base32Encoding.Decode(raw, text)
	if err != nil || n < 3 || binary.LittleEndian.Uint16(raw[n-2:n]) != crc16(raw[:n-2]) {
		return nil, false
	}
	return raw[:n-2], true
}

func encodePublic(kind nkeys.PrefixByte, public []byte) string {
	return string(encodeText(append([]byte{byte(kind)}, public...)))
}

func encodeSeed(kind nkeys.PrefixByte, seed []byte) []byte {
	raw := append(make([]byte, 0, 2+len(seed)), byte(nkeys.PrefixByteSeed)|byte(kind)>>5, byte(kind)<<3)
	raw = append(raw, seed...)
	defer clear(raw)
	return encodeText(raw)
}

// decodeSeed returns the kind, which may be none, and the 32 bytes.
func decodeSeed(text []byte) (nkeys.PrefixByte, []byte, bool) {
	raw, ok := decodeText(text)
	if !ok || len(raw) != 34 || raw[0]&0xf8 != byte(nkeys.PrefixByteSeed) {
		return nkeys.PrefixByteUnknown, nil, false
	}
	return nkeys.PrefixByte(raw[0]<<5 | raw[1]>>3), raw[2:], true
}

// crc16 is CRC-16/XMODEM, by which package nkeys protects keys: the polynomial 0x1021, from zero.
func crc16(b []byte) uint16 {
	crc := uint16(0)
	for _, c := range b {
		crc ^= uint16(c) << 8
		for range 8 {
			carry := crc&0x8000 != 0
			crc <<= 1
			if carry {
				crc ^= 0x1021
			}
		}
	}
	return crc
}
