//go:build unix

package doctor

import (
	"io/fs"
	"syscall"
)

// othersWrite reports whether others than the owner can write.
func othersWrite(info fs.FileInfo) bool { return info.Mode().Perm()&0o022 != 0 }

// openFiles returns how many files a process may open.
func openFiles() (n uint64, known bool) {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0, false
	}
	return uint64(l.Cur), true
}
