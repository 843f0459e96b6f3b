package binary

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
)

// Gunzip returns what b holds if it is a gzip file, and b itself if it is not. What comes out may have up to limit
// bytes, in both cases; no more than that is ever held.
func Gunzip(b []byte, limit int) ([]byte, error) {
	if len(b) < 2 || b[0] != 0x1f || b[1] != 0x8b {
		if len(b) > limit {
			return nil, fmt.Errorf("wasm: the module has %d bytes, which is over the limit of %d", len(b), limit)
		}
		return b, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("wasm: gzip: %w", err)
	}
	out, err := io.ReadAll(io.LimitReader(z, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("wasm: gzip: %w", err)
	}
	if len(out) > limit {
		return nil, fmt.Errorf("wasm: unpacked, the module has more bytes than the limit of %d", limit)
	}
	return out, nil
}
