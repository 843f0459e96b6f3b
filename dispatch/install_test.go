package dispatch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/txn"
)

// fakeDialect is a Resolver of code that is text: what it says is what its actors do. Native actors are Go functions.
//
//	v1            Execute answers "v1" and counts; Migrate fails
//	v2 migrates   the same with "v2"; Migrate writes "migrated" and the body
//	refuses X     Migrate fails for actor X alone
//	sends X       Migrate sends a message to X
//	missing       nobody has the code
//
// It takes the code from the rows of a store, as a host does, and so knows only what was installed.
type fakeDialect struct {
	goActors
	mu    sync.Mutex
	store *state.Store
	ready map[state.Hash][]byte // code that is about to be installed
}

func (f *fakeDialect) Resolve(id actor.ModuleID, hash state.Hash) (Code, bool) {
	if hash == (state.Hash{}) {
		return f.goActors.Resolve(id, hash)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	text, ok := f.ready[hash]
	if !ok {
		var err error
		if text, ok, err = state.Partition(0).ReadCode(f.store, hash); err != nil || !ok {
			return Code{}, false
		}
	}
	return Code{Actor: textActor(text)}, string(text) != "missing"
}

// prepare is what a host does before it submits code.
func (f *fakeDialect) prepare(code string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ready == nil {
		f.ready = map[state.Hash][]byte{}
	}
	in := Installation{Code: []byte(code)}
	f.ready[in.Hash()] = in.Code
}

type textActor string

func (a textActor) version() string {
	v, _, _ := strings.Cut(string(a), " ")
	return v
}

func (a textActor) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	resp, err := count(ctx, env, msg)
	resp.Data = []byte(a.version())
	return resp, err
}

func (a textActor) Query(_ context.Context, view *actor.View, _ []byte) ([]byte, error) {
	n, _ := view.State.Get([]byte("n"))
	return fmt.Appendf(nil, "%s %s", a.version(), n), nil
}

func (a textActor) Migrate(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	words := strings.Fields(string(a))
	switch {
	case !slices.Contains(words, "migrates"):
		return actor.Response{}, errors.New("no")
	case slices.Contains(words, "refuses") && words[slices.Index(words, "refuses")+1] == string(env.Self):
		return actor.Response{}, actor.Errorf("stubborn", "%s stays", env.Self)
	}
	env.State.Set([]byte("n"), []byte("M"))
	env.State.Set([]byte("by"), fmt.Appendf(nil, "%s %s", env.Sender, msg.Body))
	resp := actor.Response{Events: []actor.Event{{Type: "migrated"}}}
	if i := slices.Index(words, "sends"); i >= 0 {
		resp.Messages = []actor.SubMsg{{Msg: actor.Message{To: actor.Address(words[i+1])}}}
	}
	return resp, nil
}

// A stage is an executor with a fake dialect.
type stage struct {
	*Executor
	t         *testing.T
	dialect   *fakeDialect
	authorize func(Access) error
}

func newStage(t *testing.T, store *state.Store, opts Options) *stage {
	t.Helper()
	return newGuardedStage(t, store, opts, nil)
}

