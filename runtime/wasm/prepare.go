package wasm

import (
	"fmt"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
)

// A Refusal is the error of Load for a module that is not what it should be, or that fails while it is initialized. All
// other errors of Load are faults of the host, and might not come again.
type Refusal struct{ Err error }

// Error returns what is wrong with the module.
func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap returns what is wrong with the module: a *binary.Error or a *Trap in many cases.
func (r *Refusal) Unwrap() error { return r.Err }

// prepared is a module that was judged and rewritten.
type prepared struct {
	hash    [32]byte // of the original
	dialect *Dialect
	code    []byte // rewritten, without the data that instantiation would copy
	data    []segment
	info    instrument.Info
	imports []int       // places in Dialect.Host, each once
	entries []entryType // by place in Dialect.Entry
	inits   []entryType // to run, in order
}

// segment is data that belongs into memory at an offset.
type segment struct {
	offset uint32
	bytes  []byte
}

// entryType is what there is to know of an export that can be invoked.
type entryType struct {
	Name            string
	Exists          bool
	Params, Results int
}

// prepare judges and rewrites a module. Its errors say what is wrong with it.
func prepare(code []byte, hash [32]byte, d *Dialect) (*prepared, error) {
	m, err := binary.Parse(code)
	if err != nil {
		return nil, err
	}
	if err := d.Rules.Check(m); err != nil {
		return nil, err
	}
	if d.Check != nil {
		if err := d.Check(m); err != nil {
			return nil, err
		}
	}
	p := &prepared{hash: hash, dialect: d}
	if p.imports, err = d.resolve(m); err != nil {
		return nil, fmt.Errorf("wasm: %w", err)
	}
	if err := p.findExports(m); err != nil {
		return nil, fmt.Errorf("wasm: %w", err)
	}
	m.Customs = nil
	p.info, err = instrument.Rewrite(m, instrument.Options{Gas: &d.Gas, MaxPages: d.MaxPages, Depth: d.Depth})
	if err != nil {
		return nil, err
	}
	if p.info.Start {
		p.inits = append([]entryType{{Name: instrument.StartFunction, Exists: true}}, p.inits...)
	}
	if err := p.takeData(m); err != nil {
		return nil, fmt.Errorf("wasm: %w", err)
	}
	p.code = m.Encode()
	return p, nil
}

// findExports looks for the entries and for what is to be run first.
func (p *prepared) findExports(m *binary.Module) error {
	p.entries = make([]entryType, len(p.dialect.Entry))
	for i, name := range p.dialect.Entry {
		p.entries[i] = find(m, name)
		if n := p.entries[i].Results; n > 1 {
			return fmt.Errorf("export %q has %d results: it may have one", name, n)
		}
	}
	for _, name := range p.dialect.Init {
		switch e := find(m, name); {
		case e.Params > 0:
			return fmt.Errorf("export %q has %d parameters: what initializes a module has none", name, e.Params)
		case e.Exists:
			p.inits = append(p.inits, e)
		}
	}
	return nil
}

// find looks for an exported function.
func find(m *binary.Module, name string) entryType {
	e := entryType{Name: name}
	if index, ok := m.ExportedFunc(name); ok {
		t, _ := m.FuncType(index)
		e.Exists, e.Params, e.Results = true, len(t.Params), len(t.Results)
	}
	return e
}

// takeData takes out of the module what instantiation would copy into memory: it is in the image, and to copy it again for
// each instance would give each its own pages of it. A segment that instructions refer to by its number stays, empty, as
// it is for them after instantiation.
func (p *prepared) takeData(m *binary.Module) error {
	for i := range m.Data {
		d := &m.Data[i]
		if d.Passive {
			continue
		}
		offset, err := binary.DecodeConst(d.Offset)
		if err != nil || offset.Op != binary.OpI32Const {
			return fmt.Errorf("data segment %d: its offset is not i32.const", i)
		}
		if end := uint64(uint32(offset.Imm[0])) + uint64(len(d.Init)); end > uint64(p.info.Pages)<<16 {
			return fmt.Errorf("data segment %d is outside of the memory", i)
		}
		if len(d.Init) > 0 {
			p.data = append(p.data, segment{uint32(offset.Imm[0]), d.Init})
		}
		*d = binary.Data{Passive: true}
	}
	if m.DataCount == nil {
		m.Data = nil
	}
	return nil
}
