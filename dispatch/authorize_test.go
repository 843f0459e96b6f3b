package dispatch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// A listener is a hook that writes down what it is asked, and refuses what UBAD has signed, but for its messages to the
// actors a and b.
type listener struct {
	mu    sync.Mutex
	heard []string
	look  string // the actor whose key n is read
}

func (l *listener) authorize(a Access) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	value, ok := a.Read(actor.Address(l.look), []byte("n"))
	line := fmt.Sprintf("%s %s→%s by %q depth %d root %t read %q %t", a.Op, string(a.From), string(a.Message.To), a.Signer, a.Depth, a.Root, value, ok)
	l.heard = append(l.heard, line)
	if to := a.Message.To; a.Signer == "UBAD" && to != "native/a" && to != "native/b" {
		return errors.New("not now")
	}
	return nil
}

func (l *listener) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	heard := l.heard
	l.heard = nil
	return heard
}

func (l *listener) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := l.take(); !slices.Equal(got, want) {
		t.Errorf("the hook was asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The hook knows who has signed, what the command itself asks for, and the state as the transaction has left it so far.
func TestHookSeesSignerAndState(t *testing.T) {
	l := &listener{look: "native/b"}
	s := newGuardedStage(t, openStore(t, ""), Options{}, l.authorize)
	// a counts and sends to b, which counts and sends to c.
	s.dialect.goActors["native"] = func(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
		resp, err := count(ctx, env, msg)
		if to := string(msg.Body); to != "" {
			resp.Messages = []actor.SubMsg{{Msg: actor.Message{To: actor.Address("native/" + to[:1]), Body: []byte(to[1:])}}}
		}
		return resp, err
	}
	send := func(signer string) *state.Receipt {
		t.Helper()
		r, err := s.Submit(t.Context(), Request{Sender: "alice", Signer: signer, Message: actor.Message{To: "native/a", Body: []byte("bc")}})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := send("UKEY")
	l.expect(t, `message alice→native/a by "UKEY" depth 0 root true read "" false`,
		`message native/a→native/b by "UKEY" depth 1 root false read "" false`,
		`message native/b→native/c by "UKEY" depth 2 root false read "I" true`)
	second := send("")
	l.expect(t, `message alice→native/a by "" depth 0 root true read "I" true`,
		`message native/a→native/b by "" depth 1 root false read "I" true`,
		`message native/b→native/c by "" depth 2 root false read "II" true`)
	l.look = "nobody"
	if third := send("UKEY"); first.Err != nil || second.GasUsed >= first.GasUsed || third.GasUsed-second.GasUsed > 20 {
		t.Errorf("gas is %d, %d and %d: reads of the hook are free", first.GasUsed, second.GasUsed, third.GasUsed)
	}
	l.take()

	if r := send("UBAD"); r.Err == nil || r.Err.Code != actor.CodeUnauthorized || r.Err.Message != "not now" {
		t.Errorf("got %v", r.Err)
	}
	s.replayed()
}

// That somebody is not there is remembered, until he is.
func TestHookReadsWhoComesIntoBeing(t *testing.T) {
	l := &listener{look: "made"}
	s := newGuardedStage(t, openStore(t, ""), Options{}, l.authorize)
	create := Request{Sender: "alice", Message: actor.Message{Kind: actor.KindInstantiate, To: "made", Module: "native"}}
	s.send("native", "native")
	l.expect(t, `message tester→native by "" depth 0 root true read "" false`, `message tester→native by "" depth 0 root true read "" false`)
	if r, err := s.Submit(t.Context(), create); err != nil || r.Err != nil {
		t.Fatal(r, err)
	}
	s.send("made", "native")
	l.expect(t, `message alice→made by "" depth 0 root true read "" false`, `message tester→made by "" depth 0 root true read "" false`,
		`message tester→native by "" depth 0 root true read "I" true`)
	s.replayed()
}

// Of commands that are no messages the hook hears if they are signed.
func TestHookIsAskedAboutSignedCommands(t *testing.T) {
	l := &listener{look: "native"}
	s := newGuardedStage(t, openStore(t, ""), Options{}, l.authorize)
	config := Config{Limits: Limits{Body: 100}, Gas: *DefaultGas()}
	in := InstallRequest{Installation: Installation{Module: "counter", Kind: "text", Code: []byte("v1")}, Sender: "alice", Signer: "UBAD"}
	s.dialect.prepare("v1")
	before := s.Head()
	for range 2 {
		if err := s.Bind(t.Context(), "other", Native, "UBAD"); err == nil || !strings.Contains(err.Error(), "not now") {
			t.Errorf("bind: %v", err)
		}
		if err := s.Configure(t.Context(), config, "UBAD"); err == nil || !strings.Contains(err.Error(), "not now") {
			t.Errorf("configure: %v", err)
		}
		if r, err := s.Install(t.Context(), in); err != nil || r == nil || r.Err == nil || r.Err.Code != actor.CodeUnauthorized {
			t.Errorf("install: %+v, %v", r, err)
		}
		l.expect(t, `bind → by "UBAD" depth 0 root true read "" false`, `configure → by "UBAD" depth 0 root true read "" false`,
			`install alice→ by "UBAD" depth 0 root true read "" false`)
	}
	if got := s.Head().Sequence - before.Sequence; got != 6 {
		t.Errorf("%d of 6 refusals are in the log", got)
	}
	if _, known, err := s.partition.ReadModule(s.store, "other"); known || err != nil {
		t.Errorf("what was refused is bound: %t, %v", known, err)
	}

	for _, err := range []error{s.Bind(t.Context(), "other", Native, ""), s.Configure(t.Context(), config, "")} {
		if err != nil {
			t.Error(err)
		}
	}
	s.mustInstall("counter", "v1", nil)
	l.expect(t)
	in.Signer = "UKEY"
	if r, err := s.Install(t.Context(), in); err != nil || r == nil || r.Err != nil || len(r.Changes) != 0 {
		t.Errorf("the same code again, signed: %+v, %v", r, err)
	}
	if err := s.Bind(t.Context(), "third", Native, "two\nlines"); err == nil || !strings.Contains(err.Error(), "the signer") {
		t.Errorf("a signer of two lines: %v", err)
	}
	s.replayed()
}

// A request is somebody's: with the same id another has asked for something else.
func TestRepeatedRequestIsOfOneSigner(t *testing.T) {
	s := newStage(t, openStore(t, ""), Options{})
	req := message("native")
	req.ID, req.Signer = "r", "UKEY"
	for range 2 {
		if r, err := s.Submit(t.Context(), req); err != nil || r.Err != nil || string(r.Data) != "1" {
			t.Fatal(r, err)
		}
	}
	for _, req.Signer = range []string{"", "UOTHER"} {
		if _, err := s.Submit(t.Context(), req); !errors.Is(err, ErrRequestReused) {
			t.Errorf("signed by %q: %v", req.Signer, err)
		}
	}
	s.replayed()
}

// An installation with an id has one effect and one receipt, whatever has been installed in between.
func TestRepeatedInstallation(t *testing.T) {
	s := newStage(t, openStore(t, ""), Options{})
	ask := func(code, id string) (*state.Receipt, error) {
		s.dialect.prepare(code)
		return s.Install(t.Context(), InstallRequest{ID: id,
			Installation: Installation{Module: "counter", Kind: "text", Code: []byte(code), Replace: true}})
	}
	first, err := ask("v1", "one")
	if err != nil || first.Err != nil {
		t.Fatal(first, err)
	}
	second, err := ask("v2", "two")
	if err != nil || second.Err != nil {
		t.Fatal(second, err)
	}
	if again, err := ask("v1", "one"); err != nil || again.Root != first.Root {
		t.Errorf("got %+v, %v, want the first receipt", again, err)
	}
	if got := s.send("counter"); got != "v2" {
		t.Errorf("a repeated installation took the place of a later one: %s", got)
	}
	if _, err := ask("v2", "one"); !errors.Is(err, ErrRequestReused) {
		t.Errorf("other code with the same id: %v", err)
	}
	if same, err := ask("v2", "three"); err != nil || same == nil || same.Err != nil || len(same.Changes) != 0 {
		t.Errorf("the same code with another id: %+v, %v", same, err)
	}
	if _, err := ask("v2", strings.Repeat("x", MaxRequestID+1)); err == nil {
		t.Error("an id that is too long is taken")
	}
	s.replayed()
}
