// Package wasi is the part of wasi_snapshot_preview1 that can be had without a world: what the runtimes of Go, Rust and
// C need to start, and nothing that could differ between two machines.
//
// Every function of preview1 may be imported. The clocks show the time of the transaction, and sleeping moves them on for
// the rest of the call. Random bytes are a stream of the seed of the transaction and the number of the call. There are no
// arguments and no environment. Descriptors 0, 1 and 2 are open and are terminals: the first is at its end, what is
// written to the others goes to the log line by line. There are no files, folders or sockets: badf is the answer to
// everything else. proc_exit ends the call with an *ExitError.
//
// A World holds what one call sees of all that. Before any call, while a module is prepared, there is none: then the
// clocks stand at 1 ns after 1970, random bytes are the beginning of the same stream each time, and output is dropped.
//
// A World is used by one goroutine at a time. Addresses outside of the memory are the error fault, as preview1 has it.
package wasi
