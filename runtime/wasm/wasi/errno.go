package wasi

// Errno is what a function of WASI answers.
type Errno uint32

// The errors that occur here, by their numbers in wasi_snapshot_preview1.
const (
	Success Errno = 0
	badf    Errno = 8
	fault   Errno = 21
	inval   Errno = 28
	nosys   Errno = 52
	notdir  Errno = 54
	notsock Errno = 57
	spipe   Errno = 70
)
