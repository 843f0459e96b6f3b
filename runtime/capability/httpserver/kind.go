package httpserver

import (
	"context"
	"crypto/tls"
	"fmt"
	"strings"

	"github.com/troupe-run/troupe/runtime/capability/edge"
	"github.com/troupe-run/troupe/runtime/certificate"
)

// Name is the kind of the provider.
const Name = "httpserver"

// Kind returns the halves outside of the host. Those of one Kind know of each other, so that one can take the listener of
// another over; a host needs one Kind.
func Kind() edge.Kind { return kindOf(patient()) }

func kindOf(p pace) edge.Kind {
	all, bodies := &ports{pace: p, open: map[string]*port{}}, newBudget()
	return edge.Kind{Name: Name, PerLink: true, New: func() edge.Half { return &half{all, bodies} }}
}

// A half serves one link.
type half struct {
	ports  *ports
	bodies *budget
}

// Run implements edge.Half.
func (f *half) Run(ctx context.Context, at edge.At, ready func(detail string)) error {
	values, err := ParseValues(at.Link.Values, at.Provider.Config)
	if err != nil {
		return fmt.Errorf("values of the link: %w", err)
	}
	scheme := "http"
	var secure *tls.Config
	if values.CertFile != "" {
		cert, err := certificate.Load(values.CertFile, values.KeyFile, at.Logger)
		if err != nil {
			return fmt.Errorf("tls: %w", err)
		}
		scheme, secure = "https", cert.Config()
	}
	h := newHandler(ctx, at, values, f.bodies, f.ports.pace)
	p, err := f.ports.take(h, secure)
	if err != nil {
		return err
	}
	defer p.leave(h)
	detail := fmt.Sprintf("listens on %s://%s", scheme, p.addr)
	if len(values.Unknown) > 0 {
		detail += "; does not know what these values mean: " + strings.Join(values.Unknown, ", ")
	}
	ready(detail)
	select {
	case <-ctx.Done():
		return nil
	case <-p.failed:
		return p.err
	}
}
