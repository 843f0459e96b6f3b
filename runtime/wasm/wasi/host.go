package wasi

import (
	"fmt"

	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// Module is the name that the functions are imported from.
const Module = "wasi_snapshot_preview1"

// ExitError ends the call of a guest that called proc_exit.
type ExitError struct{ Status uint32 }

// Error says so, in the same words everywhere.
func (e *ExitError) Error() string { return fmt.Sprintf("the guest exited with status %d", e.Status) }

// Functions returns all of preview1 for a dialect. worldOf finds the world of a call; it returns nil where there is none,
// and should then have no other effect.
func Functions(worldOf func(*wasm.Call) *World) []wasm.HostFunc {
	list := make([]wasm.HostFunc, 0, len(functions)+1)
	for _, f := range functions {
		list = append(list, wasm.HostFunc{Module: Module, Name: f.name, Params: types(f.params), Results: []binary.ValueType{binary.I32},
			Func: func(c *wasm.Call, stack []uint64) {
				g := caller{c}
				g.Spend(CallFuel)
				w := worldOf(c)
				if w == nil {
					w = new(World)
				}
				stack[0] = uint64(f.do(w, g, stack))
			}})
	}
	return append(list, wasm.HostFunc{Module: Module, Name: "proc_exit", Params: types("i"),
		Func: func(c *wasm.Call, stack []uint64) {
			var err error = &ExitError{arg(stack, 0)}
			if worldOf(c) == nil {
				err = &wasm.Refusal{Err: err}
			}
			c.Trap(err)
		}})
}

// caller is a guest as the functions see it.
type caller struct{ *wasm.Call }

func (c caller) Spend(fuel int64) {
	left := c.Fuel() - fuel
	c.SetFuel(left)
	if left < 0 {
		c.Trap(&wasm.Trap{Kind: wasm.OutOfFuel})
	}
}

func types(letters string) []binary.ValueType {
	list := make([]binary.ValueType, len(letters))
	for i, l := range letters {
		list[i] = binary.I32
		if l == 'I' {
			list[i] = binary.I64
		}
	}
	return list
}

// function is a function that answers with an Errno. The parameters are i for i32 and I for i64.
type function struct {
	name, params string
	do           func(w *World, g Guest, p []uint64) Errno
}

// arg returns a parameter of type i32: the upper half of its slot holds anything.
func arg(p []uint64, i int) uint32 { return uint32(p[i]) }

var functions = []function{
	{"args_get", "ii", func(*World, Guest, []uint64) Errno { return Success }},
	{"args_sizes_get", "ii", func(_ *World, g Guest, p []uint64) Errno { return sizes(g, arg(p, 0), arg(p, 1)) }},
	{"environ_get", "ii", func(*World, Guest, []uint64) Errno { return Success }},
	{"environ_sizes_get", "ii", func(_ *World, g Guest, p []uint64) Errno { return sizes(g, arg(p, 0), arg(p, 1)) }},
	{"clock_res_get", "ii", func(_ *World, g Guest, p []uint64) Errno { return clockRes(g, arg(p, 0), arg(p, 1)) }},
	{"clock_time_get", "iIi", func(w *World, g Guest, p []uint64) Errno { return w.clockTime(g, arg(p, 0), arg(p, 2)) }},
	{"random_get", "ii", func(w *World, g Guest, p []uint64) Errno { return w.randomGet(g, arg(p, 0), arg(p, 1)) }},
	{"sched_yield", "", func(*World, Guest, []uint64) Errno { return Success }},
	{"poll_oneoff", "iiii", func(w *World, g Guest, p []uint64) Errno {
		return w.poll(g, arg(p, 0), arg(p, 1), arg(p, 2), arg(p, 3))
	}},
	{"proc_raise", "i", func(*World, Guest, []uint64) Errno { return nosys }},

	{"fd_read", "iiii", func(_ *World, g Guest, p []uint64) Errno { return read(g, arg(p, 0), arg(p, 3)) }},
	{"fd_write", "iiii", func(w *World, g Guest, p []uint64) Errno {
		return w.write(g, arg(p, 0), arg(p, 1), arg(p, 2), arg(p, 3))
	}},
	{"fd_close", "i", onFd(standard)},
	{"fd_fdstat_get", "ii", func(_ *World, g Guest, p []uint64) Errno { return fdstat(g, arg(p, 0), arg(p, 1)) }},
	{"fd_filestat_get", "ii", func(_ *World, g Guest, p []uint64) Errno { return filestat(g, arg(p, 0), arg(p, 1)) }},
	{"fd_fdstat_set_flags", "ii", onFd(standard)},
	{"fd_fdstat_set_rights", "iII", onFd(standard)},
	{"fd_sync", "i", onFd(standard)},
	{"fd_datasync", "i", onFd(standard)},
	{"fd_advise", "iIIi", onFd(seek)},
	{"fd_allocate", "iII", onFd(seek)},
	{"fd_filestat_set_size", "iI", onFd(seek)},
	{"fd_filestat_set_times", "iIIi", onFd(seek)},
	{"fd_pread", "iiiIi", onFd(seek)},
	{"fd_pwrite", "iiiIi", onFd(seek)},
	{"fd_seek", "iIii", onFd(seek)},
	{"fd_tell", "ii", onFd(seek)},
	{"fd_renumber", "ii", onFd(noFd)},
	{"fd_readdir", "iiiIi", onFd(dir)},
	{"fd_prestat_get", "ii", onFd(noFd)},
	{"fd_prestat_dir_name", "iii", onFd(noFd)},

	{"path_create_directory", "iii", onFd(dir)},
	{"path_filestat_get", "iiiii", onFd(dir)},
	{"path_filestat_set_times", "iiiiIIi", onFd(dir)},
	{"path_link", "iiiiiii", onFd(dir)},
	{"path_open", "iiiiiIIii", onFd(dir)},
	{"path_readlink", "iiiiii", onFd(dir)},
	{"path_remove_directory", "iii", onFd(dir)},
	{"path_rename", "iiiiii", onFd(dir)},
	{"path_symlink", "iiiii", func(_ *World, _ Guest, p []uint64) Errno { return dir(arg(p, 2)) }},
	{"path_unlink_file", "iii", onFd(dir)},

	{"sock_accept", "iii", onFd(noSocket)},
	{"sock_recv", "iiiiii", onFd(noSocket)},
	{"sock_send", "iiiii", onFd(noSocket)},
	{"sock_shutdown", "ii", onFd(noSocket)},
}

// onFd makes a function of one that needs nothing but the descriptor in the first parameter.
func onFd(do func(fd uint32) Errno) func(*World, Guest, []uint64) Errno {
	return func(_ *World, _ Guest, p []uint64) Errno { return do(arg(p, 0)) }
}
