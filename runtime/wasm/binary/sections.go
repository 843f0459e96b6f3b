package binary

func (p *parser) customSection() {
	c := Custom{Name: p.name("the name of a custom section")}
	c.Data = p.b[p.pos:len(p.b):len(p.b)]
	p.pos = len(p.b)
	if len(p.m.Customs) == MaxEntries {
		p.fail(p.pos, "more than %d custom sections", MaxEntries)
	}
	if p.err == nil {
		p.m.Customs = append(p.m.Customs, c)
	}
}

func (p *parser) typeSection() {
	p.m.Types = entries(&p.reader, 3, "types", p.funcType)
}

func (p *parser) funcType() FuncType {
	at := p.pos
	switch b := p.byte("a type"); {
	case b == 0x60 || p.err != nil:
	case b == 0x4e || b == 0x4f || b == 0x50 || b == 0x5e || b == 0x5f:
		p.fail(at, "type form %#02x: garbage collection is not supported", b)
	default:
		p.fail(at, "type form %#02x is not 0x60, a function", b)
	}
	return FuncType{Params: p.valueTypes("parameters"), Results: p.valueTypes("results")}
}

func (p *parser) valueTypes(what string) []ValueType {
	return vector(&p.reader, 1, what, func() ValueType { return p.valueType("a type of " + what) })
}

func (p *parser) importSection() {
	p.m.Imports = entries(&p.reader, 4, "imports", p.importEntry)
	memories := 0
	for i := range p.m.Imports {
		if p.m.Imports[i].Kind == ExternMemory {
			memories++
		}
	}
	if memories > 1 {
		p.fail(p.pos, "%d memories are imported: multi-memory is not supported", memories)
	}
}

func (p *parser) importEntry() Import {
	i := Import{Module: p.name("a module name"), Name: p.name("a name")}
	at := p.pos
	i.Kind = p.kind()
	switch i.Kind {
	case ExternFunc:
		i.Type = p.u32("a type index")
	case ExternTable:
		i.Table = p.table()
	case ExternMemory:
		i.Memory = p.memory()
	case ExternGlobal:
		i.Global = p.globalType()
	}
	if p.err != nil && p.err.Offset >= at {
		p.err.Reason = "import " + i.Module + "." + i.Name + ": " + p.err.Reason
	}
	return i
}

func (p *parser) kind() ExternKind {
	at := p.pos
	k := ExternKind(p.byte("a kind"))
	switch {
	case k == 4:
		p.fail(at, "a tag: exception handling is not supported")
	case k > ExternGlobal:
		p.fail(at, "kind %d is unknown", k)
	}
	return k
}

func (p *parser) functionSection() {
	p.m.Functions = entries(&p.reader, 1, "functions", func() uint32 { return p.u32("a type index") })
}

func (p *parser) tableSection() {
	p.m.Tables = entries(&p.reader, 3, "tables", p.table)
}

func (p *parser) table() Table {
	if p.left() > 0 && p.b[p.pos] == 0x40 {
		p.fail(p.pos, "a table with an initial value: typed function references are not supported")
	}
	return Table{Type: p.refType("the type of a table"), Limits: p.limits()}
}

func (p *parser) memorySection() {
	at := p.pos
	p.m.Memories = entries(&p.reader, 2, "memories", p.memory)
	n := len(p.m.Memories)
	for i := range p.m.Imports {
		if p.m.Imports[i].Kind == ExternMemory {
			n++
		}
	}
	if n > 1 {
		p.fail(at, "the module has %d memories: multi-memory is not supported", n)
	}
}

// MaxPages is how many pages of 64 KiB a memory can have, as its addresses have 32 bits.
const MaxPages = 1 << 16

func (p *parser) memory() Limits {
	at := p.pos
	l := p.limits()
	if l.Min > MaxPages || l.Max != nil && *l.Max > MaxPages {
		p.fail(at, "a memory of more than %d pages", MaxPages)
	}
	return l
}

func (p *parser) limits() Limits {
	at := p.pos
	flags := p.byte("limits")
	switch {
	case flags > 0x0f:
		p.fail(at, "limits of the form %#02x, which is unknown", flags)
	case flags&8 != 0:
		p.fail(at, "a page size of its own: custom-page-sizes is not supported")
	case flags&4 != 0:
		p.fail(at, "64-bit limits: memory64 is not supported")
	case flags&2 != 0:
		p.fail(at, "shared: threads are not supported")
	}
	l := Limits{Min: p.u32("a minimum")}
	if flags&1 != 0 {
		bound := p.u32("a maximum")
		l.Max = &bound
		if p.err == nil && bound < l.Min {
			p.fail(at, "the maximum %d is below the minimum %d", bound, l.Min)
		}
	}
	return l
}

