package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// The exit codes. They are part of the interface: scripts branch on them. A command that a signal ends has 128 and the
// number of the signal, as a shell has it.
const (
	ExitOK        = 0 // done
	ExitFailed    = 1 // the actor failed and the transaction left nothing, a transcript does not match, or doctor found something that fails
	ExitUsage     = 2 // the command line, a body, an address or a module makes no sense, or a request id was used for another request
	ExitNotFound  = 3 // no such actor, key, transaction, module or file
	ExitDirectory = 4 // the data directory is missing, locked, occupied, or not one of Troupe
	ExitBusy      = 5 // overloaded, or the time was up, or no server answers
	ExitDamaged   = 6 // stored data is corrupt, or a replay diverged from the log
	ExitHost      = 7 // anything else: the disk is full, the host has stopped
	ExitDenied    = 8 // a server does not know your key, or its grants do not allow this
)

// exitHelp is what help says about them.
const exitHelp = `Exit codes:
  0  done
  1  the actor failed and the transaction left nothing, a transcript does not match, or doctor found something that fails
  2  the command line, a body, an address or a module makes no sense, or a request id was used for another request
  3  no such actor, key, transaction, module or file
  4  the data directory is missing, locked, occupied, or not one of Troupe
  5  overloaded, or the time was up, or no server answers
  6  stored data is corrupt, or the log does not give the same outcome again
  7  anything else: the disk is full, the host has stopped
  8  the server does not know your key, or its grants do not allow this
  128 and the number of the signal that ended the command`

// A classified error knows its exit code.
type classified struct {
	code int
	err  error
}

func (e *classified) Error() string { return e.err.Error() }
func (e *classified) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &classified{ExitUsage, fmt.Errorf(format, args...)}
}

func notFoundf(format string, args ...any) error {
	return &classified{ExitNotFound, fmt.Errorf(format, args...)}
}

func deniedf(format string, args ...any) error {
	return &classified{ExitDenied, fmt.Errorf(format, args...)}
}

func directoryf(format string, args ...any) error {
	return &classified{ExitDirectory, fmt.Errorf(format, args...)}
}

// An interruptedError says that a signal ended the command.
type interruptedError struct{ signal os.Signal }

func (e *interruptedError) Error() string { return "interrupted" }

// exitCode returns the code of the class of err. What was found out first about an error counts.
func exitCode(err error) int {
	var c *classified
	var interrupted *interruptedError
	var failed *runtime.TxError
	var refused *actor.Error
	var diverged *runtime.DivergenceError
	var unbound *dispatch.UnboundError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &c):
		return c.code
	case errors.As(err, &interrupted):
		if s, ok := interrupted.signal.(syscall.Signal); ok {
			return 128 + int(s)
		}
		return ExitHost
	case errors.As(err, &failed):
		return failedCode(failed.Err, len(failed.Path) <= 1)
	case errors.As(err, &diverged), errors.Is(err, state.ErrCorrupt):
		return ExitDamaged
	case errors.As(err, &unbound):
		return ExitNotFound
	case errors.Is(err, state.ErrLocked), errors.Is(err, state.ErrFormat), errors.Is(err, fs.ErrExist),
		errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return ExitDirectory
	case errors.Is(err, dispatch.ErrOverloaded), errors.Is(err, dispatch.ErrExpired), errors.Is(err, context.DeadlineExceeded):
		return ExitBusy
	case errors.Is(err, dispatch.ErrRequestReused), errors.Is(err, runtime.ErrCode):
		return ExitUsage
	case errors.As(err, &refused):
		return failedCode(refused, true)
	}
	return ExitHost
}

// failedCode tells a receiver that is not there from one that failed.
func failedCode(e *actor.Error, first bool) int {
	if first && (e.Code == actor.CodeUnknownActor || e.Code == actor.CodeUnknownModule) {
		return ExitNotFound
	}
	return ExitFailed
}
