package runtime_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime"
)

func TestInspect(t *testing.T) {
	code := accountCode(t)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(code)
	z.Close()
	for _, b := range [][]byte{code, packed.Bytes()} {
		in, err := runtime.Inspect(b)
		if err != nil {
			t.Fatal(err)
		}
		if in.Hash != sha256.Sum256(code) || in.Size != len(code) || in.Packed != len(b)%len(code) {
			t.Errorf("got %s, %d bytes of %d", in.Hash, in.Size, in.Packed)
		}
		if _, ok := in.Module.ExportedFunc("troupe_call"); !ok || in.Kind != "troupe" || in.GasTable == "" || in.Refused != nil {
			t.Errorf("got %+v", in)
		}
	}
	in, err := runtime.Inspect([]byte("\x00asm\x01\x00\x00\x00"))
	if err != nil || in.Refused == nil || !strings.Contains(in.Refused.Error(), "troupe_abi_1") || in.Kind != "" {
		t.Errorf("a module that is no actor: %+v, %v", in, err)
	}
	for _, b := range [][]byte{nil, []byte("text"), code[:100], {0x1f, 0x8b}} {
		if _, err := runtime.Inspect(b); !errors.Is(err, runtime.ErrCode) {
			t.Errorf("%.20q: %v", b, err)
		}
	}
}
