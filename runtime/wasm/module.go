package wasm

import (
	"errors"
	"sync"
)

// ErrClosed is the error of using an Engine or Module after Close.
var ErrClosed = errors.New("wasm: the engine or the module is closed")

// Module is a loaded module. It is safe for concurrent use.
type Module struct {
	engine   *Engine
	key      loadKey
	prepared *prepared
	compiled *compiled
	image    image    // nil if the module has no memory, or gets a new instance for each call
	globals  []uint64 // of the image, by place in prepared.info.Globals
	pool     *pool    // nil if each call gets a new instance

	refs int // how many Loads are not closed yet; guarded by engine.mu

	mu        sync.Mutex
	closed    bool
	instances map[*instance]struct{} // those that there are, idle or not
	retired   uint64                 // calls of instances that are no more
	created   uint64                 // how many instances were made
	dropped   uint64                 // how many were not fit for another call
}

// Hash returns the SHA-256 of the module as it was given to Load, uncompressed.
func (m *Module) Hash() [32]byte { return m.prepared.hash }

// HasEntry reports whether the module exports Dialect.Entry[i].
func (m *Module) HasEntry(i int) bool {
	return i >= 0 && i < len(m.prepared.entries) && m.prepared.entries[i].Exists
}

// Imports reports whether the module imports a function from the module of that name.
func (m *Module) Imports(name string) bool {
	for _, i := range m.prepared.imports {
		if m.prepared.dialect.Host[i].Module == name {
			return true
		}
	}
	return false
}

// Arity returns how many parameters and results the export Dialect.Entry[i] has. Both are 0 if the module lacks it.
func (m *Module) Arity(i int) (params, results int) {
	if !m.HasEntry(i) {
		return 0, 0
	}
	return m.prepared.entries[i].Params, m.prepared.entries[i].Results
}

// Fresh returns why every call gets a new instance, which takes much longer, or "" if they are reused.
func (m *Module) Fresh() string { return m.prepared.info.Fresh }

// Close gives the module back; each Load is closed once. After the last Close no call begins, and what the module takes up
// is freed as soon as the calls in flight have ended. Close does not wait for them.
func (m *Module) Close() error {
	if m.engine.forget(m) {
		m.shut()
	}
	return nil
}

// Call gives fn an instance whose memory and globals are those of the image, and puts them back when fn has returned. The
// guest may use up to fuel. user is what Call.User returns to the host functions. The error is that of fn, which passes
// on those of Invoke as it likes, or that of the host if there can be no instance: then fn was not called.
//
// Any number of goroutines may call at once, and host functions may call again, into this module or another. If fn
// panics, so does Call, after the instance was put back.
func (m *Module) Call(fuel int64, user any, fn func(*Call) error) error {
	inst, err := m.borrow()
	if err != nil {
		return err
	}
	defer inst.giveBack()
	inst.begin(fuel, user)
	return fn(&inst.call)
}

// borrow returns an instance that nobody else has.
func (m *Module) borrow() (*instance, error) {
	if m.pool == nil {
		return m.newInstance()
	}
	home := m.pool.home()
	if inst := m.pool.take(home); inst != nil {
		inst.home = home
		return inst, nil
	}
	inst, err := m.newInstance()
	if err == nil {
		inst.home = home
	}
	return inst, err
}

// admit counts an instance that is about to be made. Each that was admitted is discharged, made or not.
func (m *Module) admit(inst *instance) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	m.instances[inst] = struct{}{}
	m.created++
	return nil
}

// discharge forgets an instance. The last one of a closed module takes the module with it.
func (m *Module) discharge(inst *instance) {
	m.mu.Lock()
	delete(m.instances, inst)
	m.retired += inst.calls()
	last := m.closed && len(m.instances) == 0
	m.mu.Unlock()
	if last {
		m.free()
	}
}

// shut lets no call begin any more and frees the module if there is none.
func (m *Module) shut() {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return
	}
	m.closed = true
	none := len(m.instances) == 0
	m.mu.Unlock()
	if none {
		m.free()
		return
	}
	if m.pool != nil {
		for _, inst := range m.pool.close() {
			inst.drop()
		}
	}
}

// free gives back all that the module has. It is called once, when there are no instances and can be none.
func (m *Module) free() {
	m.compiled.close()
	if m.image != nil {
		m.image.Free()
	}
	m.engine.bury(m)
}

// shrink drops the instances that were idle for long.
func (m *Module) shrink() {
	if m.pool != nil {
		for _, inst := range m.pool.shrink() {
			inst.drop()
		}
	}
}
