package dispatch

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// Random trees of calls at once, sub-messages and questions to the world outside run side by side on an executor. A model, which
// knows neither savepoints nor suspensions, executes the same plays in the order of the log, and must come to the same; and so
// must a replay.

// A play is what an actor does with a message or a reply: one thing after another. What it hears is its data.
type play []act

type act struct {
	// Do is set, append, delete, walk, peek, call, ask, gas, emit, fail, panic or send.
	Do   string        `json:"d"`
	Key  string        `json:"k,omitempty"` // a question is about its value, too
	To   actor.Address `json:"t,omitempty"`
	N    uint64        `json:"n,omitempty"` // gas, or the limit of a message
	Play play          `json:"p,omitempty"`
	// Dare lets a failure of a call or a question end the play; otherwise its code is heard.
	Dare  bool          `json:"c,omitempty"`
	Make  bool          `json:"m,omitempty"` // the message makes an actor
	Reply actor.ReplyOn `json:"r,omitempty"`
	Then  play          `json:"h,omitempty"` // done with the reply
}

func (p play) body() []byte {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return b
}

func played(b []byte) (p play) {
	if len(b) > 0 && json.Unmarshal(b, &p) != nil {
		panic("no play")
	}
	return p
}

// scene is what a play acts on: a host, or the model of one.
type scene interface {
	get(key string) string
	set(key, value string)
	remove(key string)
	walk(each func(key string))
	peek(of actor.Address, key string) string
	call(to actor.Address, p play) (string, error)
	ask(words string) (string, error)
	gas(n uint64)
}

// perform does all of a play, and returns what was heard.
func (p play) perform(s scene) (actor.Response, error) {
	var heard []string
	var resp actor.Response
	for _, a := range p {
		var answer string
		var err error
		switch a.Do {
		case "set":
			s.set(a.Key, "x")
		case "append":
			if was := s.get(a.Key); len(was) < 20 {
				s.set(a.Key, was+"y")
			}
		case "delete":
			s.remove(a.Key)
		case "walk":
			s.walk(func(key string) {
				answer += key
				heard, _ := s.call(a.To, a.Play)
				answer += heard
			})
		case "peek":
			answer = s.peek(a.To, a.Key)
		case "call":
			answer, err = s.call(a.To, a.Play)
		case "ask":
			value := s.get(a.Key)
			answer, err = s.ask(a.Key + value[:min(len(value), 1)])
		case "gas":
			s.gas(a.N)
		case "emit":
			resp.Events = append(resp.Events, actor.Event{Type: "said-" + a.Key})
		case "fail":
			return actor.Response{}, actor.Errorf("refused", "told to")
		case "panic":
			panic("told to")
		case "send":
			msg := actor.Message{To: a.To, Body: a.Play.body()}
			if a.Make {
				msg.Kind, msg.Module = actor.KindInstantiate, "a"
			}
			resp.Messages = append(resp.Messages, actor.SubMsg{ReplyOn: a.Reply, GasLimit: a.N, Msg: msg, Payload: a.Then.body()})
		}
		if err != nil && a.Dare {
			return actor.Response{}, err
		}
		if err != nil {
			answer = actor.AsError(err).Code
		}
		heard = append(heard, answer)
	}
	resp.Data = []byte(strings.Join(heard, " "))
	return resp, nil
}

// player is an actor that does what it is told.
type player struct{}

func (player) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return played(msg.Body).perform(hosted{ctx, env})
}

func (player) Instantiate(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return played(msg.Body).perform(hosted{ctx, env})
}

func (player) Reply(ctx context.Context, env *actor.Env, r actor.Reply) (actor.Response, error) {
	return played(r.Payload).perform(hosted{ctx, env})
}

type players struct{}

func (players) Resolve(actor.ModuleID, state.Hash) (Code, bool) { return Code{Actor: player{}}, true }

// hosted is the host as a scene.
type hosted struct {
	ctx context.Context
	env *actor.Env
}

func (h hosted) get(key string) string {
	v, _ := h.env.State.Get([]byte(key))
	return string(v)
}
func (h hosted) set(key, value string) { h.env.State.Set([]byte(key), []byte(value)) }
func (h hosted) remove(key string)     { h.env.State.Delete([]byte(key)) }
func (h hosted) gas(n uint64)          { h.env.UseGas(n) }

func (h hosted) walk(each func(string)) {
	for key := range h.env.State.Range(nil, nil, actor.Ascending) {
		each(string(key))
	}
}

func (h hosted) peek(of actor.Address, key string) string {
	v, _ := h.env.Services.(caller).Peek(of, []byte(key))
	return string(v)
}

func (h hosted) call(to actor.Address, p play) (string, error) {
	data, err := h.env.Services.(caller).Call(h.ctx, to, p.body())
	return string(data), err
}