func (p *parser) globalSection() {
	p.m.Globals = entries(&p.reader, 4, "globals", func() Global {
		return Global{GlobalType: p.globalType(), Init: p.expr("the value of a global")}
	})
}

func (p *parser) globalType() GlobalType {
	t := GlobalType{Type: p.valueType("the type of a global")}
	at := p.pos
	b := p.byte("the mutability of a global")
	if b > 1 {
		p.fail(at, "the mutability of a global is %#02x, not 0 or 1", b)
	}
	t.Mutable = b == 1
	return t
}

func (p *parser) exportSection() {
	seen := map[string]bool{}
	p.m.Exports = entries(&p.reader, 3, "exports", func() Export {
		at := p.pos
		e := Export{Name: p.name("the name of an export")}
		if seen[e.Name] && p.err == nil {
			p.fail(at, "two exports have the name %q", e.Name)
		}
		seen[e.Name] = true
		e.Kind, e.Index = p.kind(), p.u32("an index")
		return e
	})
}

func (p *parser) startSection() {
	start := p.u32("the start function")
	p.m.Start = &start
}

func (p *parser) elementSection() {
	p.m.Elements = entries(&p.reader, 3, "segments", p.element)
}

func (p *parser) element() Element {
	at := p.pos
	flags := p.u32("the form of a segment")
	if flags > elementNotActive|elementExplicit|elementExprs {
		p.fail(at, "a segment has the form %d, which is unknown", flags)
	}
	e := Element{Type: FuncRef}
	switch {
	case flags&elementNotActive == 0:
		if flags&elementExplicit != 0 {
			e.Table = p.u32("a table index")
		}
		e.Offset = p.expr("the offset of a segment")
	case flags&elementExplicit != 0:
		e.Mode = Declarative
	default:
		e.Mode = Passive
	}
	typed := flags&(elementNotActive|elementExplicit) != 0
	if flags&elementExprs != 0 {
		if typed {
			e.Type = p.refType("the type of a segment")
		}
		e.Exprs = vector(&p.reader, 2, "elements", func() []byte { return p.expr("an element") })
		return e
	}
	if typed {
		at = p.pos
		if kind := p.byte("the kind of a segment"); kind != 0 {
			p.fail(at, "a segment has the kind %d, not 0, functions", kind)
		}
	}
	e.Functions = vector(&p.reader, 1, "elements", func() uint32 { return p.u32("a function index") })
	return e
}

func (p *parser) dataCountSection() {
	n := p.u32("the number of segments")
	p.m.DataCount = &n
}

func (p *parser) codeSection() {
	p.m.Codes = entries(&p.reader, 3, "codes", p.code)
}

func (p *parser) code() Code {
	size := p.count(1, "the bytes of a code")
	outer := p.b
	p.b = p.b[:p.pos+size]
	c := Code{Locals: p.locals(), Offset: p.pos}
	c.Body = p.b[p.pos:len(p.b):len(p.b)]
	if p.err == nil && (len(c.Body) == 0 || c.Body[len(c.Body)-1] != byte(OpEnd)) {
		p.fail(p.pos, "a function does not end with end")
	}
	p.pos, p.b = len(p.b), outer
	if p.err != nil {
		p.pos = len(p.b)
	}
	return c
}

func (p *parser) locals() []Local {
	at := p.pos
	sum := uint64(0)
	locals := vector(&p.reader, 2, "runs of locals", func() Local {
		l := Local{Count: p.u32("a number of locals"), Type: p.valueType("the type of a local")}
		sum += uint64(l.Count)
		return l
	})
	if sum > 1<<32-1 && p.err == nil {
		p.fail(at, "a function has %d locals, more than there can be", sum)
	}
	return locals
}

func (p *parser) dataSection() {
	p.m.Data = entries(&p.reader, 2, "segments", p.data)
}

func (p *parser) data() Data {
	at := p.pos
	flags := p.u32("the form of a segment")
	d := Data{Passive: flags == 1}
	switch {
	case flags == 2:
		if memory := p.u32("a memory index"); memory != 0 {
			p.fail(at, "a segment of memory %d: multi-memory is not supported", memory)
		}
	case flags > 2:
		p.fail(at, "a segment has the form %d, which is unknown", flags)
	}
	if !d.Passive {
		d.Offset = p.expr("the offset of a segment")
	}
	d.Init = p.bytes("the bytes of a segment")
	return d
}
