package instrument

import (
	"fmt"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// Version is raised by every change that makes a module rewrite to other code or cost other gas.
const Version = 2

// Prefix is what the names of the host's own exports begin with. A guest has no such export.
const Prefix = "troupe:"

// The exports of a rewritten module; see the package.
const (
	GasGlobal       = Prefix + "gas"
	ExhaustedGlobal = Prefix + "exhausted"
	DepthGlobal     = Prefix + "depth"
	PagesGlobal     = Prefix + "pages"
	StartFunction   = Prefix + "start"
)

// ExhaustedDepth is the value of ExhaustedGlobal when no depth was left.
const ExhaustedDepth = 1

// MaxDepth bounds Options.Depth: beyond it, a limit of the engine would end some calls first.
const MaxDepth = 1900

// Options say what a rewritten module is held to.
type Options struct {
	Gas      *Table // nil: gas is not counted
	MaxPages uint32 // of memory, at most 65536
	Depth    uint32 // how many calls may nest, at most MaxDepth; 0: no bound
}

// Info is what the host needs to know of a rewritten module.
type Info struct {
	// Globals are the exports of all mutable globals whose values are numbers, in the order of their indices, those of
	// this package last. A host that sets them to what they were undoes what a call did to globals.
	Globals []string

	Pages    uint32 // initial value of PagesGlobal
	MaxPages uint32 // the declared size of memory
	Start    bool   // there is a StartFunction, which is to be called before anything else

	// Fresh says why memory and globals are not all that a call may change, so that each call needs a new instance. It
	// is empty if they are.
	Fresh string
}

// Rewrite changes a module in place, which must have passed binary.Rules.Check and be valid. It returns an error, and
// leaves the module as it was, if the module or the options ask for something that cannot be. The result shares memory
// with what the module referred to before, and changes none of that.
func Rewrite(m *binary.Module, o Options) (Info, error) {
	r, err := newRewriter(m, o)
	if err != nil {
		return Info{}, fmt.Errorf("rewriting a wasm module: %w", err)
	}
	codes := make([]binary.Code, len(m.Codes), len(m.Codes)+1)
	for i := range m.Codes {
		if codes[i], err = r.code(i); err != nil {
			return Info{}, fmt.Errorf("rewriting a wasm module: function %d: %w", r.spaces.ImportedFunctions+i, err)
		}
	}
	return r.apply(codes), nil
}

// rewriter holds what the functions of one module share while it is rewritten. The module is read only, until apply.
type rewriter struct {
	m      *binary.Module
	o      Options
	spaces binary.Spaces
	types  []binary.FuncType // of the module, and what was added

	gas, exhausted, depth, pages uint32 // indices of the globals

	minPages, maxPages uint32
	grow               bool // memory.grow is used, and so is its replacement
	fresh              string

	body body // reused from function to function
}

func newRewriter(m *binary.Module, o Options) (*rewriter, error) {
	if o.Gas != nil {
		if err := o.Gas.check(); err != nil {
			return nil, err
		}
	}
	if o.Depth > MaxDepth {
		return nil, fmt.Errorf("a depth of %d calls is asked for, more than %d", o.Depth, MaxDepth)
	}
	if len(m.Functions) != len(m.Codes) {
		return nil, fmt.Errorf("%d functions have %d codes", len(m.Functions), len(m.Codes))
	}
	for _, e := range m.Exports {
		if strings.HasPrefix(e.Name, Prefix) {
			return nil, fmt.Errorf("export %q begins with %q, which is the host's: rename it", e.Name, Prefix)
		}
	}
	r := &rewriter{m: m, o: o, spaces: m.Spaces(), types: slices.Clip(m.Types)}
	first := uint32(len(r.spaces.Globals))
	r.gas, r.exhausted, r.depth, r.pages = first, first+1, first+2, first+3
	for i, g := range r.spaces.Globals {
		if g.Mutable && g.Type.IsReference() {
			r.cannotReset(fmt.Sprintf("global %d is a mutable %v", i, g.Type))
		}
	}
	return r, r.checkMemory()
}

// cannotReset notes why instances of the module serve one call only. The first reason counts.
func (r *rewriter) cannotReset(reason string) {
	if r.fresh == "" {
		r.fresh = reason
	}
}

// resultType returns the encoded type of a block without parameters that has these results.
func (r *rewriter) resultType(results []binary.ValueType) []byte {
	switch len(results) {
	case 0:
		return []byte{emptyBlock}
	case 1:
		return []byte{byte(results[0])}
	}
	return binary.AppendS64(nil, int64(r.typeIndex(binary.FuncType{Results: results})))
}

// typeIndex returns the index of a type, which it adds if the module has none.
func (r *rewriter) typeIndex(t binary.FuncType) uint32 {
	i := slices.IndexFunc(r.types, func(u binary.FuncType) bool {
		return slices.Equal(t.Params, u.Params) && slices.Equal(t.Results, u.Results)
	})
	if i < 0 {
		i = len(r.types)
		r.types = append(r.types, t)
	}
	return uint32(i)
}

// growFunction returns the index of the function that stands for memory.grow.
func (r *rewriter) growFunction() uint32 { return uint32(len(r.spaces.Functions)) }

// apply puts the rewritten codes and what they need into the module. Everything is added behind what is there, so that
// no index changes its meaning.
func (r *rewriter) apply(codes []binary.Code) Info {
	m := r.m
	info := Info{Pages: r.minPages, MaxPages: r.maxPages, Start: m.Start != nil, Fresh: r.fresh}
	functions, exports := slices.Clip(m.Functions), slices.Clip(m.Exports)
	for i, g := range r.spaces.Globals {
		if g.Mutable && !g.Type.IsReference() {
			name := fmt.Sprintf("%sg%d", Prefix, i)
			exports = append(exports, binary.Export{Name: name, Kind: binary.ExternGlobal, Index: uint32(i)})
			info.Globals = append(info.Globals, name)
		}
	}
	globals := slices.Clip(m.Globals)
	for i, g := range []struct {
		name    string
		t       binary.ValueType
		initial uint32
	}{
		{GasGlobal, binary.I64, 0}, {ExhaustedGlobal, binary.I32, 0},
		{DepthGlobal, binary.I32, r.o.Depth}, {PagesGlobal, binary.I32, r.minPages},
	} {
		globals = append(globals, binary.Global{
			GlobalType: binary.GlobalType{Type: g.t, Mutable: true},
			Init:       binary.EncodeConst(g.t, uint64(g.initial)),
		})
		exports = append(exports, binary.Export{Name: g.name, Kind: binary.ExternGlobal, Index: r.gas + uint32(i)})
		info.Globals = append(info.Globals, g.name)
	}
	if m.Start != nil {
		exports = append(exports, binary.Export{Name: StartFunction, Kind: binary.ExternFunc, Index: *m.Start})
	}
	if r.grow {
		functions = append(functions, r.typeIndex(growType))
		codes = append(codes, r.growCode())
	}
	if len(m.Memories) > 0 {
		size := r.maxPages
		m.Memories = []binary.Limits{{Min: size, Max: &size}}
	}
	m.Types, m.Functions, m.Globals, m.Exports, m.Codes, m.Start = r.types, functions, globals, exports, codes, nil
	return info
}