func (h hosted) ask(words string) (string, error) {
	data, err := h.env.Services.(asker).Outside(h.ctx, []byte(words))
	return string(data), err
}

// hearsay is what the world says, whoever asks and whenever.
func hearsay(words string) (string, error) {
	switch {
	case strings.HasPrefix(words, "k1"):
		return "", actor.Errorf(actor.CodeOutside, "nobody there")
	case words == "k2":
		return "", nil
	}
	return strings.ToUpper(words), nil
}

// land is the state of all actors.
type land map[actor.Address]map[string]string

func (l land) clone() land {
	c := land{}
	for who, keys := range l {
		c[who] = maps.Clone(keys)
	}
	return c
}

// imagined is the model: one transaction on copies of all there is.
type imagined struct {
	limits   Limits
	land     land
	events   []string
	messages int
	running  []actor.Address
}

// meant is how a call ends. Dry is the gas that is used up, and final says that nobody may catch it.
type meant struct {
	err   *actor.Error
	dry   *meter
	final bool
}

func (m *meant) Error() string { return m.err.Error() }

// role is one call in the model.
type role struct {
	*imagined
	self  actor.Address
	own   map[string]string
	meter *meter
	depth int
}

func (r *role) get(key string) string { return r.own[key] }
func (r *role) set(key, value string) { r.own[key] = value }
func (r *role) remove(key string)     { delete(r.own, key) }

func (r *role) walk(each func(string)) {
	for _, key := range slices.Sorted(maps.Keys(r.own)) {
		each(key)
	}
}

func (r *role) peek(of actor.Address, key string) string { return r.land[of][key] }

func (r *role) gas(n uint64) {
	if n > r.meter.left() {
		r.meter.used = r.meter.limit
		panic(dried(r.meter))
	}
	r.meter.used += n
}

func dried(m *meter) *meant {
	return &meant{err: actor.Errorf(actor.CodeOutOfGas, "the limit of %d gas is used up", m.limit), dry: m}
}

func (r *role) ask(words string) (string, error) { return hearsay(words) }

func (r *role) call(to actor.Address, p play) (string, error) {
	if r.depth >= r.limits.Depth {
		return "", actor.Errorf(actor.CodeDepthExceeded, "calls nest at most %d deep", r.limits.Depth)
	}
	r.count()
	r.running = append(r.running, r.self)
	data, fail := r.attempt(to, actor.Message{To: to, Body: p.body()}, r.meter, r.depth+1)
	r.running = r.running[:len(r.running)-1]
	if fail == nil {
		return string(data), nil
	}
	if fail.dry != nil || fail.final {
		panic(fail)
	}
	return "", fail.err
}

func (r *role) count() {
	if r.messages >= r.limits.Messages {
		panic(&meant{err: actor.Errorf(actor.CodeTooManyMessages, "a transaction has at most %d sub-messages", r.limits.Messages), final: true})
	}
	r.messages++
}

// attempt delivers a message, and takes everything back if it fails.
func (m *imagined) attempt(to actor.Address, msg actor.Message, gas *meter, depth int) ([]byte, *meant) {
	before, mark := m.land.clone(), len(m.events)
	data, fail := m.deliver(to, msg, gas, depth)
	if fail != nil {
		// Those who are in the middle of a call hold on to their own keys, which a failure below them has not touched.
		for who := range m.land {
			if _, was := before[who]; !was {
				delete(m.land, who)
			} else if !slices.Contains(m.running, who) {
				maps.DeleteFunc(m.land[who], func(string, string) bool { return true })
				maps.Copy(m.land[who], before[who])
			}
		}
		m.events = m.events[:mark]
	}
	return data, fail
}

func (m *imagined) deliver(to actor.Address, msg actor.Message, gas *meter, depth int) ([]byte, *meant) {
	failed := func(code, format string, args ...any) ([]byte, *meant) {
		return nil, &meant{err: actor.Errorf(code, format, args...)}
	}
	_, there := m.land[to]
	switch {
	case slices.Contains(m.running, to):
		return failed(actor.CodeReentrant, "%s is running already in this transaction, and nobody enters it in the middle of a call", to)
	case msg.Kind == actor.KindInstantiate && there:
		return failed(actor.CodeAlreadyExists, "%s exists already", to)
	case msg.Kind != actor.KindInstantiate && !there:
		return failed(actor.CodeUnknownActor, "there is no actor %s, and no module is bound as %q", to, to.Kind())
	}
	r := &role{imagined: m, self: to, own: m.land[to], meter: gas, depth: depth}
	if !there {
		r.own = map[string]string{}
	}
	return r.run(msg.Kind.String(), played(msg.Body), func() { m.land[to] = r.own })
}

