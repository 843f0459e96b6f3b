package wasm

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
)

// Dialect is a guest ABI: what a module may be, what it costs, and what the host does for it. It must not be changed once
// it was given to Load. Version changes with what Check and the host functions do: a module that was compiled for a
// Version is not judged again.
type Dialect struct {
	Name    string
	Version int

	Rules binary.Rules
	Check func(*binary.Module) error // judges imports and exports; nil: anything goes that Host provides
	Gas   instrument.Table

	MaxPages uint32 // of memory, at most 65535
	Depth    uint32 // calls within one another, at most instrument.MaxDepth; 0: as many as the engine bears

	Host []HostFunc

	// Init are exports without parameters that Load runs, those that are there, after the start function. All together
	// have InitFuel. The User of their Call is nil.
	Init     []string
	InitFuel uint64

	// Entry are the exports that Call.Invoke may name, by their place in this list. A module may lack some; those it
	// has return at most one result.
	Entry []string
}

// HostFunc is a function that guests may import.
//
// Func finds the arguments in stack, one number in each place, and leaves its results there from the start; of an i32
// only the low half counts, uint32(stack[i]). Func may invoke the guest again, and call other modules. It ends the guest
// by Call.Trap or by a panic. It must not keep the Call.
type HostFunc struct {
	Module, Name    string
	Params, Results []binary.ValueType
	Func            func(c *Call, stack []uint64)
}

// check refuses a dialect that cannot be meant.
func (d *Dialect) check() error {
	if d.MaxPages > 65535 {
		return fmt.Errorf("wasm: dialect %s: MaxPages is %d, more than 65535", d.Name, d.MaxPages)
	}
	if d.InitFuel > 1<<62 {
		return fmt.Errorf("wasm: dialect %s: InitFuel is %d, more than 1<<62", d.Name, d.InitFuel)
	}
	for i := range d.Host {
		if f := &d.Host[i]; f.Module == "" || f.Func == nil {
			return fmt.Errorf("wasm: dialect %s: host function %q %q needs a module and a Func", d.Name, f.Module, f.Name)
		}
	}
	return nil
}

// resolve returns the places in Host of the functions that a module imports, each once, or why it cannot have what it
// imports.
func (d *Dialect) resolve(m *binary.Module) ([]int, error) {
	var used []int
	for i := range m.Imports {
		imp := &m.Imports[i]
		if imp.Kind != binary.ExternFunc {
			return nil, fmt.Errorf("import %q %q is a %v: functions only can be imported", imp.Module, imp.Name, imp.Kind)
		}
		n := slices.IndexFunc(d.Host, func(f HostFunc) bool { return f.Module == imp.Module && f.Name == imp.Name })
		if n < 0 {
			return nil, fmt.Errorf("import %q %q: the %s dialect has no such function", imp.Module, imp.Name, d.Name)
		}
		f := &d.Host[n]
		if t := m.Types[imp.Type]; !slices.Equal(t.Params, f.Params) || !slices.Equal(t.Results, f.Results) {
			return nil, fmt.Errorf("import %q %q takes %v and returns %v: it must take %v and return %v",
				imp.Module, imp.Name, t.Params, t.Results, f.Params, f.Results)
		}
		if !slices.Contains(used, n) {
			used = append(used, n)
		}
	}
	return used, nil
}

// digest is a hash of all that decides what becomes of a module, as far as it is data. Version stands for the rest.
func (d *Dialect) digest() [32]byte {
	b := fmt.Appendf(nil, "%q %d %d %d %d %d %v %v %q %q", d.Name, d.Version, instrument.Version, binary.RulesVersion, d.MaxPages,
		d.Depth, d.Gas, d.Rules, d.Init, d.Entry)
	for i := range d.Host {
		b = fmt.Appendf(b, " %q %q %v %v", d.Host[i].Module, d.Host[i].Name, d.Host[i].Params, d.Host[i].Results)
	}
	return sha256.Sum256(b)
}
