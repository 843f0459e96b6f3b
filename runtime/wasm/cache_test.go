package wasm

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	wasmbinary "github.com/troupe-run/troupe/runtime/wasm/binary"
)

// numbered is a module that returns a number, and no other module does.
func numbered(n int) []byte {
	return assemble([]part{{"size", "", "i32", "", fmt.Sprintf("i32.const %d end", n)}}, nil, nil).Encode()
}

// answer loads a module in an engine of its own on a folder and returns what it answers, and the counts of the engine.
func answer(t testing.TB, o Options, code []byte) (uint64, Stats) {
	t.Helper()
	e := engine(t, o)
	defer e.Close()
	m := loaded(t, e, code, testDialect())
	if m.Hash() != sha256.Sum256(code) {
		t.Errorf("the hash is %x", m.Hash())
	}
	var got uint64
	if err := m.Call(1e6, nil, func(c *Call) (err error) {
		got, err = c.Invoke(zooSize)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return got, e.Stats()
}

// cached returns the files of compiled modules in a folder.
func cached(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, cacheFormat, "*"+entrySuffix))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// onlyEntries checks that nothing but compiled modules is left in a folder.
func onlyEntries(t testing.TB, dir string) {
	t.Helper()
	found, err := os.ReadDir(filepath.Join(dir, cacheFormat))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if !strings.HasSuffix(f.Name(), entrySuffix) {
			t.Errorf("%s was left behind", f.Name())
		}
	}
}

func TestCacheColdAndWarm(t *testing.T) {
	dir := t.TempDir()
	for i, want := range []Stats{{CacheMisses: 1}, {CacheHits: 1}, {CacheHits: 1}} {
		got, s := answer(t, Options{CacheDir: dir}, numbered(7))
		if got != 7 || s.CacheHits != want.CacheHits || s.CacheMisses != want.CacheMisses || s.CacheDamaged != 0 {
			t.Errorf("engine %d answers %d with %+v", i, got, s)
		}
		if n := len(cached(t, dir)); n != 1 {
			t.Errorf("%d files in the cache", n)
		}
		onlyEntries(t, dir)
	}
}

