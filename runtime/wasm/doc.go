// Package wasm runs WebAssembly modules as actors need them: sandboxed, metered, and as new on every call.
//
//	engine, err := wasm.NewEngine(wasm.Options{CacheDir: dir})
//	module, err := engine.Load(ctx, code, dialect)     // once: judge, rewrite, compile, run what initializes
//	err = module.Call(fuel, user, func(c *wasm.Call) error {
//		result, err := c.Invoke(entry, args...)    // as often as the ABI of the dialect asks for
//		...
//	})
//
// A Dialect says what a module may be, what it costs and what the host does for it; this package knows of no ABI. It is
// the only one that knows wazero, which compiles and runs modules.
//
// # Every call sees the same instance
//
// Load instantiates the module once, runs its start function and the exports of Dialect.Init, and keeps what memory and
// globals are then: the image. A call borrows an instance from a pool. When it ends, what it changed is put back, whether
// it returned, trapped or panicked: on Linux the kernel tells which pages of the memory were written to, and these are
// copied back from the image; elsewhere memory is compared with the image. Globals are exported by the rewriter, and are
// set. Modules that can change more than that, such as tables, get a new instance for each call. An instance that cannot
// be put back is dropped.
//
// # Limits
//
// Fuel and the depth of calls are counted by instructions in the module, see package instrument, so that they end a guest
// at the same place on every machine. A guest that runs is not interrupted by anything else. It cannot be stopped by the
// scheduler of Go either: a collection of garbage waits for it, and the fuel of a call bounds how long.
// A call that runs longer than Options.Watchdog is reported to the operator, and goes on.
//
// # Traps
//
// What ends a guest is a *Trap with a text that does not depend on how the guest is run. A panic of a host function ends
// the guest, and goes on in the caller of Invoke with the same value.
package wasm
