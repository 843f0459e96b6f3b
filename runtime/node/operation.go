package node

import (
	"context"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/api"
)

// An operation is one of api.Ops, with what it takes to answer it.
type operation struct {
	api.Op
	// decode makes a request of a payload, and take one of a value of its type.
	decode func(encoding string, payload []byte) (any, error)
	take   func(v any) (any, bool)
	// about checks a request and says what it needs.
	about func(body any) (need, error)
	run   func(ctx context.Context, n *Node, rq *request, body any) (any, error)
}

// A need is what a caller must be allowed.
type need struct {
	// role is empty for what everybody may whose identity is known.
	role claims.Role
	// actor is as in claims.Request.
	actor string
	as    string
}

// on makes an operation of functions on its types.
func on[Q, A any](about func(q *Q) (need, error), run func(ctx context.Context, n *Node, rq *request, q *Q) (*A, error)) operation {
	return operation{
		decode: func(encoding string, payload []byte) (any, error) {
			q := new(Q)
			if err := api.DecodeRequest(encoding, payload, q); err != nil {
				return nil, errorf(api.CodeBadRequest, "%s", err)
			}
			return q, nil
		},
		take: func(v any) (any, bool) {
			if q, ok := v.(Q); ok {
				return &q, true
			}
			q, ok := v.(*Q)
			return q, ok && q != nil
		},
		about: func(body any) (need, error) { return about(body.(*Q)) },
		run: func(ctx context.Context, n *Node, rq *request, body any) (any, error) {
			answer, err := run(ctx, n, rq, body.(*Q))
			if err != nil {
				return nil, err
			}
			return answer, nil
		},
	}
}

// needs is the about of requests that cannot be wrong.
func needs[Q any](role claims.Role, actor string) func(*Q) (need, error) {
	return func(*Q) (need, error) { return need{role: role, actor: actor}, nil }
}

// opWatch is the operation that waits.
const opWatch = "watch"

// operations are all, by their names. It is not changed.
var operations = withOps(map[string]operation{
	"info":      on(needs[api.Empty]("", ""), info),
	"stats":     on(needs[api.Empty](claims.Reader, ""), stats),
	"send":      on(aboutSend, send),
	"query":     on(aboutQuery, smart),
	"get":       on(aboutGet, get),
	"scan":      on(aboutScan, scan),
	"history":   on(aboutHistory, history),
	"actors":    on(needs[api.ActorsRequest](claims.Reader, ""), actors),
	"actor":     on(aboutActor, actorInfo),
	"receipt":   on(aboutReceipt, receipt),
	"log":       on(needs[api.LogRequest](claims.Reader, claims.Everything), log),
	"trace":     on(needs[api.TraceRequest](claims.Reader, claims.Everything), trace),
	opWatch:     on(aboutWatch, poll),
	"modules":   on(needs[api.Empty](claims.Reader, ""), modules),
	"module":    on(needs[api.ModuleRequest](claims.Reader, ""), module),
	"install":   on(aboutInstall, install),
	"claims":    on(needs[api.Empty](claims.Reader, ""), listClaims),
	"start":     on(aboutStart, start),
	"stop":      on(ordering[api.StopRequest], ordered(stopOrder)),
	"scale":     on(ordering[api.ScaleRequest], ordered(scaleOrder)),
	"providers": on(needs[api.Empty](claims.Reader, ""), listProviders),
	"provide":   on(ordering[api.ProvideRequest], ordered(provideOrder)),
	"withdraw":  on(ordering[api.WithdrawRequest], ordered(withdrawOrder)),
	"links":     on(aboutLinks, listLinks),
	"link":      on(ordering[api.LinkRequest], ordered(linkOrder)),
	"unlink":    on(ordering[api.UnlinkRequest], ordered(unlinkOrder)),
	"trusted":   on(needs[api.Empty](claims.Operator, claims.Everything), listTrust),
	"trust":     on(ordering[api.TrustRequest], ordered(trustOrder)),
	"distrust":  on(ordering[api.KeyRequest], ordered(distrustOrder)),
	"ban":       on(ordering[api.Ban], ordered(banOrder)),
	"unban":     on(ordering[api.KeyRequest], ordered(unbanOrder)),
	"policy":    on(ordering[api.PolicyRequest], ordered(policyOrder)),
	"grants":    on(needs[api.Empty](claims.Operator, claims.Everything), grants),
	"grant":     on(aboutGrant, grant),
	"revoke":    on(aboutRevoke, revoke),
	"pause":     on(aboutPause, pause),
	"resume":    on(aboutResume, resume),
	"backup":    on(needs[api.BackupRequest](claims.Operator, claims.Everything), backup),
})

// withOps joins operations with what package api says of them. One that it does not know is left out.
func withOps(list map[string]operation) map[string]*operation {
	out := map[string]*operation{}
	for _, op := range api.Ops() {
		if o, ok := list[op.Name]; ok {
			o.Op = op
			out[op.Name] = &o
		}
	}
	return out
}
