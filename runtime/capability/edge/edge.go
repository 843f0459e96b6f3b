package edge

import (
	"context"
	"log/slog"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/state"
)

// A Host is what providers need of a *runtime.Host, which is one.
type Host interface {
	Do(ctx context.Context, req dispatch.Request) (*state.Receipt, error)
	Query(ctx context.Context, to actor.Address, body []byte) ([]byte, error)
	Reader() *query.Router
}

// A Half is the part of a provider outside of the host, for one link or one provider. It is run once.
type Half interface {
	// Run serves until ctx ends, and returns when what it had begun is finished; then its error does not count. An error
	// or a return before that is a failure, and so is a panic: there will be another half. Ready is to be called when it
	// works, with what it is doing for people to read, such as "listens on http://127.0.0.1:8080". Run must see to it
	// that nothing of it is left when it returns. It may be late: before it takes what there is once, such as a listener, it
	// looks whether ctx has ended, because the half behind it may have it already.
	Run(ctx context.Context, at At, ready func(detail string)) error
}

// A Kind is a kind of provider that has a half outside of the host.
type Kind struct {
	// Name is that of capability.Provider.Kind.
	Name string
	// PerLink makes a half for each link, in the place of one for each provider.
	PerLink bool
	// New returns a half that has not run.
	New func() Half
}

// An At is where a half is. It does not change while the half runs: for other rows there is another half.
type At struct {
	Host     Host
	Provider capability.Provider
	// Link is the zero Link where Kind.PerLink is false.
	Link capability.Link
	// Actor returns what the latest durable state says about Link.Actor, nil if it says nothing: the actor has no claims, or is
	// not there. It is quick, and may be called from any goroutine.
	Actor func() *capability.Actor
	// Logger is told what goes wrong with single requests.
	Logger *slog.Logger
}

// Name says what is served, for messages: "web for shop over default".
func (a *At) Name() string {
	if a.Link.Actor == "" {
		return a.Provider.Name
	}
	return a.Provider.Name + " for " + string(a.Link.Actor) + " over " + a.Link.Name
}
