package binary

import (
	"bytes"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func module(sections ...[]byte) []byte {
	return slices.Concat([]byte(header), slices.Concat(sections...))
}

// section1 returns a section with its size.
func section1(id byte, parts ...[]byte) []byte {
	content := slices.Concat(parts...)
	return append(AppendU32([]byte{id}, uint32(len(content))), content...)
}

// sized returns a section of the given bytes.
func sized(id byte, content ...byte) []byte { return section1(id, content) }

func TestParseRefuses(t *testing.T) {
	types := sized(sectionType, 1, 0x60, 0, 0)
	functions := sized(sectionFunction, 1, 0)
	code := sized(sectionCode, 1, 2, 0, 0x0b)
	tests := []struct {
		name   string
		code   []byte
		where  string // section
		offset int    // -2 if it does not matter
		want   string
	}{
		{"empty", nil, "header", 0, "no WebAssembly module"},
		{"text", []byte("(module)"), "header", 0, "no WebAssembly module"},
		{"short", []byte("\x00asm\x01\x00\x00"), "header", 0, "no WebAssembly module"},
		{"version", []byte("\x00asm\x02\x00\x00\x00"), "header", 0, "the version is not 1"},
		{"component", []byte("\x00asm\x0d\x00\x01\x00"), "header", 0, "component"},
		{"unknown section", module(sized(14)), "section", 8, "unknown section"},
		{"tag section", module(sized(13, 0)), "section", 8, "exception handling"},
		{"no size", module([]byte{1}), "type", 9, "ends within a number"},
		{"size too long", module([]byte{1, 0xff, 0xff, 0xff, 0xff, 0x1f}), "type", 9, "longer than its type"},
		{"size of six bytes", module([]byte{1, 0x81, 0x80, 0x80, 0x80, 0x80, 0}), "type", 9, "longer than its type"},
		{"size beyond the end", module([]byte{1, 5, 0}), "type", 9, "the length is 5, which the 1 bytes"},
		{"twice", module(types, types), "type", 14, "twice there"},
		{"order", module(functions, types), "type", 12, "behind one that it belongs before"},
		{"data count behind code", module(types, functions, code, sized(sectionDataCount, 0)), "data count", -2, "behind one"},
		{"bytes left", module(sized(sectionType, 0, 0)), "type", 11, "1 bytes follow its entries"},
		{"custom without a name", module(sized(0)), "custom", 10, "ends within a number"},
		{"custom name", module(sized(0, 1, 0xff)), "custom", 10, "not UTF-8"},
		{"custom name beyond the section", module(sized(0, 2, 'a'), sized(0, 1, 'b')), "custom", 10, "the length is 2"},

		{"types that are not there", module(sized(sectionType, 0xff, 0xff, 0xff, 0xff, 0x0f)), "type", 10, "4294967295 are more than"},
		{"too many types", module(sized(sectionType, 0x81, 0x80, 0x10)), "type", 10, "262145 are more than the 262144"},
		{"form", module(sized(sectionType, 1, 0x61, 0, 0)), "type", 11, "0x61 is not 0x60"},
		{"recursive type", module(sized(sectionType, 1, 0x4e, 0, 0)), "type", 11, "garbage collection"},
		{"parameters that are not there", module(sized(sectionType, 1, 0x60, 9, 0)), "type", 12, "the length is 9"},
		{"vector", module(sized(sectionType, 1, 0x60, 1, 0x7b, 0)), "type", 13, `"SIMD"`},
		{"exception", module(sized(sectionType, 1, 0x60, 0, 1, 0x69)), "type", 14, `"exception handling"`},
		{"typed reference", module(sized(sectionType, 1, 0x60, 1, 0x64, 0)), "type", 13, `"typed function references"`},
		{"any", module(sized(sectionType, 1, 0x60, 1, 0x6e, 0)), "type", 13, `"garbage collection"`},
		{"continuation", module(sized(sectionType, 1, 0x60, 1, 0x68, 0)), "type", 13, `"stack switching"`},
		{"no type", module(sized(sectionType, 1, 0x60, 1, 0x40, 0)), "type", 13, "0x40, which is no value type"},

		{"import module", module(sized(sectionImport, 1, 1, 0xc0, 0, 0, 0)), "import", 11, "a module name is not UTF-8"},
		{"import name", module(sized(sectionImport, 1, 1, 'a', 1, 0xed, 0, 0)), "import", 13, "a name is not UTF-8"},
		{"import of a tag", module(sized(sectionImport, 1, 1, 'a', 1, 'b', 4, 0, 0)), "import", 15, "import a.b: a tag: exception handling"},
		{"import kind", module(sized(sectionImport, 1, 0, 0, 5, 0)), "import", 13, "kind 5 is unknown"},
		{"import of a shared memory", module(sized(sectionImport, 1, 0, 0, 2, 3, 1, 1)), "import", 14, "threads"},
		{"import mutability", module(sized(sectionImport, 1, 0, 0, 3, 0x7f, 2)), "import", 15, "not 0 or 1"},
		{"two memories imported", module(sized(sectionImport, 2, 0, 0, 2, 0, 1, 0, 0, 2, 0, 1)), "import", -2, "multi-memory"},
		{"two memories", module(sized(sectionMemory, 2, 0, 1, 0, 1)), "memory", -2, "multi-memory"},
		{"a memory imported and one of its own", module(sized(sectionImport, 1, 0, 0, 2, 0, 1), sized(sectionMemory, 1, 0, 1)), "memory", -2, "multi-memory"},
		{"memory of 64 bits", module(sized(sectionMemory, 1, 4, 1)), "memory", 11, "memory64"},
		{"page size", module(sized(sectionMemory, 1, 8, 1, 0)), "memory", 11, "custom-page-sizes"},
		{"limits", module(sized(sectionMemory, 1, 0x10, 1)), "memory", 11, "0x10, which is unknown"},
		{"pages", module(sized(sectionMemory, 1, 0, 0x81, 0x80, 4)), "memory", 11, "more than 65536 pages"},
		{"maximum pages", module(sized(sectionMemory, 1, 1, 0, 0x81, 0x80, 4)), "memory", 11, "more than 65536 pages"},
		{"maximum below minimum", module(sized(sectionMemory, 1, 1, 3, 2)), "memory", 11, "the maximum 2 is below the minimum 3"},

		{"table of numbers", module(sized(sectionTable, 1, 0x7f, 0, 1)), "table", 11, "i32, which is no reference type"},
		{"table with a value", module(sized(sectionTable, 1, 0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b)), "table", 11, "typed function references"},
		{"global without end", module(sized(sectionGlobal, 1, 0x7f, 0, 0x41, 0)), "global", -2, "the body ends before"},
		{"global of nothing", module(sized(sectionGlobal, 1, 0x7f, 0, 0x0b, 0)), "global", 13, "end in a constant expression"},
		{"global of a call", module(sized(sectionGlobal, 1, 0x7f, 0, 0x10, 0, 0x0b)), "global", 13, "call in a constant expression"},
		{"global of a sum", module(sized(sectionGlobal, 1, 0x7f, 0, 0x41, 1, 0x41, 1, 0x6a, 0x0b)), "global", 15, "extended-const"},
		{"global of a vector", module(sized(sectionGlobal, 1, 0x7f, 0, 0xfd, 12, 0x0b)), "global", 13, `"SIMD"`},
		{"constant too long", module(sized(sectionGlobal, 1, 0x7f, 0, 0x41, 0xff, 0xff, 0xff, 0xff, 0x77, 0x0b)), "global", 13, "longer than its type"},
		{"float cut off", module(sized(sectionGlobal, 1, 0x7d, 0, 0x43, 0, 0, 0)), "global", 13, "ends within a number"},

		{"export twice", module(sized(sectionExport, 2, 1, 'a', 0, 0, 1, 'a', 0, 0)), "export", 15, `two exports have the name "a"`},
		{"export kind", module(sized(sectionExport, 1, 1, 'a', 9, 0)), "export", 13, "kind 9 is unknown"},
		{"start", module(sized(sectionStart)), "start", 10, "ends within a number"},
		{"segment form", module(sized(sectionElement, 1, 8, 0, 0)), "element", 11, "the form 8"},
		{"segment kind", module(sized(sectionElement, 1, 1, 1, 0)), "element", 12, "the kind 1"},
		{"segment type", module(sized(sectionElement, 1, 5, 0x7f, 0)), "element", 12, "no reference type"},
		{"segment elements", module(sized(sectionElement, 1, 1, 0, 9)), "element", 13, "the length is 9"},
		{"data form", module(sized(sectionData, 1, 3, 0)), "data", 11, "the form 3"},
		{"data of another memory", module(sized(sectionData, 1, 2, 1, 0x41, 0, 0x0b, 0)), "data", 11, "multi-memory"},
		{"data cut off", module(sized(sectionData, 1, 1, 2, 'a')), "data", 12, "the length is 2"},
		{"data count", module(sized(sectionDataCount, 1)), "data count", 11, "1 segments of data are announced, but there are 0"},

		{"function without code", module(types, functions), "code", -2, "1 functions are declared, but 0 have code"},
		{"code without function", module(types, code), "code", -2, "0 functions are declared, but 1 have code"},
		{"code beyond the section", module(types, functions, sized(sectionCode, 1, 9, 0, 0x0b)), "code", -2, "the length is 9"},
		{"code without end", module(types, functions, sized(sectionCode, 1, 2, 0, 0x01)), "code", -2, "does not end with end"},
		{"code without anything", module(types, functions, sized(sectionCode, 1, 1, 0, 0)), "code", -2, "does not end with end"},
		{"locals beyond the code", module(types, functions, sized(sectionCode, 1, 2, 1, 1, 0x7f, 0x0b)), "code", -2, "the length is 1"},
		{"type of a local", module(types, functions, sized(sectionCode, 1, 4, 1, 1, 0x7b, 0x0b)), "code", -2, `"SIMD"`},
		{"too many locals", module(types, functions, section1(sectionCode, []byte{1, 14, 2},
			AppendU32(nil, math.MaxUint32), []byte{0x7f}, AppendU32(nil, 1), []byte{0x7f}, []byte{0, 0, 0, 0, 0x0b})), "code", -2, "4294967296 locals"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := Parse(test.code)
			var refusal *Error
			if !errors.As(err, &refusal) || m != nil {
				t.Fatalf("got %v, %v", m, err)
			}
			if refusal.Section != test.where || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, want section %q and %q", err, test.where, test.want)
			}
			if test.offset != -2 && refusal.Offset != test.offset {
				t.Errorf("%v: the offset is %d, want %d", err, refusal.Offset, test.offset)
			}
		})
	}
}