func newGuardedStage(t *testing.T, store *state.Store, opts Options, authorize func(Access) error) *stage {
	t.Helper()
	f := &fakeDialect{goActors: goActors{"native": count}, store: store}
	e, err := NewExecutor(store, Dispatcher{Resolver: f, Authorize: authorize}, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	if err := e.Bind(t.Context(), "native", Native, ""); err != nil {
		t.Fatal(err)
	}
	return &stage{e, t, f, authorize}
}

// install prepares and submits, as a host does.
func (s *stage) install(name, code string, how func(*Installation)) (*state.Receipt, error) {
	s.t.Helper()
	s.dialect.prepare(code)
	in := Installation{Module: actor.ModuleID(name), Kind: "text", Code: []byte(code)}
	if how != nil {
		how(&in)
	}
	return s.Install(s.t.Context(), InstallRequest{Installation: in})
}

func (s *stage) mustInstall(name, code string, how func(*Installation)) *state.Receipt {
	s.t.Helper()
	r, err := s.install(name, code, how)
	if err != nil || r == nil || r.Err != nil {
		s.t.Fatalf("install %s %q: %+v, %v", name, code, r, err)
	}
	return r
}

func replace(in *Installation) { in.Replace = true }

func migrate(in *Installation) { in.Migrate, in.Body = true, []byte("with this") }

// send sends messages that must commit and returns the data of the last.
func (s *stage) send(to ...actor.Address) (data string) {
	s.t.Helper()
	for _, a := range to {
		r, err := s.Submit(s.t.Context(), message(a))
		if err != nil || r.Err != nil {
			s.t.Fatalf("%s: %+v, %v", a, r, err)
		}
		data = string(r.Data)
	}
	return data
}

// ask queries on the latest view.
func (s *stage) ask(a actor.Address) string {
	s.t.Helper()
	v := s.View()
	defer v.Release()
	return askOn(s.t, v, a)
}

func (s *stage) record(name actor.ModuleID) state.Module {
	s.t.Helper()
	v := s.View()
	defer v.Release()
	m, ok, err := s.partition.ReadModule(v, name)
	if err != nil || !ok {
		s.t.Fatalf("module %s: %t, %v", name, ok, err)
	}
	return m
}

// replayed executes the log of the stage again, with nothing but the code in the log, and must meet its root.
func (s *stage) replayed() {
	s.t.Helper()
	v := s.View()
	defer v.Release()
	memory := openStore(s.t, "")
	f := &fakeDialect{goActors: s.dialect.goActors, store: memory}
	r, err := NewReplay(memory, Dispatcher{Resolver: f, Authorize: s.authorize})
	if err != nil {
		s.t.Fatal(err)
	}
	for seq := uint64(1); seq <= v.Head.Sequence; seq++ {
		cmd, ok, err := s.partition.ReadCommand(v, seq)
		if err != nil || !ok {
			s.t.Fatal(err)
		}
		if cmd.Op == state.OpInstall {
			in, err := DecodeInstallation(&cmd.Message)
			if err != nil {
				s.t.Fatal(err)
			}
			f.prepare(string(in.Code))
		}
		if _, err := r.Step(s.t.Context(), &cmd, nil); err != nil {
			s.t.Fatal(err)
		}
	}
	if r.Head() != v.Head {
		s.t.Errorf("the replay ends at %+v, the log at %+v", r.Head(), v.Head)
	}
}

func TestInstall(t *testing.T) {
	dir := t.TempDir()
	store := openStore(t, dir)
	s := newStage(t, store, Options{})
	r := s.mustInstall("counter", "v1", nil)
	code := []byte("v1")
	want := state.Module{ID: "counter", Kind: "text", Bound: r.Sequence, Hash: (&Installation{Code: code}).Hash(), Size: 2}
	if got := s.record("counter"); got != want {
		t.Errorf("the record is %+v, want %+v", got, want)
	}
	if got, ok, err := s.partition.ReadCode(store, want.Hash); string(got) != "v1" || !ok || err != nil {
		t.Errorf("the code is %q, %t, %v", got, ok, err)
	}
	for _, c := range r.Changes {
		if state.Space(c.Key[0]) == state.Code {
			t.Error("the receipt has the code again")
		}
	}
	if got := s.send("counter", "counter/a"); got != "v1" {
		t.Errorf("the answer is %q", got)
	}
	if got := s.ask("counter/a"); got != "v1 I" {
		t.Errorf("the query says %q", got)
	}

	head := s.Head()
	if r, err := s.install("counter", "v1", nil); r != nil || err != nil || s.Head() != head {
		t.Errorf("the same code again: %+v, %v", r, err)
	}
	for name, how := range map[string]func(*Installation){"": nil, "migrate": migrate} {
		if r, err := s.install("counter", "v1", how); r != nil || err != nil || s.Head() != head {
			t.Errorf("the same code again, %s: %+v, %v", name, r, err)
		}
	}
	refused := func(name, code, want string, how func(*Installation)) {
		t.Helper()
		r, err := s.install(name, code, how)
		var e *actor.Error
		if !errors.As(err, &e) || e.Code != want || r != nil {
			t.Errorf("%s as %s: %+v, %v", name, code, r, err)
		}
	}
	refused("counter", "v2", actor.CodeAlreadyExists, nil)
	refused("native", "v1", actor.CodeAlreadyExists, replace)
	refused("counter/x", "v1", actor.CodeInvalidAddress, nil)
	refused("", "v1", actor.CodeInvalidAddress, nil)
	refused("empty", "", actor.CodeMalformed, nil)
	refused("large", strings.Repeat("x", MaxCode+1), actor.CodeBodyTooLarge, nil)
	refused("nodialect", "v1", actor.CodeMalformed, func(in *Installation) { in.Kind = "" })
	refused("nodialect", "v1", actor.CodeMalformed, func(in *Installation) { in.Kind = Native })
	if err := s.Bind(t.Context(), "counter", Native, ""); err == nil || actor.AsError(err).Code != actor.CodeAlreadyExists {
		t.Errorf("a module that is installed is bound: %v", err)
	}
	if s.Head() != head {
		t.Error("what was refused at once is in the log")
	}

	s.Close()
	store.Close()
	s = newStage(t, openStore(t, dir), Options{})
	if got := s.send("counter/a"); got != "v1" {
		t.Errorf("after reopening the answer is %q", got)
	}
	if got := s.ask("counter/a"); got != "v1 II" {
		t.Errorf("after reopening the query says %q", got)
	}
	s.replayed()
}

// What is refused when it is the command's turn is in the log, and in the receipt.
func TestInstallRefusedInTurn(t *testing.T) {
	store := openStore(t, "")
	f := &fakeDialect{goActors: goActors{"native": count}, store: store}
	f.prepare("v1")
	r, err := NewReplay(store, Dispatcher{Resolver: f})
	if err != nil {
		t.Fatal(err)
	}
	step := func(cmd state.Command, want string) {
		t.Helper()
		cmd.Sequence = r.Head().Sequence + 1
		receipt, err := r.Step(t.Context(), &cmd, new(Trace))
		if err != nil {
			t.Fatal(err)
		}
		if got := receipt.Err; (got == nil) != (want == "") || got != nil && got.Code != want {
			t.Errorf("transaction %d: %v, want %q", cmd.Sequence, got, want)
		}
		if (want != "" || cmd.Op == state.OpMessage) != (len(receipt.Changes) == 0) {
			t.Errorf("transaction %d wrote %d rows", cmd.Sequence, len(receipt.Changes))
		}
	}
	install := func(name, code string, how func(*Installation)) state.Command {
		in := Installation{Module: actor.ModuleID(name), Kind: "text", Code: []byte(code)}
		if how != nil {
			how(&in)
		}
		return state.Command{Op: state.OpInstall, Message: in.Message()}
	}
	step(state.Command{Op: state.OpBind, Message: actor.Message{Module: "native", Body: []byte(Native)}}, "")
	step(install("counter", "v1", nil), "")
	step(install("counter", "v2", nil), actor.CodeAlreadyExists)
	step(install("native", "v2", replace), actor.CodeAlreadyExists)
	step(install("a/b", "v2", replace), actor.CodeInvalidAddress)
	step(install("empty", "", nil), actor.CodeMalformed)
	step(install("odd", "v1", func(in *Installation) { in.Kind = "Odd!" }), actor.CodeMalformed)
	step(install("counter", "v2", func(in *Installation) { in.Migrate, in.Body = true, make([]byte, 3<<20+1) }), actor.CodeBodyTooLarge)
	step(state.Command{Op: state.OpInstall, Message: actor.Message{Module: "counter"}}, actor.CodeMalformed)
	step(state.Command{Op: state.OpBind, Message: actor.Message{Module: "counter"}}, actor.CodeAlreadyExists)
	as := install("other", "v1", nil)
	as.Sender = "counter/x"
	step(as, actor.CodeUnauthorized)
	// The same code again succeeds and does nothing.
	same := install("counter", "v1", nil)
	same.Sequence = r.Head().Sequence + 1
	if receipt, err := r.Step(t.Context(), &same, nil); err != nil || receipt.Err != nil || len(receipt.Changes) != 0 {
		t.Errorf("the same code again: %+v, %v", receipt, err)
	}
}

func TestReplace(t *testing.T) {
	s := newStage(t, openStore(t, ""), Options{})
	s.mustInstall("counter", "v1", nil)
	s.mustInstall("other", "v1", nil)
	s.send("counter/a", "counter/b", "other/a")
	before := s.View()
	defer before.Release()
	r := s.mustInstall("counter", "v2", replace)
	if m := s.record("counter"); m.Bound != r.Sequence || m.Hash != (&Installation{Code: []byte("v2")}).Hash() {
		t.Errorf("the record is %+v", m)
	}
	if got := s.ask("counter/a"); got != "v2 I" {
		t.Errorf("behind the replacement the query says %q", got)
	}
	if got := askOn(t, before, "counter/a"); got != "v1 I" {
		t.Errorf("a view of the state before says %q", got)
	}
	if got := s.send("counter/a"); got != "v2" {
		t.Errorf("the actor answers %q", got)
	}
	if got := s.send("other/a"); got != "v1" {
		t.Errorf("an actor of another module with the code that was replaced answers %q", got)
	}
	s.replayed()
}

func askOn(t *testing.T, v *View, a actor.Address) string {
	t.Helper()
	tx := txn.OnSnapshot(v.Snapshot)
	defer tx.Rollback()
	res := v.Dispatcher.Query(t.Context(), tx, v.Head, a, nil)
	if res.Err != nil || res.Fault != nil {
		t.Errorf("query of %s: %v, %v", a, res.Err, res.Fault)
	}
	return string(res.Data)
}

func TestInstalledNameIsNoSender(t *testing.T) {
	s := newStage(t, openStore(t, ""), Options{})
	as := func(sender actor.Address) *actor.Error {
		r, err := s.Submit(t.Context(), Request{Sender: sender, Message: actor.Message{To: "native"}})
		if err != nil {
			t.Fatal(err)
		}
		return r.Err
	}
	if err := as("counter/a"); err != nil {
		t.Fatal(err)
	}
	s.mustInstall("counter", "v1", nil)
	if err := as("counter/a"); err == nil || err.Code != actor.CodeUnauthorized {
		t.Errorf("got %v", err)
	}
}

// Queries while code is replaced see the code that belongs to their state: v1 counts, v2 has migrated.
func TestQueriesSeeTheCodeOfTheirState(t *testing.T) {
	s := newStage(t, openStore(t, t.TempDir()), Options{})
	s.mustInstall("counter", versioned(0), nil)
	s.send("counter/a")
	s.mustInstall("counter", versioned(1), migrate)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				v := s.View()
				m, _, err := s.partition.ReadModule(v, "counter")
				got := askOn(t, v, "counter/a")
				if want := fmt.Sprintf("v%d M", m.Size-versionedSize); err != nil || got != want {
					t.Errorf("at %d the actor says %q, want %q, %v", v.Head.Sequence, got, want, err)
				}
				v.Release()
			}
		})
	}
	var installers sync.WaitGroup
	for first := range 3 { // at once, so that the next is executed while the last is on its way to the disk
		installers.Go(func() {
			for i := 2 + first; i < 60; i += 3 {
				if _, err := s.install("counter", versioned(i), migrate); err != nil {
					t.Error(err)
				}
			}
		})
	}
	installers.Wait()
	close(stop)
	wg.Wait()
}