// run is a call with all that follows. Born is done behind the code of the actor.
func (r *role) run(kind string, p play, born func()) ([]byte, *meant) {
	resp, fail := r.enter(p)
	if fail != nil {
		return nil, fail
	}
	born()
	r.events = append(r.events, kind+" "+string(r.self))
	for _, ev := range resp.Events {
		r.events = append(r.events, ev.Type+" "+string(r.self))
	}
	if r.depth > r.limits.Depth {
		return nil, &meant{err: actor.Errorf(actor.CodeDepthExceeded, "calls nest at most %d deep", r.limits.Depth)}
	}
	data := resp.Data
	for i := range resp.Messages {
		replied, fail := r.sub(&resp.Messages[i])
		if fail != nil {
			return nil, fail
		}
		if replied != nil {
			data = replied
		}
	}
	return data, nil
}

func (r *role) enter(p play) (resp actor.Response, fail *meant) {
	defer func() {
		v := recover()
		ended, ok := v.(*meant)
		switch {
		case ok:
			fail = ended
		case r.meter.used >= r.meter.limit:
			fail = dried(r.meter)
		case v != nil:
			fail = &meant{err: actor.Errorf(actor.CodePanic, "%s panicked", r.self)}
		}
	}()
	resp, err := p.perform(r)
	if err != nil {
		fail = &meant{err: actor.AsError(err)}
	}
	return resp, fail
}

func (r *role) sub(s *actor.SubMsg) (data []byte, fail *meant) {
	defer func() {
		if ended, ok := recover().(*meant); ok {
			fail = ended
		}
	}()
	r.count()
	gas := r.meter
	if s.GasLimit > 0 && s.GasLimit < gas.left() {
		gas = &meter{limit: s.GasLimit}
	}
	before := gas.used
	_, fail = r.attempt(s.Msg.To, s.Msg, gas, r.depth+1)
	if gas != r.meter {
		r.meter.used += gas.used - before
		if fail != nil && fail.dry == gas {
			fail = &meant{err: fail.err}
		}
	}
	switch {
	case fail == nil && s.ReplyOn&actor.ReplyOnSuccess == 0:
		return nil, nil
	case fail != nil && (fail.dry != nil || fail.final || s.ReplyOn&actor.ReplyOnError == 0):
		return nil, fail
	}
	reply := &role{imagined: r.imagined, self: r.self, own: r.own, meter: r.meter, depth: r.depth + 1}
	data, fail = reply.run("reply", played(s.Payload), func() {})
	if fail != nil && fail.dry == nil && !fail.final {
		fail = &meant{err: &actor.Error{Code: fail.err.Code, Message: "reply: " + fail.err.Message}}
	}
	return data, fail
}

// playwright makes plays by chance.
type playwright struct{ *rand.Rand }

func (w playwright) one(list ...string) string { return list[w.IntN(len(list))] }

func (w playwright) play(depth int) (p play) {
	if depth == 0 {
		return nil
	}
	for range 1 + w.IntN(4) {
		a := act{Do: w.one("set", "append", "append", "delete", "peek", "call", "call", "call", "send", "send", "ask", "gas", "emit", "fail", "panic", "walk"),
			Key: w.one("k0", "k1", "k2", "k3"), To: actor.Address(w.one("a", "b", "c", "a", "b", "c", "d", "e", "nobody"))}
		switch a.Do {
		case "call":
			a.Play, a.Dare = w.play(depth-1), w.IntN(4) == 0
		case "walk":
			for a.Play = w.play(min(depth-1, 1)); a.Play.asks() > 0; {
				a.Play = w.play(1)
			}
		case "send":
			a.Play, a.Then, a.Reply = w.play(depth-1), w.play(depth-1), actor.ReplyOn(w.IntN(4))
			if a.Make = w.IntN(5) == 0; a.Make {
				a.To = actor.Address(w.one("d", "e"))
			}
			if w.IntN(4) == 0 {
				a.N = uint64(1 + w.IntN(100))
			}
		case "ask":
			a.Dare = w.IntN(4) == 0
		case "gas":
			a.N = uint64(w.IntN(80))
		case "fail", "panic":
			if depth > 3 || w.IntN(3) > 0 {
				continue // at the root it would end everything
			}
		}
		p = append(p, a)
	}
	return p
}

// asks counts the acts that ask.
func (p play) asks() (n int) {
	for _, a := range p {
		n += a.Play.asks() + a.Then.asks()
		if a.Do == "ask" {
			n++
		}
	}
	return n
}

// playCount is how many random plays a run of the tests tries.
const playCount = 3000

