//go:build !unix

package doctor

import "io/fs"

// othersWrite cannot tell: rights are not in the mode of a file here.
func othersWrite(fs.FileInfo) bool { return false }

// openFiles cannot tell.
func openFiles() (n uint64, known bool) { return 0, false }