// versioned is code whose size tells its version.
func versioned(n int) string {
	return fmt.Sprintf("%-*s", n+versionedSize, fmt.Sprintf("v%d migrates", n))
}

const versionedSize = 20

func TestReplayBehindACheckpoint(t *testing.T) {
	dir := t.TempDir()
	s := newStage(t, openStore(t, dir+"/store"), Options{})
	s.mustInstall("counter", "v1", nil)
	s.send("counter/a")
	if err := s.store.Checkpoint(dir + "/copy"); err != nil {
		t.Fatal(err)
	}
	behind := s.Head().Sequence
	s.send("counter/a")
	s.mustInstall("counter", "v2", replace)
	s.send("counter/a")

	copied := openStore(t, dir+"/copy")
	f := &fakeDialect{goActors: s.dialect.goActors, store: copied}
	f.prepare("v2") // v1 is in the rows
	r, err := NewReplay(copied, Dispatcher{Resolver: f})
	if err != nil {
		t.Fatal(err)
	}
	for seq := behind + 1; seq <= s.Head().Sequence; seq++ {
		cmd, _, err := s.partition.ReadCommand(s.store, seq)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Step(t.Context(), &cmd, nil); err != nil {
			t.Fatal(err)
		}
	}
	if r.Head() != s.Head() {
		t.Errorf("the replay ends at %+v, the log at %+v", r.Head(), s.Head())
	}
}