func TestCallTrees(t *testing.T) {
	store := openStore(t, "")
	limits := Limits{Depth: 4, Messages: 14, Gas: 150}
	d := Dispatcher{Resolver: players{}, Limits: limits, Gas: &Gas{}}
	var mu sync.Mutex
	asked := map[string]string{}
	slow := rand.New(rand.NewPCG(5, 6))
	e, err := NewExecutor(store, d, Options{Group: 7, Outside: func(_ context.Context, a Ask) ([]byte, error) {
		mu.Lock()
		if was, ok := asked[a.ID]; ok && was != string(a.Request) {
			t.Errorf("two questions have the id %s: %s, %s", a.ID, was, a.Request)
		}
		asked[a.ID] = string(a.Request)
		wait := time.Duration(slow.IntN(300)) * time.Microsecond
		mu.Unlock()
		time.Sleep(wait)
		answer, err := hearsay(string(a.Request))
		if err != nil {
			return nil, fmt.Errorf("%s", actor.AsError(err).Message)
		}
		return []byte(answer), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, id := range []actor.ModuleID{"a", "b", "c"} {
		if err := e.Bind(t.Context(), id, Native, ""); err != nil {
			t.Fatal(err)
		}
		if r, err := e.Submit(t.Context(), message(actor.Address(id))); err != nil || r.Err != nil {
			t.Fatal(r, err)
		}
	}
	began := e.Head().Sequence
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			w := playwright{rand.New(rand.NewPCG(7, uint64(n)))}
			for range playCount / 8 {
				p := w.play(4)
				for p.asks() > MaxOutside/3 { // each asks anew if another has changed what it asks by: there are three ways
					p = w.play(4)
				}
				req := message(actor.Address(w.one("a", "b", "c")))
				req.Message.Body = p.body()
				if _, err := e.Submit(t.Context(), req); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	world := land{"a": {}, "b": {}, "c": {}}
	seen := map[string]int{}
	var part state.Partition
	for seq := began + 1; seq <= e.Head().Sequence; seq++ {
		cmd, _, err := part.ReadCommand(store, seq)
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := part.ReadReceipt(store, seq)
		if err != nil {
			t.Fatal(err)
		}
		m := &imagined{limits: limits, land: world}
		gas := &meter{limit: limits.Gas}
		data, fail := m.attempt(cmd.Message.To, cmd.Message, gas, 1)
		want := fmt.Sprintf("data %q, events %s", data, m.events)
		if fail != nil {
			want = fmt.Sprintf("error %s", fail.err)
		}
		want += fmt.Sprintf(", gas %d, %d messages", gas.used, m.messages)
		var events []string
		for _, ev := range r.Events {
			events = append(events, ev.Type+" "+string(ev.Actor))
		}
		got := fmt.Sprintf("data %q, events %s", r.Data, events)
		if r.Err != nil {
			got = fmt.Sprintf("error %s", r.Err)
			seen[r.Err.Code]++
		}
		if got += fmt.Sprintf(", gas %d, %d messages", r.GasUsed, r.Messages); got != want {
			t.Fatalf("transaction %d: %s %s\n got %s\nwant %s", seq, cmd.Message.To, cmd.Message.Body, got, want)
		}
		for _, word := range []string{actor.CodeReentrant, actor.CodeDepthExceeded, actor.CodeOutside, actor.CodeUnknownActor, actor.CodeOutOfGas} {
			if strings.Contains(string(r.Data), word) {
				seen["heard "+word]++
			}
		}
		if len(cmd.Answers) > 1 {
			seen["answers"]++
		}
	}
	for who, keys := range world {
		record, ok, err := part.ReadActor(store, who)
		if err != nil || !ok {
			t.Fatalf("%s is not there: %v", who, err)
		}
		it, err := store.Iter(part.AppendStatePrefix(nil, record.Number), actor.PrefixEnd(part.AppendStatePrefix(nil, record.Number)))
		if err != nil {
			t.Fatal(err)
		}
		has := map[string]string{}
		for more := it.First(); more; more = it.Next() {
			has[string(it.Key()[len(part.AppendStatePrefix(nil, record.Number)):])] = string(it.Value())
		}
		it.Close()
		if !maps.Equal(has, keys) {
			t.Errorf("%s has %v, want %v", who, has, keys)
		}
	}
	// The test is worth little if the plays have become tame.
	for _, what := range []string{"heard reentrant", "heard outside", "heard unknown_actor", "heard depth_exceeded", "answers", actor.CodeOutOfGas, actor.CodeTooManyMessages} {
		if seen[what] < playCount/200 {
			t.Errorf("%d plays have only %d times %q: %v", playCount, seen[what], what, seen)
		}
	}
	replay, err := NewReplay(openStore(t, ""), d)
	if err != nil {
		t.Fatal(err)
	}
	for seq := uint64(1); seq <= e.Head().Sequence; seq++ {
		cmd, _, _ := part.ReadCommand(store, seq)
		was, _, _ := part.ReadReceipt(store, seq)
		if now, err := replay.Step(t.Context(), &cmd, nil); err != nil || now.Root != was.Root {
			t.Fatalf("transaction %d again: %v, %+v, was %+v", seq, err, now, was)
		}
	}
}
