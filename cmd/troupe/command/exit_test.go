package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

func TestExitCode(t *testing.T) {
	failed := func(code string, path ...actor.Address) error {
		return &runtime.TxError{Path: path, Err: &actor.Error{Code: code}}
	}
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"nothing", nil, ExitOK},
		{"an actor", failed("broke", "a"), ExitFailed},
		{"an unknown receiver", failed(actor.CodeUnknownActor, "a"), ExitNotFound},
		{"an unknown actor behind the receiver", failed(actor.CodeUnknownActor, "a", "b"), ExitFailed},
		{"an unknown module", failed(actor.CodeUnknownModule, "a"), ExitNotFound},
		{"a query", &query.Error{Path: []actor.Address{"a"}, Err: &actor.Error{Code: "broke"}}, ExitFailed},
		{"a query of nobody", &query.Error{Path: []actor.Address{"a"}, Err: &actor.Error{Code: actor.CodeUnknownActor}}, ExitNotFound},
		{"a command line", misuse("no"), ExitUsage},
		{"a request id", fmt.Errorf("x: %w", dispatch.ErrRequestReused), ExitUsage},
		{"code that is not here", fmt.Errorf("x: %w", &dispatch.UnboundError{Module: "m"}), ExitNotFound},
		{"a lock", fmt.Errorf("x: %w", state.ErrLocked), ExitDirectory},
		{"a format", fmt.Errorf("x: %w", state.ErrFormat), ExitDirectory},
		{"something that exists", fmt.Errorf("x: %w", fs.ErrExist), ExitDirectory},
		{"overload", fmt.Errorf("x: %w", &dispatch.OverloadedError{Queued: 3, RetryAfter: time.Second}), ExitBusy},
		{"expiry", fmt.Errorf("x: %w: %w", dispatch.ErrExpired, context.DeadlineExceeded), ExitBusy},
		{"corruption", fmt.Errorf("x: %w", state.ErrCorrupt), ExitDamaged},
		{"divergence", &runtime.DivergenceError{Was: &state.Receipt{}, Now: &state.Receipt{}}, ExitDamaged},
		{"a host that stopped", fmt.Errorf("x: %w: %w", dispatch.ErrStopped, state.ErrFailed), ExitHost},
		{"anything else", errors.New("x"), ExitHost},
		{"SIGINT", fmt.Errorf("%w: %w", dispatch.ErrExpired, &interruptedError{syscall.SIGINT}), 130},
		{"SIGTERM", &interruptedError{syscall.SIGTERM}, 143},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := exitCode(c.err); got != c.want {
				t.Errorf("%v ends with %d, want %d", c.err, got, c.want)
			}
		})
	}
}

func TestExplain(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"runtime: execute to a: dispatch: state: it broke", "execute to a: it broke"},
		{"runtime: open d: state: open d: locked", "open d: open d: locked"},
		{"an actor says \x1b[2J\x00", `an actor says \x1b[2J\x00`},
	} {
		if got := explain(errors.New(c.text)); got != c.want {
			t.Errorf("explain(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}
