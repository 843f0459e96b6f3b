package wire

import (
	"encoding/hex"
	"encoding/json"
	"errors"
)

// Array is a list that is [] in JSON when it is empty, never null: the contract's side is a Vec, which knows no null.
// Reading null gives an empty list.
type Array[T any] []T

// MarshalJSON is [] for nil.
func (a Array[T]) MarshalJSON() ([]byte, error) {
	if len(a) == 0 {
		return []byte("[]"), nil
	}
	return json.Marshal([]T(a))
}

// UnmarshalJSON reads a list of its own: what was in the array before, from an earlier field of the same name, is gone.
func (a *Array[T]) UnmarshalJSON(data []byte) error {
	var list []T
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	if len(list) == 0 {
		list = []T{}
	}
	*a = list
	return nil
}

// A Checksum is the SHA-256 of a contract's uncompressed code. It is hex in JSON.
type Checksum []byte

// MarshalJSON is hex in lower case.
func (c Checksum) MarshalJSON() ([]byte, error) { return json.Marshal(hex.EncodeToString(c)) }

// UnmarshalJSON reads the hex of 32 bytes.
func (c *Checksum) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	sum, err := hex.DecodeString(text)
	if err != nil {
		return err
	}
	if len(sum) != 32 {
		return errors.New("got wrong number of bytes for checksum")
	}
	*c = sum
	return nil
}
