package binary

// The numbers of the sections.
const (
	sectionCustom = iota
	sectionType
	sectionImport
	sectionFunction
	sectionTable
	sectionMemory
	sectionGlobal
	sectionExport
	sectionStart
	sectionElement
	sectionCode
	sectionData
	sectionDataCount
	sectionTag
)

const header = "\x00asm\x01\x00\x00\x00"

// Encode writes the module as it is, consistent or not, with every number in its shortest form and without empty
// sections. What Parse makes of the result equals the module but for Size and the offsets of codes, and encoding that
// again gives the same bytes.
func (m *Module) Encode() []byte {
	n := len(header) + 1024
	for i := range m.Codes {
		n += m.Codes[i].size() + 5
	}
	for i := range m.Data {
		n += len(m.Data[i].Init) + 16
	}
	out := append(make([]byte, 0, n), header...)
	out = vectorSection(out, sectionType, m.Types, appendFuncType)
	out = vectorSection(out, sectionImport, m.Imports, appendImport)
	out = vectorSection(out, sectionFunction, m.Functions, AppendU32)
	out = vectorSection(out, sectionTable, m.Tables, appendTable)
	out = vectorSection(out, sectionMemory, m.Memories, appendLimits)
	out = vectorSection(out, sectionGlobal, m.Globals, appendGlobal)
	out = vectorSection(out, sectionExport, m.Exports, appendExport)
	out = numberSection(out, sectionStart, m.Start)
	out = vectorSection(out, sectionElement, m.Elements, appendElement)
	out = numberSection(out, sectionDataCount, m.DataCount)
	out = vectorSection(out, sectionCode, m.Codes, appendCode)
	out = vectorSection(out, sectionData, m.Data, appendData)
	for _, c := range m.Customs {
		out = section(out, sectionCustom, func(out []byte) []byte {
			return append(appendName(out, c.Name), c.Data...)
		})
	}
	return out
}

// section appends a section whose content fill appends.
func section(out []byte, id byte, fill func([]byte) []byte) []byte {
	const room = 5 // for the size, which is known when the content is written
	out = append(out, id)
	start := len(out)
	out = fill(append(out, make([]byte, room)...))
	content := out[start+room:]
	out = AppendU32(out[:start], uint32(len(content)))
	return out[:len(out)+copy(out[len(out):start+room+len(content)], content)]
}

func vectorSection[T any](out []byte, id byte, entries []T, add func([]byte, T) []byte) []byte {
	if len(entries) == 0 {
		return out
	}
	return section(out, id, func(out []byte) []byte { return appendVector(out, entries, add) })
}

func numberSection(out []byte, id byte, v *uint32) []byte {
	if v == nil {
		return out
	}
	return section(out, id, func(out []byte) []byte { return AppendU32(out, *v) })
}

func appendVector[T any](out []byte, entries []T, add func([]byte, T) []byte) []byte {
	out = AppendU32(out, uint32(len(entries)))
	for _, e := range entries {
		out = add(out, e)
	}
	return out
}

func appendName(out []byte, s string) []byte { return append(AppendU32(out, uint32(len(s))), s...) }

func appendBytes(out, b []byte) []byte { return append(AppendU32(out, uint32(len(b))), b...) }

func appendType(out []byte, t ValueType) []byte { return append(out, byte(t)) }

func appendFuncType(out []byte, t FuncType) []byte {
	out = append(out, 0x60)
	out = appendVector(out, t.Params, appendType)
	return appendVector(out, t.Results, appendType)
}

func appendLimits(out []byte, l Limits) []byte {
	if l.Max == nil {
		return AppendU32(append(out, 0), l.Min)
	}
	return AppendU32(AppendU32(append(out, 1), l.Min), *l.Max)
}

func appendTable(out []byte, t Table) []byte { return appendLimits(appendType(out, t.Type), t.Limits) }

func appendGlobalType(out []byte, t GlobalType) []byte {
	mutable := byte(0)
	if t.Mutable {
		mutable = 1
	}
	return append(out, byte(t.Type), mutable)
}

func appendGlobal(out []byte, g Global) []byte {
	return append(appendGlobalType(out, g.GlobalType), g.Init...)
}

func appendImport(out []byte, i Import) []byte {
	out = append(appendName(appendName(out, i.Module), i.Name), byte(i.Kind))
	switch i.Kind {
	case ExternFunc:
		return AppendU32(out, i.Type)
	case ExternTable:
		return appendTable(out, i.Table)
	case ExternMemory:
		return appendLimits(out, i.Memory)
	default:
		return appendGlobalType(out, i.Global)
	}
}

func appendExport(out []byte, e Export) []byte {
	return AppendU32(append(appendName(out, e.Name), byte(e.Kind)), e.Index)
}

// The bits of the first number of a segment of elements.
const (
	elementNotActive = 1 << iota
	elementExplicit  // active: has a table; not active: declarative
	elementExprs
)

func appendElement(out []byte, e Element) []byte {
	exprs := len(e.Exprs) > 0 || e.Type != FuncRef
	flags := uint32(0)
	switch {
	case e.Mode == Passive:
		flags = elementNotActive
	case e.Mode == Declarative:
		flags = elementNotActive | elementExplicit
	case e.Table != 0 || e.Type != FuncRef:
		flags = elementExplicit
	}
	typed := flags != 0
	if exprs {
		flags |= elementExprs
	}
	out = AppendU32(out, flags)
	if e.Mode == Active {
		if typed {
			out = AppendU32(out, e.Table)
		}
		out = append(out, e.Offset...)
	}
	if exprs {
		if typed {
			out = appendType(out, e.Type)
		}
		return appendVector(out, e.Exprs, func(out, expr []byte) []byte { return append(out, expr...) })
	}
	if typed {
		out = append(out, 0) // the kind: functions
	}
	return appendVector(out, e.Functions, AppendU32)
}

// size returns the bytes of the code without those of its own size.
func (c *Code) size() int {
	n := sizeU32(uint32(len(c.Locals))) + len(c.Body)
	for _, l := range c.Locals {
		n += sizeU32(l.Count) + 1
	}
	return n
}

func appendCode(out []byte, c Code) []byte {
	out = AppendU32(out, uint32(c.size()))
	out = appendVector(out, c.Locals, func(out []byte, l Local) []byte {
		return appendType(AppendU32(out, l.Count), l.Type)
	})
	return append(out, c.Body...)
}

func appendData(out []byte, d Data) []byte {
	if d.Passive {
		out = append(out, 1)
	} else {
		out = append(append(out, 0), d.Offset...)
	}
	return appendBytes(out, d.Init)
}
