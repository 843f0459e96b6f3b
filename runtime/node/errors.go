package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/state"
)

func errorf(code api.Code, format string, args ...any) *api.Error {
	return &api.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// errorOf gives an error its code: this is the one place where that is decided. Write says that it may be about a
// transaction whose outcome nobody knows.
func errorOf(err error, write bool) *api.Error {
	var (
		done       *api.Error
		refusal    *claims.Refusal
		failedTx   *runtime.TxError
		failed     *query.Error
		overloaded *dispatch.OverloadedError
		unbound    *dispatch.UnboundError
		fault      *actor.Error
	)
	plain := func(code api.Code) *api.Error { return &api.Error{Code: code, Message: err.Error()} }
	switch {
	case errors.As(err, &done):
		return done
	case errors.As(err, &refusal):
		return refused(refusal)
	case errors.As(err, &failedTx):
		return &api.Error{Code: api.CodeActor, Message: failedTx.Err.Message, Actor: failedTx.Err.Code, Path: texts(failedTx.Path),
			Sequence: failedTx.Sequence}
	case errors.As(err, &failed):
		return &api.Error{Code: api.CodeActor, Message: failed.Err.Message, Actor: failed.Err.Code, Path: texts(failed.Path)}
	case errors.As(err, &overloaded):
		return &api.Error{Code: api.CodeOverloaded, Message: err.Error(), RetryAfter: max(1, overloaded.RetryAfter.Milliseconds())}
	case errors.Is(err, dispatch.ErrRequestReused), errors.Is(err, fs.ErrExist):
		return plain(api.CodeConflict)
	case errors.Is(err, dispatch.ErrStopped), errors.Is(err, state.ErrFailed):
		if write {
			return plain(api.CodeUnknown)
		}
		return plain(api.CodeUnavailable)
	case errors.Is(err, dispatch.ErrExpired), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return plain(api.CodeExpired)
	case errors.Is(err, dispatch.ErrClosed), errors.Is(err, state.ErrClosed), errors.Is(err, runtime.ErrReadOnly), errors.As(err, &unbound):
		return plain(api.CodeUnavailable)
	case errors.Is(err, query.ErrNotFound):
		return plain(api.CodeNotFound)
	case errors.Is(err, query.ErrTooOld), errors.Is(err, query.ErrNoTrace), errors.Is(err, dispatch.ErrNotKept):
		return plain(api.CodeTooOld)
	case errors.Is(err, query.ErrToken), errors.Is(err, runtime.ErrCode):
		return plain(api.CodeBadRequest)
	case errors.As(err, &fault):
		return &api.Error{Code: codeOf(fault), Message: fault.Message, Actor: fault.Code}
	}
	return plain(api.CodeInternal)
}

// codeOf classes what is wrong with a request that no actor has seen.
func codeOf(e *actor.Error) api.Code {
	switch e.Code {
	case actor.CodeUnknownActor, actor.CodeUnknownModule:
		return api.CodeNotFound
	case actor.CodeAlreadyExists:
		return api.CodeConflict
	case actor.CodeUnauthorized:
		return api.CodeForbidden
	case actor.CodeKeyTooLarge, actor.CodeBodyTooLarge:
		return api.CodeTooLarge
	}
	return api.CodeBadRequest
}

// refused is the error of a request whose caller is not believed, or may not do it.
func refused(r *claims.Refusal) *api.Error {
	e := &api.Error{Code: api.CodeUnauthenticated, Message: r.Text}
	switch r.Reason {
	case claims.Early, claims.Stale:
		e.Code = api.CodeStale
	case claims.Replayed:
		e.Code = api.CodeReplayed
	case claims.TooLarge:
		e.Code = api.CodeTooLarge
	case claims.Forbidden:
		e.Code = api.CodeForbidden
	case claims.Overloaded:
		e.Code, e.RetryAfter = api.CodeOverloaded, 1000
	}
	return e
}

func texts(path []actor.Address) []string {
	list := make([]string, len(path))
	for i, a := range path {
		list[i] = string(a)
	}
	return list
}
