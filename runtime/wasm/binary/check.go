package binary

import (
	"cmp"
	"fmt"
)

// checkCounts judges how much there is of everything, before anything is looked at.
func (c *checker) checkCounts() *Error {
	m, r := c.m, &c.rules
	bytes, elements := 0, 0
	for i := range m.Data {
		bytes += len(m.Data[i].Init)
	}
	for i := range m.Elements {
		elements += len(m.Elements[i].Functions) + len(m.Elements[i].Exprs)
	}
	err := cmp.Or(
		within("header", "bytes of the module", m.Size, r.Bytes),
		within("type", "types", len(m.Types), r.Types),
		within("import", "imports", len(m.Imports), r.Imports),
		within("function", "functions", len(m.Functions), r.Functions),
		within("table", "tables", len(c.Tables), r.Tables),
		within("global", "globals", len(m.Globals), r.Globals),
		within("export", "exports", len(m.Exports), r.Exports),
		within("element", "segments of elements", len(m.Elements), r.ElementSegments),
		within("element", "elements of all segments", elements, r.TableElements),
		within("data", "segments of data", len(m.Data), r.DataSegments),
		within("data", "bytes of all segments of data", bytes, r.DataBytes),
	)
	if err == nil && len(c.Memories) > 1 {
		err = refuse("memory", "%d memories: multi-memory is not supported", len(c.Memories))
	}
	if err == nil {
		err = m.checkCounts(-1)
	}
	return err
}

