package binary

// Module is a module in the order of its sections. Slices of bytes are parts of what Parse was given.
type Module struct {
	Types     []FuncType
	Imports   []Import
	Functions []uint32 // type index of each function that is not imported
	Tables    []Table
	Memories  []Limits // in pages of 64 KiB
	Globals   []Global
	Exports   []Export
	Start     *uint32 // function index
	Elements  []Element
	DataCount *uint32
	Codes     []Code // one for each of Functions
	Data      []Data
	Customs   []Custom // Encode writes them last, in this order

	// Size is how many bytes were parsed, 0 in a module that was not.
	Size int
}

// ValueType is the type of a value, as the format encodes it.
type ValueType byte

// The value types.
const (
	I32       ValueType = 0x7f
	I64       ValueType = 0x7e
	F32       ValueType = 0x7d
	F64       ValueType = 0x7c
	FuncRef   ValueType = 0x70
	ExternRef ValueType = 0x6f
)

// IsFloat reports whether the type is F32 or F64.
func (t ValueType) IsFloat() bool { return t == F32 || t == F64 }

// IsReference reports whether the type is FuncRef or ExternRef.
func (t ValueType) IsReference() bool { return t == FuncRef || t == ExternRef }

func (t ValueType) valid() bool { return t >= F64 && t <= I32 || t.IsReference() }

// String returns the name of the type in the text format.
func (t ValueType) String() string {
	switch t {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case F32:
		return "f32"
	case F64:
		return "f64"
	case FuncRef:
		return "funcref"
	case ExternRef:
		return "externref"
	}
	return "unknown"
}

// FuncType is the signature of a function, or the type of a block.
type FuncType struct{ Params, Results []ValueType }

// Limits bound the size of a table, in elements, or of a memory, in pages of 64 KiB.
type Limits struct {
	Min uint32
	Max *uint32 // nil if there is no bound
}

// Table is the type of a table.
type Table struct {
	Type ValueType // FuncRef or ExternRef
	Limits
}

// ExternKind is what an import or export is.
type ExternKind byte

// The kinds of imports and exports.
const (
	ExternFunc ExternKind = iota
	ExternTable
	ExternMemory
	ExternGlobal
)

// String returns the name of the kind in the text format.
func (k ExternKind) String() string {
	switch k {
	case ExternFunc:
		return "func"
	case ExternTable:
		return "table"
	case ExternMemory:
		return "memory"
	case ExternGlobal:
		return "global"
	}
	return "unknown"
}

// Import is something that a module needs from outside. Of the last four fields only the one of its kind counts.
type Import struct {
	Module, Name string
	Kind         ExternKind
	Type         uint32 // type index of a function
	Table        Table
	Memory       Limits
	Global       GlobalType
}

// GlobalType is the type of a global.
type GlobalType struct {
	Type    ValueType
	Mutable bool
}

// Global is a global that is not imported.
type Global struct {
	GlobalType
	Init []byte // constant expression, its end included
}

// Export is a name for something of a module. Index counts the imports of the kind first.
type Export struct {
	Name  string
	Kind  ExternKind
	Index uint32
}

// Mode is when a segment of elements is used.
type Mode byte

// The modes of a segment of elements.
const (
	Active      Mode = iota // copied into its table when the module is instantiated
	Passive                 // copied by table.init
	Declarative             // never copied: its functions may be named by ref.func
)

// Element is a segment of elements. It has functions or, if it was written so or its type is ExternRef, expressions.
type Element struct {
	Mode      Mode
	Table     uint32 // of an active segment
	Offset    []byte // of an active segment: constant expression, its end included
	Type      ValueType
	Functions []uint32 // function indices
	Exprs     [][]byte // constant expressions, their ends included
}

// Local is a run of locals of one type.
type Local struct {
	Count uint32
	Type  ValueType
}

// Code is the code of a function that is not imported.
type Code struct {
	Locals []Local // without the parameters
	Body   []byte  // instructions, the last end included
	Offset int     // of Body in what was parsed
}

// Data is a segment of data.
type Data struct {
	Passive bool
	Offset  []byte // of an active segment: constant expression, its end included
	Init    []byte
}

// Custom is a custom section.
type Custom struct {
	Name string
	Data []byte
}