// TestCacheDamage spoils the file of a module in every way, and loads it again: it must work, and the file must be right
// again afterwards.
func TestCacheDamage(t *testing.T) {
	dir := t.TempDir()
	answer(t, Options{CacheDir: dir}, numbered(7))
	path := cached(t, dir)[0]
	right, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	second := t.TempDir()
	answer(t, Options{CacheDir: second}, numbered(8))
	other, err := os.ReadFile(cached(t, second)[0])
	if err != nil {
		t.Fatal(err)
	}
	code, want := numbered(7), uint64(7)
	if _, s := answer(t, Options{CacheDir: dir}, code); s.CacheHits != 1 {
		t.Fatal("the file is not that of the module")
	}
	if name, _, _ := strings.Cut(filepath.Base(path), "."); !bytes.Contains(right, mustHex(t, name)) {
		t.Fatal("the file does not carry its key")
	}
	if !bytes.HasPrefix(right, []byte("WAZEVO")) {
		t.Fatal("what wazero wrote is not in the file")
	}
	native := nativeLength(right)
	spoilt := map[string][]byte{"empty": {}, "of another module": other, "twice": append(slices.Clone(right), right...),
		"with a byte more": append(slices.Clone(right), 0)}
	for _, n := range []int{1, 6, native, native + 1, len(right) / 2, len(right) - footSize - 1, len(right) - footSize, len(right) - sumSize - 1, len(right) - sumSize, len(right) - 1} {
		spoilt[fmt.Sprintf("cut at %d", n)] = right[:n]
	}
	for _, n := range []int{0, 7, 20, native - 1, native, len(right) / 2, len(right) - footSize, len(right) - footSize + len(entryMagic), len(right) - sumSize - 5, len(right) - sumSize - 1, len(right) - 1} {
		b := slices.Clone(right)
		b[n] ^= 4
		spoilt[fmt.Sprintf("wrong at %d", n)] = b
	}
	for what, change := range map[string][2]string{
		"with a path for a name":    {`{"Name":"`, `{"Name":"../`},
		"with a length that is not": {`"Outline":`, `"Outline":1`},
		"with a negative length":    {`"Outline":`, `"Outline":-`},
		"with another entry":        {`"bump"`, `"pump"`},
		"with an import":            {`"Imports":null`, `"Imports":[7]`},
		"with more memory":          {`"MaxPages":0`, `"MaxPages":9999`},
	} {
		spoilt[what] = edited(t, right, change[0], change[1])
	}
	for what, b := range spoilt {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		got, s := answer(t, Options{CacheDir: dir}, code)
		if got != want || s.CacheDamaged != 1 || s.CacheHits != 0 {
			t.Errorf("with a file %s the answer is %d, and %+v", what, got, s)
		}
		if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, right) {
			t.Errorf("with a file %s, it was not replaced: %v", what, err)
		}
	}
	// What is sound for us and not for wazero is compiled again as well.
	foreign := slices.Clone(right[:len(right)-sumSize])
	copy(foreign, "NOTWAZ")
	if err := os.WriteFile(path, resummed(foreign), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, s := answer(t, Options{CacheDir: dir}, code); got != want || s.CacheDamaged != 1 {
		t.Errorf("with a file that wazero does not like the answer is %d, and %+v", got, s)
	}
	if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, right) {
		t.Errorf("a file that wazero does not like was not replaced: %v", err)
	}
	// Things that are no files.
	os.Remove(path)
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if got, _ := answer(t, Options{CacheDir: dir}, code); got != want {
		t.Errorf("with a folder in the place of the file the answer is %d", got)
	}
	os.Remove(path)
	if err := os.Symlink(filepath.Join(dir, "nowhere"), path); err != nil {
		t.Fatal(err)
	}
	if got, _ := answer(t, Options{CacheDir: dir}, code); got != want {
		t.Errorf("with a link to nowhere in the place of the file the answer is %d", got)
	}
	onlyEntries(t, dir)
}

// TestCacheWitness has files that are sound, for us and for wazero, but not of the module: in each case its functions
// would trap, or be others.
func TestCacheWitness(t *testing.T) {
	dir := t.TempDir()
	code, d := numbered(7), testDialect()
	answer(t, Options{CacheDir: dir}, code)
	path := cached(t, dir)[0]
	right, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	key := [32]byte(right[len(right)-footSize+len(entryMagic):])
	own, err := decodeEntry(bytes.NewReader(right), int64(len(right)), key, d)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string, compiled []byte) []byte {
		p := *own.prepared
		p.outline = p.code
		b, err := encodeEntry(key, name, &p, compiled)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	compiled := right[:nativeLength(right)]
	if !bytes.Equal(file(own.Name, compiled), right) {
		t.Fatal("the file is not what it is made of")
	}
	for what, b := range map[string][]byte{
		"of another processor": file(strings.Repeat("0a", 32), compiled),
		"of the outline":       file(own.Name, machineCode(t, own.prepared.code)),
		"of another module":    file(own.Name, machineCode(t, mustPrepare(t, numbered(8), d).code)),
	} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		got, s := answer(t, Options{CacheDir: dir}, code)
		if got != 7 || s.CacheHits != 0 || s.CacheMisses != 1 {
			t.Errorf("with machine code %s the answer is %d, and %+v", what, got, s)
		}
		if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, right) {
			t.Errorf("machine code %s was not replaced: %v", what, err)
		}
	}
	// wazero deletes a file that it takes for an older version's, and compiles what it is given: the outline.
	stale := bytes.Clone(compiled)
	stale[len("WAZEVO")+1]++
	if err := os.WriteFile(path, file(own.Name, stale), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, s := answer(t, Options{CacheDir: dir}, code); got != 7 || s.CacheHits != 0 {
		t.Errorf("with machine code of another version the answer is %d, and %+v", got, s)
	}
	onlyEntries(t, dir)
}

