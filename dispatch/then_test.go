package dispatch

import (
	"context"
	"reflect"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// A ledger takes what the operator of the host says, unless it is "no".
type ledger struct{}

func (ledger) Execute(context.Context, *actor.Env, actor.Message) (actor.Response, error) {
	return actor.Response{}, actor.Errorf("refused", "the operator only")
}

func (ledger) Sudo(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	env.State.Set([]byte("entry"), msg.Body)
	if string(msg.Body) == "no" {
		return actor.Response{}, actor.Errorf("refused", "it says no")
	}
	return actor.Response{Data: msg.Body, Events: []actor.Event{{Type: "entered"}}}, nil
}

type withLedger struct{ *fakeDialect }

func (w withLedger) Resolve(id actor.ModuleID, hash state.Hash) (Code, bool) {
	if id == "ledger" {
		return Code{Actor: ledger{}}, true
	}
	return w.fakeDialect.Resolve(id, hash)
}

// What follows an installation and the installation itself are one transaction.
func TestWhatFollowsAnInstallation(t *testing.T) {
	store := openStore(t, "")
	f := &fakeDialect{goActors: goActors{}, store: store}
	e, err := NewExecutor(store, Dispatcher{Resolver: withLedger{f}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Bind(t.Context(), "ledger", Native, ""); err != nil {
		t.Fatal(err)
	}
	install := func(code, entry string) *state.Receipt {
		f.prepare(code)
		r, err := e.Install(t.Context(), InstallRequest{Installation: Installation{Module: "m", Kind: "text", Code: []byte(code),
			Replace: true, Then: actor.Message{To: "ledger", Body: []byte(entry)}}})
		if err != nil || r == nil {
			t.Fatal(r, err)
		}
		return r
	}
	if r := install("v1", "one"); r.Err != nil || string(r.Data) != "one" || len(r.Events) == 0 {
		t.Errorf("the receipt is %+v", r)
	}
	if r := install("v2", "no"); r.Err == nil || r.Err.Code != "refused" || len(r.Changes) > 0 {
		t.Errorf("what follows fails: %+v", r)
	}
	if r, err := e.Submit(t.Context(), message("m")); err != nil || string(r.Data) != "v1" {
		t.Errorf("what follows has failed, and the actor runs other code: %+v, %v", r, err)
	}
	if r := install("v1", "two"); r.Err != nil || string(r.Data) != "two" { // the code is there, and the message is delivered
		t.Errorf("the same code: %+v", r)
	}
	view := e.View()
	defer view.Release()
	var part state.Partition
	m, _, err := part.ReadModule(view, "m")
	if want := (&Installation{Code: []byte("v1")}).Hash(); err != nil || m.Hash != want {
		t.Errorf("the module is %+v, %v", m, err)
	}
}

func TestInstallationWithThen(t *testing.T) {
	in := Installation{Module: "m", Kind: "text", Code: []byte("code"), Then: actor.Message{Kind: actor.KindSudo, To: "a/b", Body: []byte("say")}}
	msg := in.Message()
	got, err := DecodeInstallation(&msg)
	if err != nil || !reflect.DeepEqual(got, in) {
		t.Errorf("%+v, %v", got, err)
	}
	none := []byte{installationVersion, flagThen, 1, 't', 0, 0, 'c'}
	if got, err := DecodeInstallation(&actor.Message{Module: "m", Body: none}); err == nil {
		t.Errorf("nobody to follow is taken for %+v", got)
	}
	if got, err := DecodeInstallation(&actor.Message{Module: "m", Body: []byte{installationVersion, flagsEnd, 1, 't', 'c'}}); err == nil {
		t.Errorf("an unknown flag is taken for %+v", got)
	}
}
