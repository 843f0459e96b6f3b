package npm

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds of what is read, in bytes: a package as it is fetched and as it is unpacked, and a file of it.
const (
	maxPacked   = 64 << 20
	maxUnpacked = 512 << 20
	maxFile     = 64 << 20
)

// errTooLarge says which bound is passed.
var errTooLarge = errors.New("it is too large")

// bounded reads at most left bytes; one more is an error.
type bounded struct {
	from io.Reader
	left int64
	what string
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.from.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("%w: %s", errTooLarge, b.what)
	}
	return n, err
}

// extract returns a file of an archive. The first part of all names in it counts for nothing, as for npm: it is usually
// "package".
func extract(archive io.Reader, file string) ([]byte, error) {
	z, err := gzip.NewReader(archive)
	if err != nil {
		return nil, fmt.Errorf("it is no archive of a package: %w", err)
	}
	defer z.Close()
	r := tar.NewReader(&bounded{z, maxUnpacked, fmt.Sprintf("unpacked, it has more than %d bytes", maxUnpacked)})
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("it has no file %s", file)
		}
		if err != nil {
			return nil, fmt.Errorf("its archive is damaged: %w", err)
		}
		if _, name, _ := strings.Cut(h.Name, "/"); name != file || h.Typeflag != tar.TypeReg {
			continue
		}
		if h.Size > maxFile {
			return nil, fmt.Errorf("%w: %s has %d bytes, and a file may have %d", errTooLarge, file, h.Size, maxFile)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("its archive is damaged: %s: %w", file, err)
		}
		return data, nil
	}
}