// TestRenamed checks the names of files. That they are wazero's, the other tests check: nothing would be found.
func TestRenamed(t *testing.T) {
	if _, err := renamed(strings.Repeat("0a", 32), []byte("a"), []byte("b")); err == nil {
		t.Error("a name that is not the module's is taken for it")
	}
	if name, err := renamed(fileName(wazeroID([]byte("a")), 6), []byte("a"), []byte("b")); err != nil || name != fileName(wazeroID([]byte("b")), 6) {
		t.Errorf("%s, %v", name, err)
	}
}

func mustPrepare(t *testing.T, code []byte, d *Dialect) *prepared {
	t.Helper()
	p, err := prepare(code, sha256.Sum256(code), d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// machineCode returns what wazero writes for a module.
func machineCode(t *testing.T, code []byte) []byte {
	t.Helper()
	c, err := openCache(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	s, cache, err := c.newStage()
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := engine(t, Options{}).compile(t.Context(), &prepared{code: code, dialect: testDialect()}, cache)
	if err != nil {
		t.Fatal(err)
	}
	defer compiled.close()
	found, err := os.ReadDir(s.dir)
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	b, err := os.ReadFile(filepath.Join(s.dir, found[0].Name()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// resummed returns the body of a file with sums that fit it.
func resummed(body []byte) []byte {
	sum, _ := sums(bytes.NewReader(body))
	return append(bytes.Clone(body), sum[:]...)
}

// nativeLength returns how much of a file wazero wrote.
func nativeLength(file []byte) int {
	return int(binary.LittleEndian.Uint32(file[len(file)-sumSize-4:]))
}

// edited returns a file with another manifest, whose length and sums fit.
func edited(t testing.TB, file []byte, old, new string) []byte {
	t.Helper()
	body := file[:len(file)-sumSize]
	changed := bytes.Replace(body, []byte(old), []byte(new), 1)
	if bytes.Equal(changed, body) {
		t.Fatalf("%s is not in the file", old)
	}
	length := changed[len(changed)-8:]
	binary.LittleEndian.PutUint32(length, binary.LittleEndian.Uint32(length)+uint32(len(changed)-len(body)))
	return resummed(changed)
}

func mustHex(t *testing.T, s string) []byte {
	var b []byte
	if _, err := fmt.Sscanf(s, "%x", &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestCacheIsBounded loads more modules than there is room for: those that were used last stay.
func TestCacheIsBounded(t *testing.T) {
	dir := t.TempDir()
	answer(t, Options{CacheDir: dir}, numbered(0))
	info, err := os.Stat(cached(t, dir)[0])
	if err != nil {
		t.Fatal(err)
	}
	o := Options{CacheDir: dir, CacheBytes: 3*info.Size() + 100}
	age := func() { // what happened so far was an hour ago
		for _, f := range cached(t, dir) {
			info, err := os.Stat(f)
			if err != nil {
				t.Fatal(err)
			}
			then := info.ModTime().Add(-time.Hour)
			os.Chtimes(f, then, then)
		}
	}
	for _, n := range []int{0, 1, 2, 0, 3, 4} {
		age()
		if got, _ := answer(t, o, numbered(n)); got != uint64(n) {
			t.Errorf("module %d answers %d", n, got)
		}
		if n := len(cached(t, dir)); n > 3 {
			t.Errorf("%d files, there is room for 3", n)
		}
	}
	for n, want := range []bool{true, false, false, true, true} {
		e := engine(t, o)
		m := loaded(t, e, numbered(n), testDialect())
		_, err := os.Stat(e.cache.path(e.cache.key(m.key)))
		if (err == nil) != want && want {
			t.Errorf("module %d is not in the cache", n)
		}
		if want != (e.Stats().CacheHits == 1) {
			t.Errorf("module %d was in the cache: %v", n, !want)
		}
		if !want {
			break // it has displaced another
		}
	}
	// A module that is larger than the whole cache is loaded, and not kept.
	small := t.TempDir()
	if got, _ := answer(t, Options{CacheDir: small, CacheBytes: 10}, numbered(3)); got != 3 || len(cached(t, small)) != 0 {
		t.Errorf("in a cache of 10 bytes: %d, and %d files", got, len(cached(t, small)))
	}
}

// TestCacheTidiesUp has a folder with what processes left that are no more.
func TestCacheTidiesUp(t *testing.T) {
	dir := t.TempDir()
	answer(t, Options{CacheDir: dir}, numbered(7))
	old := time.Now().Add(-2 * abandonedAfter)
	for _, name := range []string{stagePrefix + "old/wazero", stagePrefix + "young/wazero"} {
		os.MkdirAll(filepath.Join(dir, cacheFormat, name), 0o700)
	}
	for _, name := range []string{tempPrefix + "old", tempPrefix + "young", "foreign-old"} {
		os.WriteFile(filepath.Join(dir, cacheFormat, name), []byte("half"), 0o600)
	}
	for _, name := range []string{stagePrefix + "old", tempPrefix + "old", "foreign-old"} {
		if err := os.Chtimes(filepath.Join(dir, cacheFormat, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	answer(t, Options{CacheDir: dir}, numbered(8))
	found, _ := os.ReadDir(filepath.Join(dir, cacheFormat))
	var left []string
	for _, f := range found {
		if !strings.HasSuffix(f.Name(), entrySuffix) {
			left = append(left, f.Name())
		}
	}
	if want := []string{"foreign-old", tempPrefix + "young", stagePrefix + "young"}; !slices.Equal(left, want) {
		t.Errorf("%q are left, want %q", left, want)
	}
}

// TestCacheFolderIsLost has the folder vanish, and become a file, under an engine.
func TestCacheFolderIsLost(t *testing.T) {
	dir := t.TempDir()
	e := engine(t, Options{CacheDir: dir})
	loaded(t, e, numbered(1), testDialect())
	if err := os.RemoveAll(filepath.Join(dir, cacheFormat)); err != nil {
		t.Fatal(err)
	}
	loaded(t, e, numbered(2), testDialect())
	if err := os.WriteFile(filepath.Join(dir, cacheFormat), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	loaded(t, e, numbered(3), testDialect())
	if _, err := NewEngine(Options{CacheDir: dir}); err == nil {
		t.Error("a file is accepted as the folder")
	}
}

// TestCacheKey changes what decides over the code that is run: it must be compiled again.
func TestCacheKey(t *testing.T) {
	dir, code := t.TempDir(), numbered(5)
	changes := map[string]func(d *Dialect){
		"nothing":  func(*Dialect) {},
		"name":     func(d *Dialect) { d.Name = "other" },
		"version":  func(d *Dialect) { d.Version++ },
		"gas":      func(d *Dialect) { d.Gas.Cost[wasmbinary.OpI32Const]++ },
		"scheme":   func(d *Dialect) { d.Gas.Exact = true },
		"depth":    func(d *Dialect) { d.Depth++ },
		"pages":    func(d *Dialect) { d.MaxPages++ },
		"rules":    func(d *Dialect) { d.Rules.Floats = false },
		"entries":  func(d *Dialect) { d.Entry = d.Entry[1:] },
		"host":     func(d *Dialect) { d.Host = nil },
		"misc gas": func(d *Dialect) { d.Gas.Misc[8]++ },
	}
	for name, change := range changes {
		e := engine(t, Options{CacheDir: dir})
		d := testDialect()
		change(d)
		loaded(t, e, code, d)
		if s := e.Stats(); s.CacheMisses != 1 {
			t.Errorf("with another %s the module was in the cache", name)
		}
	}
	if n := len(cached(t, dir)); n != len(changes) {
		t.Errorf("%d files for %d variants", n, len(changes))
	}
}

func FuzzCacheEntry(f *testing.F) {
	d := testDialect()
	key, name := sha256.Sum256([]byte("key")), strings.Repeat("0a", 32)
	p, err := prepare(zoo().Encode(), key, d)
	if err != nil {
		f.Fatal(err)
	}
	right, err := encodeEntry(key, name, p, []byte("native"))
	if err != nil {
		f.Fatal(err)
	}
	decode := func(b []byte) (*entry, error) { return decodeEntry(bytes.NewReader(b), int64(len(b)), key, d) }
	if e, err := decode(right); err != nil || !bytes.Equal(e.prepared.code, p.outline) {
		f.Fatal("what was encoded is not decoded")
	}
	small, err := encodeEntry(key, name, &prepared{entries: p.entries}, nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, b := range [][]byte{right, small, right[:len(right)-1], {}} {
		f.Add(b)
		if len(b) > footSize {
			f.Add(slices.Concat(b[:len(b)-footSize], b[len(b)-sumSize-8:len(b)-sumSize]))
		}
	}
	for _, change := range [][2]string{
		{`"Offset":0`, `"Offset":262128`}, {`"Offset":0`, `"Offset":4294967295`}, {`"Length":17`, `"Length":16`},
		{`"Length":17`, `"Length":-1`}, {`"Length":17`, `"Length":99999`}, {`"Imports":[0]`, `"Imports":[1]`},
		{`"Imports":[0]`, `"Imports":[-1]`}, {`"Params":1`, `"Params":-1`}, {`"Params":1`, `"Params":99999999`},
		{`"Results":1`, `"Results":2`}, {`"Pages":4`, `"Pages":400`},
	} {
		b := edited(f, right, change[0], change[1])
		f.Add(b)
		if _, err := decode(b); err == nil {
			f.Errorf("a file with %s is accepted", change[1])
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		// Twice: as it is, and with a key and sums that fit, because nobody finds those by chance.
		lengths := max(0, len(b)-8)
		for _, b := range [][]byte{b, resummed(slices.Concat(b[:lengths], entryMagic, key[:], b[lengths:]))} {
			e, err := decode(b)
			if err != nil {
				continue
			}
			for _, s := range e.prepared.data {
				if uint64(s.offset)+uint64(len(s.bytes)) > uint64(e.prepared.info.MaxPages)<<16 {
					t.Errorf("%d bytes of data at %d", len(s.bytes), s.offset)
				}
			}
			for _, n := range e.prepared.imports {
				_ = d.Host[n]
			}
			if len(e.prepared.code) > len(b) || !validName(e.Name) {
				t.Errorf("%+v", e.manifest)
			}
		}
	})
}

// TestGive checks that a file is given to a stage on another file system too, and not changed when it is replaced.
func TestGive(t *testing.T) {
	other, err := os.MkdirTemp("/dev/shm", "troupe-test-")
	if err != nil {
		t.Skip("there is no other file system:", err)
	}
	defer os.RemoveAll(other)
	for _, from := range []string{filepath.Join(t.TempDir(), "from"), filepath.Join(other, "from")} {
		to := filepath.Join(t.TempDir(), "to")
		if err := give(from, to); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a file that is not there: %v", err)
		}
		for i, text := range []string{"first", "second, and longer"} {
			os.WriteFile(from+"-new", []byte(text), 0o600)
			if err := os.Rename(from+"-new", from); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				if err := give(from, to); err != nil {
					t.Fatal(err)
				}
			}
			if b, err := os.ReadFile(to); err != nil || string(b) != "first" {
				t.Errorf("%q, %v", b, err)
			}
		}
	}
}

// TestCacheFilesAreWhole checks that a name that was there before is no file that is being written.
func TestCacheFilesAreWhole(t *testing.T) {
	dir := t.TempDir()
	c, err := openCache(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	key := [32]byte{1}
	if err := c.write(key, []byte("first")); err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(c.path(key))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := c.write(key, []byte("second, and longer")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	if n, _ := reader.Read(b); string(b[:n]) != "first" {
		t.Errorf("a file that is open was changed to %q", b[:n])
	}
	if info, err := os.Stat(c.path(key)); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the file can be read by others: %v, %v", info.Mode(), err)
	}
	if _, err := fs.Stat(os.DirFS(dir), cacheFormat); err != nil {
		t.Error(err)
	}
}
