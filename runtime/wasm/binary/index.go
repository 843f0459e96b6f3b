package binary

// Spaces are the index spaces of a module: what is imported, and then what is its own.
type Spaces struct {
	Functions []uint32 // type indices
	Tables    []Table
	Memories  []Limits
	Globals   []GlobalType

	ImportedFunctions, ImportedTables, ImportedMemories, ImportedGlobals int
}

// Spaces returns the index spaces as they are now.
func (m *Module) Spaces() Spaces {
	var s Spaces
	for i := range m.Imports {
		switch imp := &m.Imports[i]; imp.Kind {
		case ExternFunc:
			s.Functions = append(s.Functions, imp.Type)
		case ExternTable:
			s.Tables = append(s.Tables, imp.Table)
		case ExternMemory:
			s.Memories = append(s.Memories, imp.Memory)
		case ExternGlobal:
			s.Globals = append(s.Globals, imp.Global)
		}
	}
	s.ImportedFunctions, s.ImportedTables = len(s.Functions), len(s.Tables)
	s.ImportedMemories, s.ImportedGlobals = len(s.Memories), len(s.Globals)
	s.Functions = append(s.Functions, m.Functions...)
	s.Tables = append(s.Tables, m.Tables...)
	s.Memories = append(s.Memories, m.Memories...)
	for i := range m.Globals {
		s.Globals = append(s.Globals, m.Globals[i].GlobalType)
	}
	return s
}

// ImportedFuncs returns how many functions are imported, which is the index of the first one of the module's own.
func (m *Module) ImportedFuncs() int {
	n := 0
	for i := range m.Imports {
		if m.Imports[i].Kind == ExternFunc {
			n++
		}
	}
	return n
}

// FuncType returns the signature of a function, imported or not, or false if there is none of this index. It looks
// through the imports; who asks often takes Spaces.
func (m *Module) FuncType(index uint32) (FuncType, bool) {
	n := uint64(index)
	for i := range m.Imports {
		if m.Imports[i].Kind != ExternFunc {
			continue
		}
		if n == 0 {
			return m.typeAt(m.Imports[i].Type)
		}
		n--
	}
	if n >= uint64(len(m.Functions)) {
		return FuncType{}, false
	}
	return m.typeAt(m.Functions[n])
}

func (m *Module) typeAt(index uint32) (FuncType, bool) {
	if uint64(index) >= uint64(len(m.Types)) {
		return FuncType{}, false
	}
	return m.Types[index], true
}

// Export returns the export of this name.
func (m *Module) Export(name string) (Export, bool) {
	for _, e := range m.Exports {
		if e.Name == name {
			return e, true
		}
	}
	return Export{}, false
}

// ExportedFunc returns the index of the function that is exported by this name.
func (m *Module) ExportedFunc(name string) (uint32, bool) {
	e, ok := m.Export(name)
	return e.Index, ok && e.Kind == ExternFunc
}

// shortTypes has every value type once, so that BlockType can return a part of it.
var shortTypes = [...]ValueType{I32, I64, F32, F64, FuncRef, ExternRef}

// BlockType returns the type of a block, given the first immediate of block, loop or if, or false if its index is out of
// range. The result is the module's own, or shared by all.
func (m *Module) BlockType(imm uint64) (FuncType, bool) {
	if imm&shortBlockType == 0 {
		return m.typeAt(uint32(imm))
	}
	for i, t := range shortTypes {
		if t == ValueType(imm) {
			return FuncType{Results: shortTypes[i : i+1 : i+1]}, true
		}
	}
	return FuncType{}, true
}
