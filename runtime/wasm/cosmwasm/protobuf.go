package cosmwasm

import "encoding/binary"

// field is a field of bytes in protobuf, which is left out if it is empty: all that the answers of a chain's modules are
// made of (S13).
func field(number byte, b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	const lengthDelimited = 2
	return append(binary.AppendUvarint([]byte{number<<3 | lengthDelimited}, uint64(len(b))), b...)
}
