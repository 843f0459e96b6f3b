package capability_test

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// housePolicy lets no actor start as mole, and no provider with the name cellar.
func housePolicy(d capability.Decision) error {
	switch {
	case d.Action == capability.StartActor && d.Target.Address == "mole":
		return errors.New("no moles in this house")
	case d.Action == capability.StartProvider && d.Target.Name == "cellar":
		return actor.Errorf("locked", "nobody goes there")
	}
	return nil
}

// A judge is a policy actor. It denies the module m3, fails about m2 and answers the questions about others: it returns the
// answer or, as a clerk, publishes it as an actor of wasmCloud does.
type judge struct{ clerk bool }

func (j judge) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	m, answer, err := j.decide(msg.Body)
	if err != nil {
		return actor.Response{}, err
	}
	env.State.Set([]byte("asked"), m.Body)
	if !j.clerk {
		return actor.Response{Data: answer}, nil
	}
	publish := capability.Invocation{Operation: messages.Publish, Contract: capability.Messaging, Link: capability.DefaultLink,
		Payload: pack.Marshal(messages.Message{Subject: m.ReplyTo, Body: answer})}
	_, err = env.Services.(capability.Caller).Call(ctx, "post", publish.Encode())
	return actor.Response{}, err
}

// decide returns what was asked, and the answer.
func (j judge) decide(body []byte) (m messages.Message, answer []byte, err error) {
	q, err := j.read(body)
	if err != nil {
		return m, nil, err
	}
	verdict := map[string]any{"requestId": q.RequestID, "permitted": true, "message": ""}
	m = q.message
	switch q.Target.PublicKey {
	case key("m2"):
		return m, nil, actor.Errorf("confused", "what is m2?")
	case key("m3"):
		verdict["permitted"], verdict["message"] = false, "m3 has to wait"
	case "mute":
		return m, nil, nil
	}
	return m, mustJSON(verdict), nil
}

// A question is what a policy actor is asked, and the message that it came in.
type question struct {
	RequestID      string `json:"requestId"`
	Source, Target struct{ PublicKey, Issuer string }
	message        messages.Message
}

func (judge) read(body []byte) (q question, err error) {
	inv, err := capability.DecodeInvocation(body)
	if err != nil {
		return q, err
	}
	if err := pack.Unmarshal(inv.Payload, &q.message); err != nil {
		return q, err
	}
	return q, json.Unmarshal(q.message.Body, &q)
}

// A seer is a judge that answers queries, too.
type seer struct{ judge }

func (s seer) Query(_ context.Context, _ *actor.View, body []byte) ([]byte, error) {
	_, answer, err := s.decide(body)
	return answer, err
}

// post is a provider of messaging for clerks.
type post struct{}

func (post) Serve(_ context.Context, req *capability.Request) ([]byte, error) {
	var m messages.Message
	if req.Operation != messages.Publish {
		return nil, capability.ErrNoOperation(req.Operation)
	}
	if err := pack.Unmarshal(req.Payload, &m); err != nil {
		return nil, err
	}
	if m.Subject == capability.PolicySubject {
		req.Env.State.Set([]byte(capability.PolicySubject), m.Body)
	}
	return nil, nil
}

// grant makes somebody an operator.
func (r *runner) grant(who string) string {
	if founded, err := r.Founded(); err != nil || !founded {
		err = errors.Join(err, r.Found(r.t.Context(), who))
		if err != nil {
			return err.Error() + "\n"
		}
		return "founded\n"
	}
	msg := access.Grant(who, claims.Grant{Role: claims.Operator})
	msg.Kind = actor.KindSudo
	receipt, err := r.Do(r.t.Context(), dispatch.Request{Message: msg})
	if receipt == nil {
		return err.Error() + "\n"
	}
	return "ok\n"
}
