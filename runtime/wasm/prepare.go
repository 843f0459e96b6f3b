package wasm

import (
	"encoding/binary"
	"fmt"
	"slices"

	wasmbinary "github.com/troupe-run/troupe/runtime/wasm/binary"
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
	code    []byte // rewritten, without the data that instantiation would copy; or the outline, if the cache has the rest
	outline []byte // code with empty functions; nil if the module is from the cache
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
	m, err := wasmbinary.Parse(code)
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
	p.addWitness(m)
	p.code = m.Encode()
	p.outline = outline(m)
	return p, nil
}

// witness is the export that tells which module the machine code is of.
const witness = instrument.Prefix + "witness"

// testimony is what the witness of the module returns.
func (p *prepared) testimony() uint64 { return binary.LittleEndian.Uint64(p.hash[:]) }

func (p *prepared) addWitness(m *wasmbinary.Module) {
	index := uint32(m.ImportedFuncs() + len(m.Functions))
	m.Types = append(m.Types, wasmbinary.FuncType{Results: []wasmbinary.ValueType{wasmbinary.I64}})
	m.Functions = append(m.Functions, uint32(len(m.Types)-1))
	m.Codes = append(m.Codes, wasmbinary.Code{Body: wasmbinary.EncodeConst(wasmbinary.I64, p.testimony())})
	m.Exports = append(m.Exports, wasmbinary.Export{Name: witness, Kind: wasmbinary.ExternFunc, Index: index})
}

// outline returns a module that is the same but for its functions, which all trap. It is read and judged in no time, and
// instances can be made of it if there is machine code for the functions.
func outline(m *wasmbinary.Module) []byte {
	o := *m
	trap := wasmbinary.Code{Body: []byte{byte(wasmbinary.OpUnreachable), byte(wasmbinary.OpEnd)}}
	o.Codes = slices.Repeat([]wasmbinary.Code{trap}, len(m.Codes))
	return o.Encode()
}

// findExports looks for the entries and for what is to be run first.
func (p *prepared) findExports(m *wasmbinary.Module) error {
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
func find(m *wasmbinary.Module, name string) entryType {
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
func (p *prepared) takeData(m *wasmbinary.Module) error {
	for i := range m.Data {
		d := &m.Data[i]
		if d.Passive {
			continue
		}
		offset, err := wasmbinary.DecodeConst(d.Offset)
		if err != nil || offset.Op != wasmbinary.OpI32Const {
			return fmt.Errorf("data segment %d: its offset is not i32.const", i)
		}
		if end := uint64(uint32(offset.Imm[0])) + uint64(len(d.Init)); end > uint64(p.info.Pages)<<16 {
			return fmt.Errorf("data segment %d is outside of the memory", i)
		}
		if len(d.Init) > 0 {
			p.data = append(p.data, segment{uint32(offset.Imm[0]), d.Init})
		}
		*d = wasmbinary.Data{Passive: true}
	}
	if m.DataCount == nil {
		m.Data = nil
	}
	return nil
}
