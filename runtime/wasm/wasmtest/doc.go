// Package wasmtest makes WebAssembly modules for tests. It is for tests only: nothing else imports it.
//
//	wasm := wasmtest.Generate(seed, 200)                     // a random valid module that ends
//	body := wasmtest.Assemble("local.get 0 i32.eqz end") // instructions by hand
package wasmtest
