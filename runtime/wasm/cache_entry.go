package wasm

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"slices"

	"github.com/troupe-run/troupe/runtime/wasm/instrument"
)

// entry is a module in the cache: its outline, and the machine code of its functions.
type entry struct {
	manifest
	prepared *prepared
}

// manifest is what a file says of itself, as JSON.
type manifest struct {
	Name          string // that wazero gives to what it writes for the outline
	Outline, Data int    // lengths, in bytes

	Segments []storedSegment
	Info     instrument.Info
	Imports  []int
	Entries  []entryType
	Inits    []entryType
}

type storedSegment struct {
	Offset uint32
	Length int
}

// A file begins with what wazero wrote for the module: so it can be given to wazero as it is, which does not look at what
// follows. That is the manifest, the outline, the data of all segments, entryMagic, the key, the lengths of the manifest and
// of what wazero wrote in four bytes each, and at last the sums of all that. The sums are there for damage, not for malice:
// who can write to the folder can write machine code. A cryptographic one would take as long as a quarter of all else.
var entryMagic = []byte("troupe wasm\n")

const (
	footSize = 12 + 32 + 4 + 4 + sumSize
	sumSize  = 8
	maxEntry = 1 << 30 // bounds what is read of a file
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sums returns two sums of what r has, which miss different damage.
func sums(r io.Reader) (s [sumSize]byte, err error) {
	a, b := crc32.New(castagnoli), crc32.NewIEEE()
	_, err = io.Copy(io.MultiWriter(a, b), r)
	binary.LittleEndian.PutUint32(s[:], a.Sum32())
	binary.LittleEndian.PutUint32(s[4:], b.Sum32())
	return s, err
}

func encodeEntry(key [32]byte, name string, p *prepared, native []byte) ([]byte, error) {
	m := manifest{Name: name, Outline: len(p.outline), Info: p.info, Imports: p.imports, Entries: p.entries, Inits: p.inits}
	for _, s := range p.data {
		m.Segments = append(m.Segments, storedSegment{s.offset, len(s.bytes)})
		m.Data += len(s.bytes)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, len(native)+len(text)+m.Outline+m.Data+footSize)
	b = append(b, native...)
	b = append(b, text...)
	b = append(b, p.outline...)
	for _, s := range p.data {
		b = append(b, s.bytes...)
	}
	b = append(b, entryMagic...)
	b = append(b, key[:]...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(native)))
	sum, err := sums(bytes.NewReader(b))
	return append(b, sum[:]...), err
}

var errDamaged = errors.New("wasm: a file of the cache is damaged")

// readEntry reads a file. It returns an error if the file is not what encodeEntry makes for the key.
func readEntry(path string, key [32]byte, d *Dialect) (*entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxEntry {
		return nil, errDamaged
	}
	return decodeEntry(f, info.Size(), key, d)
}

// decodeEntry returns what a file of that size holds, without the hash of the module. Nothing in it makes decodeEntry panic,
// or return what a module of the dialect cannot be.
func decodeEntry(r io.ReaderAt, size int64, key [32]byte, d *Dialect) (*entry, error) {
	var foot [footSize]byte
	if size < footSize {
		return nil, errDamaged
	}
	if _, err := r.ReadAt(foot[:], size-footSize); err != nil {
		return nil, err
	}
	rest, ok := bytes.CutPrefix(foot[:], slices.Concat(entryMagic, key[:]))
	if !ok {
		return nil, errDamaged
	}
	if sum, err := sums(io.NewSectionReader(r, 0, size-sumSize)); err != nil || !bytes.Equal(sum[:], rest[8:]) {
		return nil, errDamaged
	}
	text, native := int64(binary.LittleEndian.Uint32(rest)), int64(binary.LittleEndian.Uint32(rest[4:]))
	if text+native > size-footSize {
		return nil, errDamaged
	}
	b := make([]byte, size-footSize-native)
	if _, err := r.ReadAt(b, native); err != nil {
		return nil, err
	}
	var e entry
	if err := json.Unmarshal(b[:text], &e.manifest); err != nil {
		return nil, errDamaged
	}
	if b = b[text:]; !e.fits(len(b), d) {
		return nil, errDamaged
	}
	e.prepared = &prepared{
		dialect: d, code: b[:e.Outline:e.Outline], info: e.Info, imports: e.Imports, entries: e.Entries, inits: e.Inits,
	}
	data := b[e.Outline:]
	for _, s := range e.Segments {
		e.prepared.data = append(e.prepared.data, segment{s.Offset, data[:s.Length]})
		data = data[s.Length:]
	}
	return &e, nil
}

// fits reports whether a manifest is one of a module of the dialect, with so many bytes behind it.
func (m *manifest) fits(size int, d *Dialect) bool {
	if min(m.Outline, m.Data) < 0 || max(m.Outline, m.Data) > size || m.Outline+m.Data != size {
		return false
	}
	if !validName(m.Name) || len(m.Entries) != len(d.Entry) || m.Info.MaxPages > d.MaxPages || m.Info.Pages > m.Info.MaxPages {
		return false
	}
	data := m.Data
	for _, s := range m.Segments {
		if s.Length < 0 || s.Length > data || uint64(s.Offset)+uint64(s.Length) > uint64(m.Info.Pages)<<16 {
			return false
		}
		data -= s.Length
	}
	if data != 0 {
		return false
	}
	for _, n := range m.Imports {
		if n < 0 || n >= len(d.Host) {
			return false
		}
	}
	for i, e := range m.Entries {
		if e.Name != d.Entry[i] || e.Params < 0 || e.Params > maxParams || e.Results < 0 || e.Results > 1 {
			return false
		}
	}
	for _, e := range m.Inits {
		if e.Params != 0 || e.Results < 0 || e.Results > maxParams {
			return false
		}
	}
	return true
}

// maxParams is more than the parameters and results of any function that is accepted.
const maxParams = 1000

// validName accepts the names that wazero gives: a hash in hexadecimal digits.
func validName(name string) bool {
	b, err := hex.DecodeString(name)
	return err == nil && len(b) == 32
}
