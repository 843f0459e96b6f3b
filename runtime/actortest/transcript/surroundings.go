package transcript

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actortest/world"
)

// surroundings are the commands about what is around the host.
func surroundings() []Command {
	return []Command{
		{Name: "clock", Usage: "[+DURATION|TIME]", most: 1,
			Help: "Print the time, or move the clock: +90m, 2031-01-01T00:00:00Z.", run: clock},
		{Name: "fail", Usage: "ADDRESS|* [N] CODE|panic [TEXT] [kind=KIND] [message=NAME] [times=N] [after]", least: 2, most: 5,
			names: []string{"kind", "message", "times"},
			Help: "Make the N-th message to an actor fail, from the next transaction on. times=0 fails all that follow. " +
				"With after, the actor does its work first.", run: fail},
		{Name: "crash", Usage: "[at=N] [loss=PERCENT]", names: []string{"at", "loss"},
			Help: "Let the disk crash now, or before its N-th write from now. What was not synced is lost.", run: crash},
		{Name: "disk", Usage: "fail N EIO|ENOSPC [forever] | heal", least: 1, most: 4,
			Help: "Let the N-th write of the disk from now fail, and all that follow if it is for ever; or heal it.", run: disk},
		{Name: "reopen", Usage: "", Help: "Open the host again, after a crash with what is left.", run: reopen},
		{Name: "show", Usage: "auto|text|gas|nogas", least: 1, most: 1,
			Help: "Show bytes as CBOR where they can be, or whatever is printable as text. Show gas, or not: that of WebAssembly " +
				"depends on the compiler.", run: format},
		{Name: "snapshot", Usage: "NAME", least: 1, most: 1, Help: "Keep the whole world under a name.", run: snapshot},
		{Name: "restore", Usage: "NAME", least: 1, most: 1, Help: "Go back to a snapshot.", run: restore},
		{Name: "fork", Usage: "NAME", least: 1, most: 1, Help: "Make another world that is as this one is now.", run: fork},
		{Name: "world", Usage: "NAME", least: 1, most: 1, Help: `Go on in another world. The first is "main".`, run: goOn},
		{Name: "diff", Usage: "NAME", least: 1, most: 1,
			Help: `Print how the state of another world differs: "-" is here, "+" is there.`, run: diff},
	}
}

func clock(_ context.Context, s *session, a *args) (string, error) {
	c := s.world.Clock()
	if to := a.word(0); to != "" {
		if d, err := time.ParseDuration(to); err == nil {
			c.Advance(d)
		} else if at, err := time.Parse(time.RFC3339Nano, to); err == nil {
			c.Set(at)
		} else {
			return "", fmt.Errorf("%q is neither a duration nor a time", to)
		}
	}
	return c.Now().Format(time.RFC3339Nano), nil
}

func fail(_ context.Context, s *session, a *args) (string, error) {
	f := world.Failure{Actor: a.address(0), Message: a.named["message"].text, After: a.has(1, "after")}
	if f.Actor == "*" {
		f.Actor = ""
	}
	code := 1
	if n, err := number(a.words[1], 1); err == nil {
		f.N, code = n, 2
	}
	if len(a.words) <= code {
		return "", errors.New("a code is missing")
	}
	f.Err = &actor.Error{Code: a.word(code), Message: a.word(code + 1)}
	f.Panic = f.Err.Code == "panic"
	if kind := a.named["kind"].text; kind != "" {
		f.Kinds = make([]actor.Kind, 1)
		if err := f.Kinds[0].UnmarshalText([]byte(kind)); err != nil {
			return "", err
		}
	}
	var err error
	if f.Times, err = number(a.named["times"], 1); err != nil {
		return "", err
	}
	if f.Times == 0 {
		f.Times = -1
	}
	s.world.Fail(f)
	return "", nil
}

func crash(_ context.Context, s *session, a *args) (string, error) {
	loss, err := number(a.named["loss"], 100)
	if err != nil {
		return "", err
	}
	at, err := number(a.named["at"], 0)
	if err != nil {
		return "", err
	}
	if at > 0 {
		s.world.CrashAt(at, loss)
	} else {
		s.world.Crash(loss)
	}
	return "", nil
}

func disk(_ context.Context, s *session, a *args) (string, error) {
	d := s.world.Disk()
	if a.word(0) == "heal" && len(a.words) == 1 {
		d.Heal()
		return "", nil
	}
	forever := a.has(1, "forever")
	if a.word(0) != "fail" || len(a.words) != 3 {
		return "", errors.New("the disk can fail, or heal")
	}
	n, err := number(a.words[1], 1)
	if err != nil {
		return "", err
	}
	errno, ok := map[string]error{"EIO": syscall.EIO, "ENOSPC": syscall.ENOSPC}[a.word(2)]
	if !ok {
		return "", fmt.Errorf("%q is no error of a disk", a.word(2))
	}
	if forever {
		d.FailFrom(d.Ops()+n, errno)
	} else {
		d.FailAt(d.Ops()+n, errno)
	}
	return "", nil
}

func reopen(_ context.Context, s *session, _ *args) (string, error) {
	if err := s.world.Reopen(); err != nil {
		return said(err), nil
	}
	return "", nil
}

func format(_ context.Context, s *session, a *args) (string, error) {
	switch a.word(0) {
	case "auto", "text":
		s.show.Text = a.word(0) == "text"
	case "gas", "nogas":
		s.show.NoGas = a.word(0) == "nogas"
	default:
		return "", fmt.Errorf("%q is unknown", a.word(0))
	}
	return "", nil
}

func snapshot(_ context.Context, s *session, a *args) (string, error) {
	snap, err := s.world.Snapshot()
	if err != nil {
		return said(err), nil
	}
	s.snapshots[a.word(0)] = snap
	return "", nil
}

func restore(_ context.Context, s *session, a *args) (string, error) {
	snap, err := named(s.snapshots, "snapshot", a.word(0))
	if err != nil {
		return "", err
	}
	if err := s.world.Restore(snap); err != nil {
		return said(err), nil
	}
	return "", nil
}

func fork(_ context.Context, s *session, a *args) (string, error) {
	name := a.word(0)
	if s.worlds[name] != nil {
		return "", fmt.Errorf("there is a world %q already", name)
	}
	w, err := s.world.Fork()
	if err != nil {
		return said(err), nil
	}
	s.worlds[name] = w
	return "", nil
}

func goOn(_ context.Context, s *session, a *args) (string, error) {
	w, err := named(s.worlds, "world", a.word(0))
	if err == nil {
		s.world = w
	}
	return "", err
}

func diff(_ context.Context, s *session, a *args) (string, error) {
	other, err := named(s.worlds, "world", a.word(0))
	if err != nil {
		return "", err
	}
	text, err := s.world.Diff(other)
	if err != nil {
		return said(err), nil
	}
	return text, nil
}

func named[T any](all map[string]*T, what, name string) (*T, error) {
	if v := all[name]; v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("there is no %s %q; there are: %s", what, name, strings.Join(slices.Sorted(maps.Keys(all)), ", "))
}