func TestInstallationEncoding(t *testing.T) {
	for _, in := range []Installation{
		{Module: "m", Kind: "text", Code: []byte("code")},
		{Module: "m", Kind: "text", Code: []byte("code"), Replace: true},
		{Module: "m", Kind: "text", Code: []byte("code"), Replace: true, Migrate: true},
		{Module: "m", Kind: "text", Code: []byte("code"), Replace: true, Migrate: true, Body: []byte{}},
		{Module: "m", Kind: "text", Code: []byte("code"), Replace: true, Migrate: true, Body: []byte("body")},
	} {
		msg := in.Message()
		got, err := DecodeInstallation(&msg)
		if err != nil || fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", in) {
			t.Errorf("%#v becomes %#v, %v", in, got, err)
		}
	}
}

// FuzzDecodeInstallation: whatever is accepted is encoded again byte for byte.
func FuzzDecodeInstallation(f *testing.F) {
	in := Installation{Kind: "troupe", Code: []byte("\x00asm"), Migrate: true, Body: []byte("body")}
	f.Add(in.Message().Body)
	in.Migrate = false
	f.Add(in.Message().Body)
	f.Add([]byte{1, 2, 0})
	f.Add([]byte{1, 7, 0, 0x80, 0})
	f.Add([]byte{1, 7, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		in, err := DecodeInstallation(&actor.Message{Body: b})
		if err != nil {
			return
		}
		if got := in.Message().Body; !bytes.Equal(got, b) {
			t.Errorf("%x becomes %+v becomes %x", b, in, got)
		}
	})
}

// Code that is much larger than what the store keeps in memory at a time.
func TestLargeCode(t *testing.T) {
	dir := t.TempDir()
	opts := &state.Options{MemTableSize: 256 << 10, CacheSize: 1 << 20}
	store, err := state.Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, store, Options{CacheBytes: 1 << 20, KeepTraces: true})
	code := "v1 " + strings.Repeat("x", MaxCode/4)
	s.mustInstall("large", code, nil)
	s.send("large/a")
	if err := errors.Join(s.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
	if store, err = state.Open(dir, opts); err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s = newStage(t, store, Options{})
	if got := s.send("large/a"); got != "v1" {
		t.Errorf("the actor answers %q", got)
	}
	s.replayed()
	// No row is so large that whoever reads the rows beside it would feel it.
	it, err := store.Iter(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	for more := it.First(); more; more = it.Next() {
		if len(it.Value()) > 100<<10 {
			t.Errorf("the row %.20x has %d bytes", it.Key(), len(it.Value()))
		}
	}
}
