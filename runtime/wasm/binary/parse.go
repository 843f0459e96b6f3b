package binary

// A section that Parse knows: its place in the order and who reads it.
type sectionKind struct {
	name  string
	order int
	read  func(*parser)
}

// sectionKinds are the sections by number. Custom sections may be anywhere.
var sectionKinds = [...]sectionKind{
	sectionCustom:    {"custom", 0, (*parser).customSection},
	sectionType:      {"type", 1, (*parser).typeSection},
	sectionImport:    {"import", 2, (*parser).importSection},
	sectionFunction:  {"function", 3, (*parser).functionSection},
	sectionTable:     {"table", 4, (*parser).tableSection},
	sectionMemory:    {"memory", 5, (*parser).memorySection},
	sectionGlobal:    {"global", 6, (*parser).globalSection},
	sectionExport:    {"export", 7, (*parser).exportSection},
	sectionStart:     {"start", 8, (*parser).startSection},
	sectionElement:   {"element", 9, (*parser).elementSection},
	sectionDataCount: {"data count", 10, (*parser).dataCountSection},
	sectionCode:      {"code", 11, (*parser).codeSection},
	sectionData:      {"data", 12, (*parser).dataSection},
}

// parser reads one section of a module.
type parser struct {
	reader
	m *Module
}

// Parse reads a module and checks its structure: the order and size of its sections, their entries, that there is a code
// for every function, and that the data count holds. It reads code as runs of bytes; Walk and Rules.Check look into it.
// An error is an *Error. The module shares memory with b.
func Parse(b []byte) (*Module, error) {
	m := &Module{Size: len(b)}
	if err := m.parse(b); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *Module) parse(b []byte) error {
	if err := checkHeader(b); err != nil {
		return err
	}
	previous := 0
	for pos := len(header); pos < len(b); {
		r := reader{b: b, pos: pos, section: "section"}
		id := r.byte("the number of a section")
		if int(id) >= len(sectionKinds) {
			r.fail(pos, "%s", refusedSection(id))
			return r.err
		}
		kind := sectionKinds[id]
		r.section = kind.name
		size := r.count(1, "its bytes")
		if id != sectionCustom && kind.order <= previous && r.err == nil {
			r.fail(pos, "the section is twice there, or behind one that it belongs before")
		}
		if r.err != nil {
			return r.err
		}
		p := parser{reader: reader{b: b[:r.pos+size], pos: r.pos, section: kind.name}, m: m}
		kind.read(&p)
		if left := p.left(); left > 0 {
			p.fail(p.pos, "%d bytes follow its entries", left)
		}
		if p.err != nil {
			return p.err
		}
		previous = max(previous, kind.order)
		pos = r.pos + size
	}
	if err := m.checkCounts(len(b)); err != nil {
		return err
	}
	return nil
}

func checkHeader(b []byte) error {
	reason := ""
	switch {
	case len(b) < len(header) || string(b[:4]) != header[:4]:
		reason = "this is no WebAssembly module"
	case b[6] == 1 && b[7] == 0:
		reason = "this is a component; the host takes core modules"
	case string(b[:len(header)]) != header:
		reason = "the version is not 1"
	default:
		return nil
	}
	return &Error{Offset: 0, Section: "header", Reason: reason}
}

func refusedSection(id byte) string {
	if id == sectionTag {
		return "tag section: exception handling is not supported"
	}
	return "unknown section"
}

// checkCounts compares sections with each other. at is the offset that an error gets.
func (m *Module) checkCounts(at int) *Error {
	var err *Error
	if len(m.Functions) != len(m.Codes) {
		err = refuse("code", "%d functions are declared, but %d have code", len(m.Functions), len(m.Codes))
	} else if m.DataCount != nil && uint64(*m.DataCount) != uint64(len(m.Data)) {
		err = refuse("data count", "%d segments of data are announced, but there are %d", *m.DataCount, len(m.Data))
	}
	if err != nil {
		err.Offset = at
	}
	return err
}

// MaxEntries is how many entries Parse takes in a section, and how many custom sections. Entries take more memory than
// their bytes in the input, so that the bound on the input alone would be a weak one.
const MaxEntries = 1 << 18

// entries reads the entries of a section, each of at least size bytes.
func entries[T any](r *reader, size int, what string, read func() T) []T {
	if n, end := readU32(r.b, r.pos); end > 0 && n > MaxEntries {
		r.fail(r.pos, "%s: %d are more than the %d that a section may have", what, n, MaxEntries)
	}
	return vector(r, size, what, read)
}

// vector reads the entries of a vector, each of at least size bytes.
func vector[T any](r *reader, size int, what string, read func() T) []T {
	n := r.count(size, what)
	if n == 0 {
		return nil
	}
	entries := make([]T, n)
	for i := range entries {
		if r.err != nil {
			return nil
		}
		entries[i] = read()
	}
	return entries
}
