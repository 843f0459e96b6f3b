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

	"github.com/troupe-run/troupe/runtime/wasm/instrument"
)

// entry is a module in the cache: its outline, and the machine code of its functions.
type entry struct {
	manifest
	prepared *prepared
	compiled []byte // what wazero wrote
}

// manifest is what a file says of itself, as JSON.
type manifest struct {
	Name                    string // that wazero gives to what it writes for the outline
	Outline, Data, Compiled int    // lengths, in bytes

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

// A file begins with entryMagic, the key, and the length of the manifest in four bytes. Then come the manifest, the
// outline, the data of all segments, and what wazero wrote for the module; and at last the sums of all that. The sums are there
// for damage, not for malice: who can write to the folder can write machine code. A cryptographic one would take as long
// as a quarter of all else.
var entryMagic = []byte("troupe wasm\n")

const (
	headSize = 12 + 32 + 4
	sumSize  = 8
	maxEntry = 1 << 30 // bounds what is read of a file
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sums returns two sums of b, which miss different damage.
func sums(b []byte) [sumSize]byte {
	var s [sumSize]byte
	binary.LittleEndian.PutUint32(s[:], crc32.Checksum(b, castagnoli))
	binary.LittleEndian.PutUint32(s[4:], crc32.ChecksumIEEE(b))
	return s
}

func encodeEntry(key [32]byte, name string, p *prepared, native []byte) ([]byte, error) {
	m := manifest{
		Name: name, Outline: len(p.outline), Compiled: len(native),
		Info: p.info, Imports: p.imports, Entries: p.entries, Inits: p.inits,
	}
	for _, s := range p.data {
		m.Segments = append(m.Segments, storedSegment{s.offset, len(s.bytes)})
		m.Data += len(s.bytes)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, headSize+len(text)+m.Outline+m.Data+m.Compiled+sumSize)
	b = append(b, entryMagic...)
	b = append(b, key[:]...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
	b = append(b, text...)
	b = append(b, p.outline...)
	for _, s := range p.data {
		b = append(b, s.bytes...)
	}
	b = append(b, native...)
	sum := sums(b)
	return append(b, sum[:]...), nil
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
	b := make([]byte, info.Size())
	if _, err := io.ReadFull(f, b); err != nil {
		return nil, err
	}
	return decodeEntry(b, key, d)
}

// decodeEntry returns what a file holds, without the hash of the module; what was compiled is a part of b.
// Nothing in b makes it panic, or return what a module of the dialect cannot be.
func decodeEntry(b []byte, key [32]byte, d *Dialect) (*entry, error) {
	if len(b) < headSize+sumSize || !bytes.HasPrefix(b, entryMagic) || !bytes.Equal(b[len(entryMagic):headSize-4], key[:]) {
		return nil, errDamaged
	}
	body := b[:len(b)-sumSize]
	if sum := sums(body); !bytes.Equal(sum[:], b[len(body):]) {
		return nil, errDamaged
	}
	rest := body[headSize:]
	size := binary.LittleEndian.Uint32(body[headSize-4:])
	if uint64(size) > uint64(len(rest)) {
		return nil, errDamaged
	}
	var e entry
	if err := json.Unmarshal(rest[:size], &e.manifest); err != nil {
		return nil, errDamaged
	}
	if rest = rest[size:]; !e.fits(len(rest), d) {
		return nil, errDamaged
	}
	// The outline and the data are kept for as long as the module, what was compiled is not.
	kept := bytes.Clone(rest[:e.Outline+e.Data])
	p := &prepared{
		dialect: d, code: kept[:e.Outline:e.Outline], info: e.Info, imports: e.Imports, entries: e.Entries, inits: e.Inits,
	}
	data := kept[e.Outline:]
	for _, s := range e.Segments {
		p.data = append(p.data, segment{s.Offset, data[:s.Length]})
		data = data[s.Length:]
	}
	e.prepared, e.compiled = p, rest[e.Outline+e.Data:]
	return &e, nil
}

// fits reports whether a manifest is one of a module of the dialect, with so many bytes behind it.
func (m *manifest) fits(size int, d *Dialect) bool {
	if min(m.Outline, m.Data, m.Compiled) < 0 || max(m.Outline, m.Data, m.Compiled) > size ||
		m.Outline+m.Data+m.Compiled != size {
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
