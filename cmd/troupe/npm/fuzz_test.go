package npm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"testing"
)

// holey is an archive with a file of 9,000 bytes of which it stores the last three.
func holey(tb testing.TB) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	// A Writer makes no holes: the records get their right name afterwards.
	records := map[string]string{"XNU.sparse.numblocks": "1", "XNU.sparse.map": "8997,3", "XNU.sparse.size": "9000"}
	if err := w.WriteHeader(&tar.Header{Name: "package/a", Typeflag: tar.TypeReg, Size: 3, PAXRecords: records}); err != nil {
		tb.Fatal(err)
	}
	io.WriteString(w, "end")
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return bytes.ReplaceAll(b.Bytes(), []byte("XNU.sparse"), []byte("GNU.sparse"))
}

// TestHoles: a file with holes is whole.
func TestHoles(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(holey(t))
	z.Close()
	data, err := extract(&packed, "a")
	if want := append(make([]byte, 8997), "end"...); err != nil || !bytes.Equal(data, want) {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

// FuzzExtract: whatever the archive, what comes out is a file of it, or an error. An archive does not store the holes of a
// file, which are read as zeros: all other bytes are from it, and a file is never larger than one may be.
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
	f.Add(holey(f), "a")
	f.Fuzz(func(t *testing.T, plain []byte, file string) {
		var packed bytes.Buffer
		z, err := gzip.NewWriterLevel(&packed, gzip.NoCompression)
		if err != nil {
			t.Fatal(err)
		}
		z.Write(plain)
		z.Close()
		data, err := extract(&packed, file)
		if stored := len(data) - bytes.Count(data, []byte{0}); err == nil && (stored > len(plain) || len(data) > maxFile) {
			t.Errorf("%d bytes, %d of them stored, out of %d", len(data), stored, len(plain))
		}
		_, _ = extract(bytes.NewReader(plain), file)
	})
}
