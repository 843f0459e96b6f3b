// Package binary reads, judges and writes the WebAssembly binary format, as far as the host accepts it: core 2.0
// without vectors, and none of the later proposals. It knows nothing of gas, of an engine or of what a module imports.
//
//	m, err := binary.Parse(code)     // the structure
//	err = rules.Check(m)             // limits, features and indices
//	err = binary.Walk(body, visit)   // the instructions of one function
//	code = m.Encode()
//
// Nothing that Parse is given makes it panic, or allocate more than a multiple of the length of its input. Modules that
// have passed Rules.Check refer to nothing that is not there; their bodies are not type-checked, which is left to the
// engine that compiles them.
//
// A Module is a plain value that its owner may change, and to build one is to fill one in. It is safe for concurrent
// reading. What Parse returns shares memory with its input, which must not change as long as the module is in use.
package binary
