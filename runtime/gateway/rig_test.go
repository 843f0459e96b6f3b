package gateway

import (
	"context"
	"encoding/binary"
	"strconv"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/node"
)

// account is an actor that pays others. Its body is an amount, and for a payment a receiver behind it.
type account struct{}

func (account) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	if len(msg.Body) < 8 {
		return actor.Response{}, actor.Errorf("malformed", "a message is an amount and a receiver")
	}
	amount := int64(binary.BigEndian.Uint64(msg.Body))
	events := []actor.Event{{Type: "moved", Attributes: []actor.Attribute{{Key: "amount", Value: strconv.FormatInt(amount, 10)}}}}
	if to := msg.Body[8:]; len(to) > 0 {
		env.State.Set([]byte("balance"), binary.BigEndian.AppendUint64(nil, uint64(balance(env.State)-amount)))
		return actor.Response{Events: events, Messages: []actor.SubMsg{{Msg: actor.Message{To: actor.Address(to), Body: msg.Body[:8]}}}}, nil
	}
	env.State.Set([]byte("balance"), binary.BigEndian.AppendUint64(nil, uint64(balance(env.State)+amount)))
	return actor.Response{Events: events, Data: []byte(`"paid"`)}, nil
}

func (account) Query(_ context.Context, view *actor.View, _ []byte) ([]byte, error) {
	return strconv.AppendInt(nil, balance(view.State), 10), nil
}

func balance(r actor.Reader) int64 {
	v, _ := r.Get([]byte("balance"))
	if len(v) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(v))
}

// payment is the body of a message that pays.
func payment(amount uint64, to string) []byte {
	return append(binary.BigEndian.AppendUint64(nil, amount), to...)
}

// A rig is a gateway to a node on a founded host with accounts.
type rig struct {
	host     *runtime.Host
	node     *node.Node
	operator claims.Key
	key      claims.Key
	gateway  *Gateway
}

// newRig makes a rig on a directory, or in memory if dir is empty.
func newRig(t testing.TB, dir string, o Options) *rig {
	t.Helper()
	var r rig
	var err error
	if r.host, err = runtime.Open(dir, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.host.Close() })
	if err := r.host.Bind("account", account{}); err != nil {
		t.Fatal(err)
	}
	if r.operator, err = claims.NewKey(claims.UserKey); err != nil {
		t.Fatal(err)
	}
	if r.key, err = claims.NewKey(claims.NodeKey); err != nil {
		t.Fatal(err)
	}
	if err := r.host.Found(context.Background(), r.operator.Public()); err != nil {
		t.Fatal(err)
	}
	r.node, err = node.New(r.host, node.Options{Name: "test", Version: "v0", Key: r.key, BackupDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	r.gateway = newGateway(t, r.node, o)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := r.node.Drain(ctx); err != nil {
			t.Errorf("drain: %v", err)
		}
	})
	return &r
}

// token is one of the operator.
func (r *rig) token(t testing.TB) string {
	t.Helper()
	text, err := claims.SignToken(r.operator, claims.Token{Audience: r.key.Public()})
	if err != nil {
		t.Fatal(err)
	}
	return text
}
