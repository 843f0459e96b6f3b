package npm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"testing"
)

// FuzzExtract: whatever the archive, what comes out is a file of it, or an error.
func FuzzExtract(f *testing.F) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"package/b", "package/a"} {
		if w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: 2}) != nil {
			f.Fatal(name)
		}
		io.WriteString(w, name[len(name)-2:])
	}
	w.Close()
	f.Add(b.Bytes(), "a")
	f.Add(b.Bytes()[:700], "a")
	f.Add([]byte{}, "")
	f.Fuzz(func(t *testing.T, plain []byte, file string) {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		z.Write(plain)
		z.Close()
		if data, err := extract(&packed, file); err == nil && len(data) > len(plain) {
			t.Errorf("%d bytes out of %d", len(data), len(plain))
		}
		_, _ = extract(bytes.NewReader(plain), file)
	})
}
