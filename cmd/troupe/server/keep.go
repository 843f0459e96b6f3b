package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/state"
)

// How often a node looks after itself.
const (
	lookEvery  = 250 * time.Millisecond // at the disk and at the host
	lookCloser = 10 * time.Millisecond  // when there is less than so many times the reserve
	plenty     = 8
	pruneEvery = time.Minute
	// A host that cannot be opened again is tried again after a while that doubles each time.
	firstRetry, lastRetry = 250 * time.Millisecond, 30 * time.Second
)

// keep looks after the node until ctx ends: it lets nothing be written when the disk is nearly full, opens the host again
// when that has stopped, and prunes the log.
func (s *server) keep(ctx context.Context) {
	look, prune := time.NewTimer(lookCloser), time.NewTicker(pruneEvery)
	defer look.Stop()
	defer prune.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			if s.host.Err() != nil {
				s.revive(ctx)
			}
			look.Reset(s.lookAtDisk())
		case <-prune.C:
			s.prune(ctx)
		}
	}
}

// lookAtDisk decides whether there is room to write. It returns when to look again.
func (s *server) lookAtDisk() (next time.Duration) {
	reserve := uint64(s.Config.Disk.Reserve)
	if reserve == 0 {
		return lookEvery
	}
	free, err := s.Free(s.Config.Dir)
	switch {
	case err != nil:
		// What is not known is no reason to stop.
	case free < reserve:
		reason := fmt.Sprintf("the disk is nearly full: %s are free, and %s stay reserved; nothing is written until there is more", bytes(free), bytes(reserve))
		s.node.node.Load().Refuse(reason)
		if !s.full {
			s.Logger.Warn("the disk is nearly full: writes are refused", "dir", s.Config.Dir, "free", free, "reserve", reserve)
		}
		s.full = true
	case s.full && free >= reserve+reserve/16: // else it would be now this and now that
		s.full = false
		s.node.node.Load().Refuse("")
		s.Logger.Info("there is room on the disk again: writes are taken", "dir", s.Config.Dir, "free", free)
	}
	if !s.full && err == nil && free/plenty < reserve {
		return lookCloser
	}
	return lookEvery
}

// revive opens the host again after it has stopped. Whoever asks meanwhile is told that it has.
func (s *server) revive(ctx context.Context) {
	s.Logger.Error("the host has stopped: it will be opened again", "err", s.host.Err())
	if s.Reopen == nil {
		<-ctx.Done()
		return
	}
	if err := s.leaveEdges(ctx); err != nil {
		s.Logger.Warn("the host is opened again without them", "err", err)
	}
	for wait := firstRetry; ctx.Err() == nil; wait = min(2*wait, lastRetry) {
		// The error is that for which the host has stopped.
		_ = s.host.Close()
		h, err := s.Reopen()
		if err == nil {
			err = s.answer(h)
		}
		if err == nil {
			s.Logger.Info("the host is open again")
			return
		}
		s.Logger.Error("the host cannot be opened again", "err", err, "next", wait)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// leaveEdges stops the halves of providers of a host that has stopped.
func (s *server) leaveEdges(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.Config.Drain)
	defer cancel()
	return s.endEdges(ctx)
}

// answer lets a node on h take the place of the one that there is.
func (s *server) answer(h *runtime.Host) error {
	fresh, err := s.newNode(h)
	if err != nil {
		return errors.Join(err, h.Close())
	}
	before := s.node.node.Swap(fresh)
	s.host, s.full = h, false
	s.startEdges()
	// Nothing that it has under way has an outcome on a host that has stopped; so it ends at once.
	ctx, cancel := context.WithTimeout(context.Background(), s.Config.Drain)
	defer cancel()
	if err := before.Drain(ctx); err != nil {
		s.Logger.Warn("requests from before the host stopped have not ended", "err", err)
	}
	return nil
}

// prune lets go of the past as the configuration says.
func (s *server) prune(ctx context.Context) {
	r := &s.Config.Retention
	if r.Age == 0 && r.Size == 0 || s.Config.ReadOnly {
		return
	}
	o := runtime.PruneOptions{Age: r.Age, Bytes: uint64(r.Size), KnowIDs: r.RequestIDs}
	if r.RequestIDs == 0 {
		o.KnowIDs = -1
	}
	if _, err := s.host.Prune(ctx, o); err != nil && ctx.Err() == nil {
		s.Logger.Error("the log cannot be pruned", "err", err)
	}
}

// free is what an Options has if it says nothing.
func free(dir string) (uint64, error) { return state.DiskFree(dir) }

// bytes returns a size as people read it.
func bytes(n uint64) string {
	for _, unit := range []struct {
		name string
		size uint64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= 10*unit.size {
			return fmt.Sprintf("%d %s", n/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
