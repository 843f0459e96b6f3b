package wasm

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// marks are the write marks of the kernel: a page that is marked stays so until it is written to first, and the kernel
// takes the mark away by itself. Asking for pages without one costs it a look at each page's entry; without marks it
// has to look at each page, and that is a miss of the processor's cache for each page of an image that was ever read.
// (userfaultfd(2), UFFD_FEATURE_WP_ASYNC, since Linux 6.7. Containers often forbid it.)
type marks struct{ fd int }

// The requests and features of userfaultfd, as linux/userfaultfd.h has them. The numbers are those of the architectures
// that number requests as most do; elsewhere they are none, and the probe finds out.
const (
	userfaultAPI          = 0xaa
	userfaultAPIRequest   = 0xc018aa3f
	userfaultRegister     = 0xc020aa00
	userfaultWriteProtect = 0xc018aa06

	userfaultUserModeOnly = 1 // flag of the call: nobody needs a privilege then
	featureMarkFiles      = 1 << 12
	featureMarkAbsent     = 1 << 13
	featureAsync          = 1 << 15
	modeWriteProtect      = 1 << 1 // of a registration
	markOn                = 1 << 0
)

func newMarks() (*marks, error) {
	fd, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|unix.O_NONBLOCK|userfaultUserModeOnly, 0, 0)
	if errno != 0 {
		return nil, fmt.Errorf("wasm: userfaultfd: %w", errno)
	}
	m := &marks{int(fd)}
	api := [3]uint64{userfaultAPI, featureMarkFiles | featureMarkAbsent | featureAsync}
	if errno := m.ask(userfaultAPIRequest, unsafe.Pointer(&api)); errno != 0 {
		m.free()
		return nil, fmt.Errorf("wasm: userfaultfd: this kernel takes no write marks away by itself: %w", errno)
	}
	return m, nil
}

func (m *marks) free() { unix.Close(m.fd) }

// watch makes pages of a mapping such that can be marked, and marks them.
func (m *marks) watch(pages []byte) error {
	registration := [4]uint64{uint64(uintptr(unsafe.Pointer(unsafe.SliceData(pages)))), uint64(len(pages)), modeWriteProtect}
	if errno := m.ask(userfaultRegister, unsafe.Pointer(&registration)); errno != 0 {
		return fmt.Errorf("wasm: userfaultfd: registering memory: %w", errno)
	}
	return m.mark(pages)
}

// mark marks pages that are watched.
func (m *marks) mark(pages []byte) error {
	if len(pages) == 0 {
		return nil
	}
	order := [3]uint64{uint64(uintptr(unsafe.Pointer(unsafe.SliceData(pages)))), uint64(len(pages)), markOn}
	for {
		switch errno := m.ask(userfaultWriteProtect, unsafe.Pointer(&order)); errno {
		case 0:
			return nil
		case unix.EAGAIN, unix.EINTR:
		default:
			return fmt.Errorf("wasm: userfaultfd: marking memory: %w", errno)
		}
	}
}

func (m *marks) ask(request uintptr, with unsafe.Pointer) syscall.Errno {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(m.fd), request, uintptr(with))
	return errno
}