func (c *checker) checkTypes() *Error {
	for i, t := range c.m.Types {
		place := fmt.Sprintf("type %d", i)
		if err := cmp.Or(
			within("type", place+": parameters", len(t.Params), c.rules.Params),
			within("type", place+": results", len(t.Results), c.rules.Results),
			c.valueTypes(place+": a parameter", t.Params),
			c.valueTypes(place+": a result", t.Results),
		); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) valueTypes(what string, types []ValueType) *Error {
	for _, t := range types {
		if err := c.valueType("type", what, t); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) checkImports() *Error {
	for i := range c.m.Imports {
		imp := &c.m.Imports[i]
		place := fmt.Sprintf("import %d, %q.%q", i, imp.Module, imp.Name)
		var err *Error
		switch imp.Kind {
		case ExternFunc:
			err = c.bound("import", place, "type", imp.Type, len(c.m.Types))
		case ExternTable:
			err = c.table("import", place, imp.Table)
		case ExternMemory:
			err = c.memory("import", place, imp.Memory)
		case ExternGlobal:
			err = c.valueType("import", place, imp.Global.Type)
		default:
			err = refuse("import", "%s: kind %d is unknown", place, imp.Kind)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bound checks that an index names one of n things.
func (c *checker) bound(section, place, what string, index uint32, n int) *Error {
	if uint64(index) < uint64(n) {
		return nil
	}
	return refuse(section, "%s: %s %d is not there, of %d", place, what, index, n)
}

func (c *checker) checkFunctions() *Error {
	total := uint64(0)
	for i, t := range c.Functions {
		if uint64(t) >= uint64(len(c.m.Types)) {
			return c.bound("function", fmt.Sprintf("function %d", i), "type", t, len(c.m.Types))
		}
		total += uint64(len(c.m.Types[t].Params))
	}
	return within("function", "parameters of all functions", total, c.rules.TotalParams)
}

func (c *checker) checkTables() *Error {
	for i, t := range c.m.Tables {
		if err := c.table("table", fmt.Sprintf("table %d", i+c.ImportedTables), t); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) table(section, place string, t Table) *Error {
	switch {
	case !t.Type.IsReference():
		return refuse(section, "%s: type %#02x is no reference type", place, byte(t.Type))
	case t.Type != FuncRef && !c.rules.ReferenceTypes:
		return needs(section, place+", of type externref,", referenceTypes)
	case t.Max == nil && c.rules.TableMaxRequired:
		return refuse(section, "%s: it has no maximum, and must have one", place)
	case t.Max != nil && *t.Max < t.Min:
		return refuse(section, "%s: its maximum %d is below its minimum %d", place, *t.Max, t.Min)
	case t.Max != nil && t.Min <= *t.Max:
		return within(section, place+": maximum", *t.Max, c.rules.TableElements)
	}
	return within(section, place+": minimum", t.Min, c.rules.TableElements)
}

func (c *checker) checkMemories() *Error {
	for _, l := range c.m.Memories {
		if err := c.memory("memory", "memory 0", l); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) memory(section, place string, l Limits) *Error {
	if l.Max != nil && (*l.Max < l.Min || *l.Max > MaxPages) {
		return refuse(section, "%s: its maximum %d is below its minimum %d or above %d", place, *l.Max, l.Min, MaxPages)
	}
	return within(section, place+": initial pages", l.Min, min(c.rules.MemoryPages, MaxPages))
}

func (c *checker) checkGlobals() *Error {
	for i := range c.m.Globals {
		g := &c.m.Globals[i]
		place := fmt.Sprintf("global %d", i+c.ImportedGlobals)
		err := c.valueType("global", place, g.Type)
		if err == nil {
			err = c.constant("global", place, g.Init, g.Type)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// constant judges a constant expression that must have a value of the given type. Of globals it may read those that are
// imported and never change.
func (c *checker) constant(section, place string, expr []byte, want ValueType) *Error {
	in, end, err := readConst(expr)
	if err != nil || end != len(expr) {
		return refuse(section, "%s: its value is no constant expression", place)
	}
	got := want
	switch in.Op {
	case OpI32Const:
		got = I32
	case OpI64Const:
		got = I64
	case OpF32Const:
		got = F32
	case OpF64Const:
		got = F64
	case OpRefNull:
		got = ValueType(in.Imm[0])
	case OpRefFunc:
		if err := c.bound(section, place, "function", uint32(in.Imm[0]), len(c.Functions)); err != nil {
			return err
		}
		got = FuncRef
	case OpGlobalGet:
		if err := c.bound(section, place, "imported global", uint32(in.Imm[0]), c.ImportedGlobals); err != nil {
			return err
		}
		g := c.Globals[in.Imm[0]]
		if g.Mutable {
			return refuse(section, "%s: its value is global %d, which can change", place, in.Imm[0])
		}
		got = g.Type
	}
	if got != want {
		return refuse(section, "%s: its value is of type %v, not %v", place, got, want)
	}
	return nil
}

func (c *checker) checkExports() *Error {
	for i := range c.m.Exports {
		e := &c.m.Exports[i]
		place := fmt.Sprintf("export %d, %q", i, e.Name)
		n := 0
		switch e.Kind {
		case ExternFunc:
			n = len(c.Functions)
		case ExternTable:
			n = len(c.Tables)
		case ExternMemory:
			n = len(c.Memories)
		case ExternGlobal:
			n = len(c.Globals)
		default:
			return refuse("export", "%s: kind %d is unknown", place, e.Kind)
		}
		if err := c.bound("export", place, e.Kind.String(), e.Index, n); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) checkStart() *Error {
	if c.m.Start == nil {
		return nil
	}
	if err := c.bound("start", "the start function", "function", *c.m.Start, len(c.Functions)); err != nil {
		return err
	}
	if t := c.m.Types[c.Functions[*c.m.Start]]; len(t.Params)+len(t.Results) > 0 {
		return refuse("start", "function %d has parameters or results", *c.m.Start)
	}
	return nil
}

func (c *checker) checkElements() *Error {
	for i := range c.m.Elements {
		if err := c.element(fmt.Sprintf("segment %d", i), &c.m.Elements[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) element(place string, e *Element) *Error {
	switch {
	case e.Mode == Passive && !c.rules.BulkMemory:
		return needs("element", place+", which is passive,", bulkMemory)
	case (e.Mode == Declarative || e.Exprs != nil || e.Type != FuncRef) && !c.rules.ReferenceTypes:
		return needs("element", place+", declarative or of expressions,", referenceTypes)
	case e.Mode > Declarative || !e.Type.IsReference() || len(e.Functions) > 0 && (e.Exprs != nil || e.Type != FuncRef):
		return refuse("element", "%s: its mode or its type is none that there is, or it has two kinds of elements", place)
	}
	if e.Mode == Active {
		if err := cmp.Or(
			c.bound("element", place, "table", e.Table, len(c.Tables)),
			c.constant("element", place+": offset", e.Offset, I32),
		); err != nil {
			return err
		}
		if t := c.Tables[e.Table].Type; t != e.Type {
			return refuse("element", "%s: elements of type %v for a table of %v", place, e.Type, t)
		}
	}
	for _, f := range e.Functions {
		if uint64(f) >= uint64(len(c.Functions)) {
			return c.bound("element", place, "function", f, len(c.Functions))
		}
	}
	for _, expr := range e.Exprs {
		if err := c.constant("element", place, expr, e.Type); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) checkData() *Error {
	if c.m.DataCount != nil && !c.rules.BulkMemory {
		return needs("data count", "the section", bulkMemory)
	}
	for i := range c.m.Data {
		switch d := &c.m.Data[i]; {
		case d.Passive && !c.rules.BulkMemory:
			return needs("data", fmt.Sprintf("segment %d, which is passive,", i), bulkMemory)
		case d.Passive:
		case len(c.Memories) == 0:
			return refuse("data", "segment %d: there is no memory for it", i)
		default:
			if err := c.constant("data", "the offset of a segment", d.Offset, I32); err != nil {
				err.Reason = fmt.Sprintf("segment %d: %s", i, err.Reason)
				return err
			}
		}
	}
	return nil
}
