package claims

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
)

// MaxArchive is the greatest number of bytes that an archive may unpack to.
const MaxArchive = 1 << 30

// An Archive is a provider's archive: its token and the programs that the token names.
type Archive struct {
	Provider Provider
	Token    string
	Programs []Program // as they stand in the archive, at least one
}

// A Program is a file of an archive, for one target. Its hash is the one that the token names.
type Program struct {
	Target string // "<architecture>-<system>"
	Size   int64  // in bytes
}

// archiveToken is the name of the file that holds the token of an archive, archiveProgram ends that of each other.
const (
	archiveToken   = "claims.jwt"
	archiveProgram = ".bin"
)

// OpenArchive reads a provider's archive to its end: a tar file, packed by gzip or not, of a token and programs. All of it must
// be what the issuer of the token has signed: there is one token, each file is a program that it names, with the hash that it
// names. Else the error is a *Refusal, or what the reader returns. Programs are hashed and not kept. Whether it is the time of
// the token is asked with Provider.Check.
func OpenArchive(r io.Reader) (Archive, error) {
	source := &sourceReader{r: r}
	in := bufio.NewReader(source)
	var plain io.Reader = in
	if head, _ := in.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return Archive{}, source.failed("it is not packed by gzip")
		}
		plain = unpacked
	}
	return source.open(&boundedReader{plain, MaxArchive})
}

// sourceReader keeps the error of its reader, which is the caller's: all other errors are the archive's fault.
type sourceReader struct {
	r   io.Reader
	err error
}

func (s *sourceReader) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// failed returns why an archive cannot be read.
func (s *sourceReader) failed(why string) error {
	if s.err != nil {
		return s.err
	}
	return refuse(Malformed, "this is not the archive of a provider, or a part of one: %s", why)
}

var errTooLarge = errors.New("too large")

// boundedReader fails once it has read more than left bytes.
type boundedReader struct {
	r    io.Reader
	left int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

func (s *sourceReader) open(plain io.Reader) (Archive, error) {
	var a Archive
	files := tar.NewReader(plain)
	hashes := map[string]string{}
	left := int64(MaxArchive) // a file with holes has more bytes than the archive has of it
	for {
		h, err := files.Next()
		last := err == io.EOF
		switch {
		case last:
			err = readPadding(plain)
		case err == nil && h.Size > left:
			err = errTooLarge
		case err == nil:
			left -= h.Size
			err = a.add(h, files, hashes)
		}
		var refusal *Refusal
		switch {
		case errors.As(err, &refusal):
			return Archive{}, err
		case errors.Is(err, errTooLarge):
			return Archive{}, refuse(TooLarge, "the archive unpacks to more than %d bytes", int64(MaxArchive))
		case err != nil:
			return Archive{}, s.failed("it cannot be unpacked")
		case last:
			return a.checked(hashes)
		}
	}
}

// readPadding reads what stands behind the last file, to the end, where the checksum of gzip is. Archives are filled up with
// zeros; other bytes would be signed by nobody.
func readPadding(plain io.Reader) error {
	var b [4096]byte
	for {
		n, err := plain.Read(b[:])
		if len(bytes.Trim(b[:n], "\x00")) > 0 {
			return refuse(Malformed, "behind the end of the archive stands something: the token does not cover it")
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// add takes one file.
func (a *Archive) add(h *tar.Header, content io.Reader, hashes map[string]string) error {
	name := strings.TrimPrefix(h.Name, "./")
	if h.Typeflag != tar.TypeReg {
		return refuse(Malformed, "in the archive, %.60q is not a file", name)
	}
	if name == archiveToken {
		token, err := io.ReadAll(io.LimitReader(content, MaxClaims+1))
		switch {
		case a.Token != "":
			return refuse(Ambiguous, "the archive has two tokens")
		case err == nil && len(token) == 0:
			return refuse(Unsigned, "the token of the archive is empty: pack it again, with an account's key")
		}
		a.Token = string(token)
		return err
	}
	target, ok := strings.CutSuffix(name, archiveProgram)
	if !ok || target == "" || strings.Contains(target, "/") {
		return refuse(Malformed, "in the archive, %.60q is neither a token nor a program: the token does not cover it", name)
	}
	if _, ok := hashes[target]; ok {
		return refuse(Ambiguous, "the archive has two programs for %.60q", target)
	}
	if len(a.Programs) == maxEntries {
		return refuse(TooLarge, "the archive has more than %d programs", maxEntries)
	}
	hash := sha256.New()
	size, err := io.Copy(hash, content)
	hashes[target] = hexHash(hash.Sum(nil))
	a.Programs = append(a.Programs, Program{target, size})
	return err
}

// checked returns the archive if its token covers what it holds.
func (a *Archive) checked(hashes map[string]string) (Archive, error) {
	if a.Token == "" {
		return Archive{}, refuse(Unsigned, "the archive has no token: pack it again, with an account's key")
	}
	p, refusal := readProviderToken(a.Token)
	if refusal != nil {
		return Archive{}, refusal
	}
	if len(a.Programs) == 0 {
		return Archive{}, refuse(Malformed, "the archive of %s has no program", Short(p.Subject))
	}
	for _, program := range a.Programs {
		switch want, ok := p.Targets[program.Target]; {
		case !ok:
			return Archive{}, refuse(BadHash, "in the archive of %s, the token does not name the program for %.60q", Short(p.Subject), program.Target)
		case want != hashes[program.Target]:
			return Archive{}, refuse(BadHash, "in the archive of %s, the program for %.60q is not the one that was signed", Short(p.Subject), program.Target)
		}
	}
	a.Provider = p
	return *a, nil
}
