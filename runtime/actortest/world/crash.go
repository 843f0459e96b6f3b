package world

import "github.com/troupe-run/troupe/state/simdisk"

// Disk returns the disk that the host works on, to count its operations, and to let them fail or take their time:
//
//	d := w.Disk()
//	d.FailAt(d.Ops()+3, syscall.ENOSPC) // the third write from now
//
// After a crash Reopen puts another disk in its place. To let the disk itself crash, use Crash and CrashAt.
func (w *World) Disk() *simdisk.Disk {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.disk
}

// Crash makes the disk crash at once: each block and directory entry that was not synced is lost with a probability of
// lossPercent. Every use of the world is ErrCrashed until Reopen.
func (w *World) Crash(lossPercent int) {
	disk := w.Disk()
	disk.CrashAt(disk.Ops()+1, lossPercent, w.opts.Seed)
	// Whatever writes next triggers it. If that is the host, it is just as well; this is to be sure.
	_ = disk.MkdirAll("/", 0o755)
}

// CrashAt makes the disk crash before the n-th write operation from now, counted from 1. Of one who writes alone, and
// while nothing is merged in the background, operations are always the same.
func (w *World) CrashAt(n, lossPercent int) {
	disk := w.Disk()
	disk.CrashAt(disk.Ops()+n, lossPercent, w.opts.Seed)
}

// Reopen opens the host again: after a crash with what is left, otherwise after closing it in order. Everything that was
// bound is bound again. Faults and delays that were set on the disk stay, unless it crashed. If it fails, it can be
// tried again.
func (w *World) Reopen() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return w.usable()
	}
	after, crashed := w.disk.Crashed()
	if err := w.shut(); err != nil {
		return err
	}
	if crashed {
		w.disk = after
	}
	return w.open()
}
