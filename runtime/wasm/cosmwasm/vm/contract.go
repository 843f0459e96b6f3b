package vm

import (
	"context"
	"math"
	"sync"

	"github.com/troupe-run/troupe/runtime/wasm"
)

// Contract is a module that can be called. It is safe for concurrent use, and good as long as the module is.
type Contract struct {
	module  *wasm.Module
	exports [len(entryNames)]export
	runs    sync.Pool // of *run
}

// export is a function that the host may call.
type export struct {
	exists          bool
	params, results int
}

// New returns the contract of a module, which was loaded with Dialect.
func New(m *wasm.Module) *Contract {
	c := &Contract{module: m}
	for i := range c.exports {
		params, results := m.Arity(i)
		c.exports[i] = export{m.HasEntry(i), params, results}
	}
	c.runs.New = func() any {
		r := &run{contract: c}
		r.body = r.serve
		return r
	}
	return c
}

// Call is one call of an entry point.
type Call struct {
	Entry string
	// Args are the bytes that the contract sees: env, info and msg, or env and msg. If migrate takes two and three are
	// given the last is left out; the gas for handing over three is charged all the same (2.2). None is nil, which is not
	// the same as empty: it is refused before anything is charged (M11).
	Args     [][]byte
	ReadOnly bool   // writes end the call (S49)
	Gas      uint64 // limit
	Host     Host
	// Debug gets what the contract prints. It is charged whether or not there is a Debug.
	Debug func(text string)
}

// Usage is the VM gas of a call. Used and External together are the limit less what is left, unless the Host reported
// more than was left.
type Usage struct{ Used, External uint64 }

// maxResult bounds the bytes of a result.
const maxResult = 64 << 20

// Run calls the contract, on an instance of its own, and returns the bytes of its answer. The usage is that of the call
// up to where it ended, with an error too.
//
// The error is an *Error if the contract failed, what the Host returned if the Host did, and otherwise a fault of the
// machine, such as the end of the context, which is looked at before the call only. A panic of the Host goes through.
func (c *Contract) Run(ctx context.Context, call *Call) (result []byte, u Usage, err error) {
	if err := ctx.Err(); err != nil {
		return nil, Usage{}, err
	}
	for i, arg := range call.Args {
		if arg == nil {
			return nil, Usage{}, fail(NilArgument, "Null/Nil argument: arg%d", i+1)
		}
	}
	r := c.runs.Get().(*run)
	r.call = call
	defer r.end()
	err = c.module.Call(int64(min(call.Gas, math.MaxInt64)), r, r.body)
	return r.result, r.usage, err
}

// run is a call on its way. The memory in it is used again for the next.
type run struct {
	contract *Contract
	body     func(*wasm.Call) error // serve, made once
	pointers [maxArgs]uint64
	ranges   iterators
	lengths  [8]byte // of a pair
	state
}

// state is what a run forgets when it has ended.
type state struct {
	call  *Call
	guest *wasm.Call

	reserve   uint64 // gas that the guest cannot count
	external  uint64
	exhausted bool // the guest found that gas is out: nothing is left
	depth     int  // calls of the host into the guest, within one another

	result []byte
	usage  Usage
}

// maxArgs is how many arguments entry points have at most.
const maxArgs = 3

// end closes what the call has begun and gives the run back.
func (r *run) end() {
	r.ranges.clear()
	r.state = state{}
	r.contract.runs.Put(r)
}

// serve is what happens inside of the instance.
func (r *run) serve(guest *wasm.Call) error {
	r.guest = guest
	r.reserve = r.call.Gas - min(r.call.Gas, math.MaxInt64)
	result, err := r.enter(r.call.Args)
	if e, ok := err.(*Error); ok && e.Kind == ArityMismatch && r.call.Entry == entryMigrate && len(r.call.Args) == 3 {
		result, err = r.enter(r.call.Args[:2])
	}
	r.usage = Usage{Used: sub(sub(r.call.Gas, r.external), r.left()), External: r.external}
	r.result = result
	return err
}

// sub returns a-b, but not less than 0.
func sub(a, b uint64) uint64 { return a - min(a, b) }

// enter calls the entry point in the order of 2.2, which is the order of gas.
func (r *run) enter(args [][]byte) ([]byte, error) {
	if len(args) > maxArgs {
		return nil, fail(ArityMismatch, "a call has %d arguments, at most %d can be passed", len(args), maxArgs)
	}
	for i, arg := range args {
		ptr, err := r.give(arg)
		if err != nil {
			return nil, err
		}
		r.pointers[i] = ptr
	}
	ptr, err := r.invoke(entryOf(r.call.Entry), 1, r.pointers[:len(args)]...)
	if err != nil {
		return nil, err
	}
	answer, failed := r.read(ptr, maxResult)
	if failed != nil {
		return nil, failed
	}
	answer = append(make([]byte, 0, len(answer)), answer...)
	if _, err := r.invoke(entryDeallocate, 0, uint64(uint32(ptr))); err != nil {
		return nil, err
	}
	return answer, nil
}

// maxDepth is how many calls of the host into the guest may be within one another: an entry point, and allocate.
const maxDepth = 2

// invoke calls an export. It must have as many parameters as there are arguments, and the given number of results.
func (r *run) invoke(entry, results int, args ...uint64) (uint64, error) {
	if entry < 0 {
		return 0, missing(r.call.Entry)
	}
	e := &r.contract.exports[entry]
	if !e.exists {
		return 0, missing(entryNames[entry])
	}
	if e.params != len(args) {
		return 0, fail(ArityMismatch, "The called function args arity does not match. The contract's method arity: %d", e.params)
	}
	if r.depth == maxDepth {
		return 0, fail(CallDepth, "Maximum call depth exceeded.")
	}
	r.depth++
	v, err := r.guest.Invoke(entry, args...)
	r.depth--
	if err != nil {
		return 0, r.failure(err)
	}
	if e.results != results {
		return 0, fail(ResultMismatch, "Unexpected number of result values when calling '%s'. Expected: %d, actual: %d.",
			entryNames[entry], results, e.results)
	}
	return v, nil
}

func missing(name string) *Error {
	return fail(MissingExport, "Error resolving Wasm function: Could not get export: Missing export %s", name)
}

// failure says why the guest ended. An error of an import has become one of the engine.
func (r *run) failure(err error) error {
	switch e := err.(type) {
	case *wasm.Trap:
		if e.Kind == wasm.OutOfFuel {
			r.exhausted = true
			return errOutOfGas()
		}
		return ofTrap(e)
	case *Error:
		if r.exhausted {
			return errOutOfGas()
		}
		return atRuntime(e.Kind, e.Text)
	}
	return err
}
