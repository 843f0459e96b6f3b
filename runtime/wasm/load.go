package wasm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// loadKey is what makes two Loads the same.
type loadKey struct {
	hash    [32]byte
	dialect *Dialect
}

// load is one that is in progress, for everybody who wants the module.
type load struct {
	waiting int // guarded by Engine.mu
	cancel  context.CancelFunc
	done    chan struct{} // closed when module and err are set
	module  *Module
	err     error
}

// Load judges, rewrites, compiles and initializes a module, which may be compressed by gzip. The same code for the same
// dialect is the same Module: two Loads at once share the work, and each is closed by itself. Calls of other modules go on
// meanwhile.
//
// The error is a *Refusal if it is about the module. How large a module may be, unpacked, is Rules.Bytes of the dialect,
// whatever whoever stores code allows. If ctx ends, Load returns at once, and the work is given up if nobody
// else waits for it. Code is not kept.
func (e *Engine) Load(ctx context.Context, code []byte, d *Dialect) (*Module, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	limit := d.Rules.Bytes
	if limit <= 0 {
		limit = binary.DefaultBytes
	}
	plain, err := binary.Gunzip(code, limit)
	if err != nil {
		return nil, &Refusal{err}
	}
	key := loadKey{sha256.Sum256(plain), d}
	l, m, err := e.join(key, plain)
	if l == nil {
		return m, err
	}
	select {
	case <-l.done:
		return l.module, l.err
	case <-ctx.Done():
		return nil, e.leave(l, key, ctx.Err())
	}
}

// join returns the module if it is there, or the load that makes it, which it starts if there is none.
func (e *Engine) join(key loadKey, code []byte) (*load, *Module, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, nil, ErrClosed
	}
	if m := e.modules[key]; m != nil {
		m.refs++
		return nil, m, nil
	}
	l := e.loads[key]
	if l == nil {
		ctx, cancel := context.WithCancel(context.Background())
		l = &load{cancel: cancel, done: make(chan struct{})}
		e.loads[key] = l
		e.users++
		// The caller may change its code once Load has returned, and the work may go on after that.
		go e.work(ctx, l, key, bytes.Clone(code))
	}
	l.waiting++
	return l, nil, nil
}

// leave ends the wait for a load. If it has ended just now its result is given back.
func (e *Engine) leave(l *load, key loadKey, err error) error {
	e.mu.Lock()
	l.waiting--
	if l.waiting == 0 && e.loads[key] == l {
		delete(e.loads, key) // who comes now begins anew
		l.cancel()
	}
	m := l.module
	e.mu.Unlock()
	if m != nil {
		m.Close()
	}
	return err
}

// work makes a module for all that wait for it.
func (e *Engine) work(ctx context.Context, l *load, key loadKey, code []byte) {
	m, err := e.newModule(ctx, key, code)
	e.mu.Lock()
	if e.loads[key] == l {
		delete(e.loads, key)
	}
	if err == nil && e.closed {
		err = ErrClosed
	}
	abandoned := m
	if err == nil && l.waiting > 0 {
		m.refs = l.waiting
		e.modules[key], l.module, abandoned = m, m, nil
	}
	l.err = err
	e.mu.Unlock()
	l.cancel()
	if abandoned != nil {
		abandoned.shut()
	}
	e.release()
	close(l.done)
}

// newModule does the work of Load. The module has one use of the engine.
func (e *Engine) newModule(ctx context.Context, key loadKey, code []byte) (m *Module, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("wasm: loading a module failed: %v\n%s", r, debug.Stack())
		}
		if err != nil && m != nil {
			m.shut()
			m = nil
		}
	}()
	if e.cache != nil {
		if m, err = e.recall(ctx, key); m != nil {
			return m, err
		}
	}
	p, c, err := e.build(ctx, key, code)
	if err != nil {
		return nil, err
	}
	m = e.adopt(key, p, c)
	return m, m.initialize()
}

// adopt makes a module that is not initialized yet, with one use of the engine.
func (e *Engine) adopt(key loadKey, p *prepared, c *compiled) *Module {
	e.mu.Lock()
	e.users++
	e.mu.Unlock()
	p.code, p.outline = nil, nil
	return &Module{engine: e, key: key, prepared: p, compiled: c, instances: map[*instance]struct{}{}}
}

// build rewrites and compiles a module, and puts it into the cache.
func (e *Engine) build(ctx context.Context, key loadKey, code []byte) (*prepared, *compiled, error) {
	p, err := prepare(code, key.hash, key.dialect)
	if err != nil {
		return nil, nil, &Refusal{err}
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if e.cache != nil {
		// A cache that cannot be written to is none.
		if stage, cache, err := e.cache.newStage(); err == nil {
			defer stage.remove()
			if c, err := e.compile(ctx, p, cache); err == nil {
				_ = stage.publish(e.cache.key(key), p)
				return p, c, nil
			}
			// The module may be wrong, or the disk full: without the disk, the reason that is left is the module's.
		}
	}
	c, err := e.compile(ctx, p, nil)
	return p, c, err
}

// recall returns a module from the cache, initialized, or nil if it is not there.
func (e *Engine) recall(ctx context.Context, key loadKey) (*Module, error) {
	id := e.cache.key(key)
	stage, cache, err := e.cache.newStage()
	if err != nil {
		return nil, nil
	}
	defer stage.remove()
	found := e.cache.find(id, key.dialect, stage)
	if found == nil {
		cache.Close(ctx)
		return nil, nil
	}
	p := found.prepared
	p.hash = key.hash
	c, err := e.compile(ctx, p, cache)
	if err != nil {
		if ctx.Err() == nil {
			e.cache.reject(id) // wazero does not want it, or it does not fit the host
		}
		return nil, nil
	}
	m := e.adopt(key, p, c)
	if err := m.initialize(); !errors.Is(err, errOtherCode) {
		e.cache.hits.Add(1)
		return m, err
	}
	e.cache.misses.Add(1) // it was compiled for another processor
	m.shut()
	return nil, nil
}

// errOtherCode is why a module is not initialized whose machine code is not its own.
var errOtherCode = errors.New("wasm: the machine code is not that of the module")

// initialize runs the module for the first time, and makes the image of what it is then.
func (m *Module) initialize() error {
	first := &instance{module: m}
	if err := m.admit(first); err != nil {
		return err
	}
	defer first.drop()
	if err := first.build(nil); err != nil {
		return err
	}
	if said, err := first.guest.ExportedFunction(witness).Call(first); err != nil || said[0] != m.prepared.testimony() {
		return errOtherCode
	}
	if err := first.initialize(); err != nil {
		if trap := (*Trap)(nil); errors.As(err, &trap) {
			return &Refusal{err}
		}
		return err
	}
	if m.Fresh() != "" {
		return nil
	}
	m.globals = first.capture()
	if first.memory != nil {
		var err error
		if m.image, err = m.engine.backing.Image(first.memory); err != nil {
			return err
		}
	}
	m.prepared.data = nil
	if m.engine.options.Reset != ResetFresh {
		m.pool = newPool(max(0, m.engine.options.Idle))
	}
	return nil
}