// Every prefix of a module is refused, or is a module of fewer sections.
func TestParseTruncated(t *testing.T) {
	code := sample().Encode()
	for n := range len(code) {
		m, err := Parse(code[:n])
		if err == nil {
			roundTrip(t, "prefix", code[:n])
			_ = everything.Check(m) // must not panic
		}
	}
}

// Nothing that is written into one byte makes Parse or Check panic.
func TestParseFlipped(t *testing.T) {
	code := sample().Encode()
	accepted := 0
	for i := range code {
		for bit := range 8 {
			flipped := bytes.Clone(code)
			flipped[i] ^= 1 << bit
			if m, err := Parse(flipped); err == nil {
				accepted++
				_ = everything.Check(m)
				roundTrip(t, "flipped", flipped)
			}
		}
	}
	if accepted == 0 {
		t.Error("no module was accepted; the test looks at nothing")
	}
}

// Numbers in the input never make Parse allocate more than a multiple of the input's length.
func TestParseAllocatesInProportion(t *testing.T) {
	repeat := func(id byte, entry ...byte) []byte {
		const n = 100_000
		return module(section1(id, AppendU32(nil, n), bytes.Repeat(entry, n)))
	}
	inputs := map[string][]byte{
		"types":    repeat(sectionType, 0x60, 0, 0),
		"imports":  repeat(sectionImport, 0, 0, 0, 0),
		"tables":   repeat(sectionTable, 0x70, 1, 0, 0),
		"globals":  repeat(sectionGlobal, 0x7f, 0, 0x41, 0, 0x0b),
		"elements": repeat(sectionElement, 1, 0, 0),
		"exprs":    module(section1(sectionElement, []byte{1, 5, 0x70}, AppendU32(nil, 100_000), bytes.Repeat([]byte{0xd0, 0x70, 0x0b}, 100_000))),
		"data":     repeat(sectionData, 1, 0),
		"codes":    repeat(sectionCode, 2, 0, 0x0b),
		"customs":  module(bytes.Repeat([]byte{0, 1, 0}, 100_000)),
		"locals": module(section1(sectionCode, []byte{1}, AppendU32(nil, 200_004), AppendU32(nil, 100_000),
			bytes.Repeat([]byte{0, 0x7f}, 100_000), []byte{0x0b})),
	}
	for id := byte(sectionType); id <= sectionData; id++ {
		inputs["count of section "+sectionKinds[id].name] = module(sized(id, 0xff, 0xff, 0x0f), sized(sectionCustom, 0))
	}
	for name, code := range inputs {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Parse(code)
		runtime.ReadMemStats(&after)
		if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(100*len(code)+16<<10); got > limit {
			t.Errorf("%s: %d bytes of input allocate %d, more than %d (%v)", name, len(code), got, limit, err)
		}
	}
}
