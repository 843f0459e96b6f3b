package node

import (
	"context"
	"encoding/json"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
)

// row reads a key of troupe.access in the latest durable state. A host that was not founded has none.
func (n *Node) row(key []byte) ([]byte, bool, error) {
	value, ok, err := n.reader.Get(access.Address, key)
	if err != nil && actor.AsError(err).Code == actor.CodeUnknownActor {
		return nil, false, nil
	}
	return value, ok, err
}

func (n *Node) pausedActor(of actor.Address) (*string, error) {
	reason, paused, err := access.Paused(n.row, of)
	if err != nil || !paused {
		return nil, err
	}
	return &reason, nil
}

// allowed decides whether the caller may do what a request needs. What writes is decided once more where it becomes a
// part of the log; here it is kept from filling the log with what is refused.
func (n *Node) allowed(rq *request, what need) error {
	if rq.who.Key == "" {
		return nil
	}
	if t := rq.who.Token; t != nil {
		if err := t.Permit(rq.op.Name, what.actor); err != nil {
			return err
		}
	}
	if what.role == "" {
		return nil
	}
	list, err := n.grantsOf(rq.who.Key)
	if err != nil {
		return err
	}
	return claims.Decide(list, claims.Request{Role: what.role, Actor: what.actor, As: what.as, Now: rq.now})
}

// covering returns what tells the actors that the caller may read, nil if he may read all.
func (n *Node) covering(rq *request) (func(actor.Address) bool, error) {
	if rq.who.Key == "" {
		return nil, nil
	}
	list, err := n.grantsOf(rq.who.Key)
	if err != nil {
		return nil, err
	}
	may := func(who string) bool {
		if t := rq.who.Token; t != nil && t.Permit(rq.op.Name, who) != nil {
			return false
		}
		return claims.Decide(list, claims.Request{Role: claims.Reader, Actor: who, Now: rq.now}) == nil
	}
	if may(claims.Everything) {
		return nil, nil
	}
	return func(who actor.Address) bool { return may(string(who)) }, nil
}

// operating is what all that changes grants and pauses needs.
var operating = need{role: claims.Operator, actor: claims.Everything}

// order sends a message to troupe.access; the program itself is its operator.
func (n *Node) order(ctx context.Context, rq *request, msg actor.Message) (*api.Done, error) {
	id, err := rq.logID("")
	if err != nil {
		return nil, err
	}
	if rq.who.Key == "" {
		msg.Kind = actor.KindSudo
	}
	r, err := n.submit(ctx, rq, dispatch.Request{ID: id, Sender: actor.Address(rq.who.Key), Signer: rq.who.Key, Message: msg})
	if err != nil {
		return nil, err
	}
	return &api.Done{Sequence: r.Sequence}, nil
}

func aboutGrant(q *api.Grant) (need, error) {
	g := grantFrom(q)
	if err := g.Validate(); err != nil {
		return need{}, errorf(api.CodeBadRequest, "%s", err)
	}
	return operating, public("subject", q.Subject)
}

func grantFrom(q *api.Grant) claims.Grant {
	g := claims.Grant{Role: claims.Role(q.Role), Name: q.Name, Actors: q.Actors, As: q.As}
	if q.Until != 0 {
		g.Until = time.Unix(q.Until, 0).UTC()
	}
	return g
}

func grant(ctx context.Context, n *Node, rq *request, q *api.Grant) (*api.Done, error) {
	return n.order(ctx, rq, access.Grant(q.Subject, grantFrom(q)))
}

func aboutRevoke(q *api.RevokeRequest) (need, error) { return operating, public("subject", q.Subject) }

func revoke(ctx context.Context, n *Node, rq *request, q *api.RevokeRequest) (*api.Done, error) {
	return n.order(ctx, rq, access.Revoke(q.Subject))
}

func aboutPause(q *api.PauseRequest) (need, error) { return operating, valid("actor", q.Actor) }

func pause(ctx context.Context, n *Node, rq *request, q *api.PauseRequest) (*api.Done, error) {
	return n.order(ctx, rq, access.PauseActor(q.Actor, q.Reason))
}

func aboutResume(q *api.ResumeRequest) (need, error) { return operating, valid("actor", q.Actor) }

func resume(ctx context.Context, n *Node, rq *request, q *api.ResumeRequest) (*api.Done, error) {
	return n.order(ctx, rq, access.ResumeActor(q.Actor))
}

// grants asks troupe.access itself, page by page.
func grants(ctx context.Context, n *Node, rq *request, _ *api.Empty) (*api.Grants, error) {
	out := &api.Grants{Grants: []api.Grant{}, You: rq.who.Key}
	after := ""
	for {
		body, err := json.Marshal(access.Question{Grants: &access.Page{After: after}})
		if err != nil {
			return nil, err
		}
		answer, err := n.reader.Smart(ctx, access.Address, body)
		if err != nil {
			return nil, err
		}
		var page []access.Granted
		if err := json.Unmarshal(answer.Data, &page); err != nil {
			return nil, err
		}
		for _, g := range page {
			out.Grants = append(out.Grants, api.Grant{Subject: g.Subject, Name: g.Name, Role: string(g.Role), Actors: g.Actors, As: g.As, Until: g.Until})
		}
		if len(page) == 0 || page[len(page)-1].Subject == after {
			return out, nil
		}
		after = page[len(page)-1].Subject
	}
}
