package binary

import (
	"bytes"
	"compress/gzip"
	"runtime"
	"strings"
	"testing"
)

func zip(t *testing.T, b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestGunzip(t *testing.T) {
	code := sample().Encode()
	packed := zip(t, code)
	wrong := bytes.Clone(packed)
	wrong[len(wrong)-5] ^= 1
	tests := []struct {
		name  string
		in    []byte
		limit int
		want  []byte
		err   string
	}{
		{"plain", code, len(code), code, ""},
		{"empty", nil, 10, nil, ""},
		{"one byte", []byte{0x1f}, 10, []byte{0x1f}, ""},
		{"plain and too long", code, len(code) - 1, nil, "over the limit of"},
		{"packed", packed, len(code), code, ""},
		{"packed and too long", packed, len(code) - 1, nil, "unpacked, the module has more bytes than the limit of"},
		{"cut off", packed[:len(packed)-9], len(code), nil, "gzip: unexpected EOF"},
		{"header cut off", packed[:5], len(code), nil, "gzip: "},
		{"checksum", wrong, len(code), nil, "gzip: "},
	}
	for _, test := range tests {
		got, err := Gunzip(test.in, test.limit)
		if test.err == "" && (err != nil || !bytes.Equal(got, test.want)) {
			t.Errorf("%s: got %x, %v", test.name, got, err)
		}
		if test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.err)
		}
	}
	if got, _ := Gunzip(code, len(code)); &got[0] != &code[0] {
		t.Error("what is not packed is copied")
	}
}

// A small file that unpacks to a large one takes no more memory than the limit says.
func TestGunzipBomb(t *testing.T) {
	bomb := zip(t, make([]byte, 64<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Gunzip(bomb, 1<<20)
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Error("accepted")
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 8<<20 {
		t.Errorf("%d bytes of input allocate %d", len(bomb), got)
	}
}
