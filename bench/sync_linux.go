package bench

import (
	"os"
	"syscall"
)

// syncData makes what was written to f durable, as the store does.
func syncData(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
