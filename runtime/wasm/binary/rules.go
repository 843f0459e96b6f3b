package binary

// RulesVersion is raised by every change by which Check refuses other modules under the same Rules. A judgement that was
// kept is good for the version that made it.
const RulesVersion = 2

// DefaultBytes is what Rules.Bytes stands for if it is zero.
const DefaultBytes = 16 << 20

// Rules are what a module must keep to. A zero number means its default, a negative one means none at all; a feature
// that is not set is refused.
//
// Work and TotalWork are there because compilers take more than linear time and memory for some functions: a few
// kilobytes of nested loops over many locals can keep one busy for minutes. Work is an estimate of what an optimizing
// compiler takes for a function, after the instrumentation of this project, in nanoseconds of a busy core; it counts
// instructions by kind, the depth of blocks behind one another, how far back variables are looked for, and values that
// branches carry. Of many shapes none has been seen to take longer by half; compiled Go takes as long.
type Rules struct {
	Bytes           int // of the module as it was parsed; 16 MiB if zero
	Types           int // 10,000 if zero
	Functions       int // not imported; 50,000 if zero
	Params          int // of a type; 100 if zero
	TotalParams     int // of all functions, imported or not; 250,000 if zero
	Results         int // of a type; 16 if zero, 1 without MultiValue
	Locals          int // of a function, without parameters; 10,000 if zero
	TotalLocals     int // of all functions, without parameters; 1,000,000 if zero
	Imports         int // 1,000 if zero
	Exports         int // 10,000 if zero
	Globals         int // not imported; 1,000 if zero
	Tables          int // imported or not; 1 if zero
	TableElements   int // minimum and maximum of a table, and elements of all segments; 100,000 if zero
	MemoryPages     int // minimum of a memory, in pages of 64 KiB; 512 if zero
	DataSegments    int // 100,000 if zero, which is what the linker of Go keeps to
	DataBytes       int // of all segments; 16 MiB if zero
	ElementSegments int // 1,000 if zero
	BodyBytes       int // of the instructions of a function; 256 KiB if zero
	BrTable         int // labels of a br_table without the default; 10,000 if zero
	Nesting         int // blocks around an instruction, the function itself not counted; 5,000 if zero
	Work            int // of a function; 1,000,000,000 if zero
	TotalWork       int // of all functions; 20,000,000,000 if zero

	TableMaxRequired bool // every table has a maximum

	BulkMemory     bool // memory.copy, memory.fill, memory.init, data.drop, passive segments, the data count section
	ReferenceTypes bool // references as values, all instructions on tables but call_indirect, segments of expressions
	SignExt        bool // i32.extend8_s and the like
	SatFloat       bool // i32.trunc_sat_f32_s and the like
	MultiValue     bool // several results, blocks with a type index
	Floats         bool // f32 and f64 anywhere
}

func (r Rules) withDefaults() Rules {
	fill := func(field *int, value int) {
		if *field == 0 {
			*field = value
		}
	}
	fill(&r.Bytes, DefaultBytes)
	fill(&r.Types, 10_000)
	fill(&r.Functions, 50_000)
	fill(&r.Params, 100)
	fill(&r.TotalParams, 250_000)
	fill(&r.Results, 16)
	fill(&r.Locals, 10_000)
	fill(&r.TotalLocals, 1_000_000)
	fill(&r.Imports, 1000)
	fill(&r.Exports, 10_000)
	fill(&r.Globals, 1000)
	fill(&r.Tables, 1)
	fill(&r.TableElements, 100_000)
	fill(&r.MemoryPages, 512)
	fill(&r.DataSegments, 100_000)
	fill(&r.DataBytes, 16<<20)
	fill(&r.ElementSegments, 1000)
	fill(&r.BodyBytes, 256<<10)
	fill(&r.BrTable, 10_000)
	fill(&r.Nesting, 5000)
	fill(&r.Work, 1_000_000_000)
	fill(&r.TotalWork, 20_000_000_000)
	if !r.MultiValue {
		r.Results = min(r.Results, 1)
	}
	return r
}

// Check judges a module: its limits, its features, and whether every index, in code and outside, names something that is
// there. An error is an *Error that names the limit or feature, the value and the place. Bodies are not type-checked.
func (r *Rules) Check(m *Module) error {
	c := checker{rules: r.withDefaults(), m: m, Spaces: m.Spaces()}
	for _, step := range []func() *Error{
		c.checkCounts, c.checkTypes, c.checkImports, c.checkFunctions, c.checkTables, c.checkMemories,
		c.checkGlobals, c.checkExports, c.checkStart, c.checkElements, c.checkData, c.checkCodes,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// checker judges one module.
type checker struct {
	rules Rules
	m     *Module
	Spaces
}

// within compares a value with its limit.
func within[T int | uint32 | uint64](section, what string, value T, limit int) *Error {
	if uint64(value) <= uint64(max(limit, 0)) {
		return nil
	}
	return refuse(section, "%s: %d is over the limit of %d", what, value, max(limit, 0))
}

func needs(section, what, feature string) *Error {
	return refuse(section, "%s needs %s, which these rules do not allow", what, feature)
}

// The features, as messages name them.
const (
	bulkMemory     = "bulk memory"
	referenceTypes = "reference types"
	signExt        = "sign extension"
	satFloat       = "saturating conversions"
	multiValue     = "multi-value"
	floats         = "floats"
)

// valueType judges a type that something has.
func (c *checker) valueType(section, what string, t ValueType) *Error {
	switch {
	case !t.valid():
		return refuse(section, "%s is of type %s", what, refusedType(byte(t)))
	case t.IsFloat() && !c.rules.Floats:
		return needs(section, what+", of type "+t.String()+",", floats)
	case t.IsReference() && !c.rules.ReferenceTypes:
		return needs(section, what+", of type "+t.String()+",", referenceTypes)
	}
	return nil
}
