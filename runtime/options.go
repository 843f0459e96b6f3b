package runtime

import (
	"log/slog"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/state"
)

// Options configure a host. The zero value, and nil, mean the defaults. Open copies it.
type Options struct {
	// Limits bound transactions. If they are zero, those that the log of the directory holds stay in force; otherwise
	// the log gets these. Zero fields mean the defaults of package dispatch.
	Limits dispatch.Limits
	// Gas is the price list, under the same rule; dispatch.DefaultGas if the log has none.
	Gas *dispatch.Gas
	// Authorize may refuse messages; see dispatch.Dispatcher. Nil allows all.
	Authorize func(dispatch.Access) error
	// Executor configures order, grouping and memory. Its OnFault is the host's own and ignored here.
	Executor dispatch.Options
	// Store configures the storage. Its OnFault is the host's own and ignored here.
	Store state.Options
	// ReadOnly opens a directory that nobody else has open to look at it. Nothing can be sent.
	ReadOnly bool
	// Logger is told about the life of the host and what went wrong in it; nobody if nil.
	Logger *slog.Logger
}
