package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/state"
)

func TestEveryErrorHasACode(t *testing.T) {
	fault := &actor.Error{Code: "broke", Message: "no money"}
	for _, c := range []struct {
		err   error
		write bool
		code  api.Code
	}{
		{&runtime.TxError{Sequence: 5, Err: fault}, true, api.CodeActor},
		{&query.Error{Err: fault}, false, api.CodeActor},
		{&dispatch.OverloadedError{Queued: 5, RetryAfter: time.Microsecond}, true, api.CodeOverloaded},
		{dispatch.ErrRequestReused, true, api.CodeConflict},
		{fs.ErrExist, false, api.CodeConflict},
		{dispatch.ErrStopped, true, api.CodeUnknown},
		{dispatch.ErrStopped, false, api.CodeUnavailable},
		{state.ErrFailed, true, api.CodeUnknown},
		{dispatch.ErrExpired, true, api.CodeExpired},
		{context.Canceled, false, api.CodeExpired},
		{context.DeadlineExceeded, false, api.CodeExpired},
		{dispatch.ErrClosed, true, api.CodeUnavailable},
		{state.ErrClosed, false, api.CodeUnavailable},
		{runtime.ErrReadOnly, true, api.CodeUnavailable},
		{&dispatch.UnboundError{Module: "x"}, true, api.CodeUnavailable},
		{query.ErrNotFound, false, api.CodeNotFound},
		{query.ErrTooOld, false, api.CodeTooOld},
		{query.ErrNoTrace, false, api.CodeTooOld},
		{dispatch.ErrNotKept, true, api.CodeTooOld},
		{query.ErrToken, false, api.CodeBadRequest},
		{runtime.ErrCode, true, api.CodeBadRequest},
		{&actor.Error{Code: actor.CodeUnknownActor}, false, api.CodeNotFound},
		{&actor.Error{Code: actor.CodeAlreadyExists}, true, api.CodeConflict},
		{&actor.Error{Code: actor.CodeUnauthorized}, true, api.CodeForbidden},
		{&actor.Error{Code: actor.CodeKeyTooLarge}, false, api.CodeTooLarge},
		{&actor.Error{Code: actor.CodeInvalidAddress}, false, api.CodeBadRequest},
		{&claims.Refusal{Reason: claims.Stale}, false, api.CodeStale},
		{&claims.Refusal{Reason: claims.Early}, false, api.CodeStale},
		{&claims.Refusal{Reason: claims.Replayed}, false, api.CodeReplayed},
		{&claims.Refusal{Reason: claims.TooLarge}, false, api.CodeTooLarge},
		{&claims.Refusal{Reason: claims.Forbidden}, false, api.CodeForbidden},
		{&claims.Refusal{Reason: claims.Overloaded}, false, api.CodeOverloaded},
		{&claims.Refusal{Reason: claims.BadBody}, false, api.CodeUnauthenticated},
		{state.ErrCorrupt, false, api.CodeInternal},
		{errors.New("x"), false, api.CodeInternal},
	} {
		e := errorOf(fmt.Errorf("around it: %w", c.err), c.write)
		if e.Code != c.code {
			t.Errorf("%v is %s, want %s", c.err, e.Code, c.code)
		}
		if (e.RetryAfter > 0) != (e.Code == api.CodeOverloaded) {
			t.Errorf("%v: try again after %d ms", c.err, e.RetryAfter)
		}
	}
	for _, reason := range claims.Reasons() {
		if e := errorOf(&claims.Refusal{Reason: reason, Text: "x"}, false); e.Code == api.CodeInternal || e.Message != "x" {
			t.Errorf("%s: %+v", reason, e)
		}
	}
}

// TestPanicIsAnAnswer checks that a bug is told, by its side of the transaction.
func TestPanicIsAnAnswer(t *testing.T) {
	n := &Node{opts: Options{Logger: slog.New(slog.DiscardHandler)}}
	if err := errorOf(n.panicked("x", "bug", &request{}), false); err.Code != api.CodeInternal {
		t.Errorf("%v", err)
	}
	if err := errorOf(n.panicked("x", "bug", &request{tx: true}), true); err.Code != api.CodeUnknown {
		t.Errorf("%v", err)
	}
}
