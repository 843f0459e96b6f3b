package cast

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
)

// probe does what its message names, and answers with what it has seen.
type probe struct{}

// Probes returns the messages that a probe knows, sorted.
func Probes() []string { return slices.Sorted(maps.Keys(probes)) }

func (probe) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	run := probes[string(msg.Body)]
	if run == nil {
		run = outside[string(msg.Body)]
	}
	if run == nil {
		return actor.Response{Data: fmt.Appendf(nil, "%v %q %v", msg.Kind, msg.To, msg.Body)}, nil
	}
	var resp actor.Response
	text, err := run(env, &resp)
	if text != "" {
		resp.Data = []byte(text)
	}
	return resp, err
}

func (probe) Instantiate(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return say("instantiate %v body %q nil %v module %q admin %q sender %q", env.Self, msg.Body, msg.Body == nil, msg.Module, msg.Admin, env.Sender)
}

func (probe) Migrate(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return say("migrate %v body %q nil %v module %q admin %q sender %q", env.Self, msg.Body, msg.Body == nil, msg.Module, msg.Admin, env.Sender)
}

func (probe) Sudo(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return say("sudo %v %v body %q sender %q", env.Self, msg.Kind, msg.Body, env.Sender)
}

// Reply keeps all that it is told, so that nothing of it can differ.
func (probe) Reply(_ context.Context, env *actor.Env, r actor.Reply) (actor.Response, error) {
	env.State.Set(fmt.Appendf(nil, "reply/%d", r.ID), fmt.Appendf(nil, "payload %q %v callee %q error %v data %q %v events %q sender %q",
		r.Payload, r.Payload == nil, r.Callee, r.Err, r.Data, r.Data == nil, r.Events, env.Sender))
	if r.ID == 99 {
		return actor.Response{}, actor.Errorf("no_reply", "%q", r.Payload)
	}
	return actor.Response{Data: r.Data, Attributes: []actor.Attribute{{Key: "id", Value: fmt.Sprint(r.ID)}}}, nil
}

func (probe) Query(ctx context.Context, view *actor.View, body []byte) ([]byte, error) {
	switch string(body) {
	case "nil":
		return nil, nil
	case "empty":
		return []byte{}, nil
	case "fail":
		return []byte("lost"), actor.Errorf("asked", "%s does not know", view.Self)
	case "panic":
		panic("a query")
	case "ask":
		return view.Query(ctx, view.Self, []byte("state"))
	case "state":
		var b bytes.Buffer
		for k, v := range view.State.Range(nil, nil, actor.Descending) {
			fmt.Fprintf(&b, "%.20q=%.20q ", k, v)
		}
		return b.Bytes(), nil
	}
	if _, ok := view.State.(actor.State); ok {
		return nil, errors.New("a query can write")
	}
	return fmt.Appendf(nil, "%v %d %v %q", view.Self, view.Sequence, view.Time, body), nil
}

func say(format string, args ...any) (actor.Response, error) {
	return actor.Response{Data: fmt.Appendf(nil, format, args...)}, nil
}

func pairs(seq iter.Seq2[[]byte, []byte], most int) string {
	var b strings.Builder
	for k, v := range seq {
		if most--; most < 0 {
			break
		}
		fmt.Fprintf(&b, "%s=%d ", k, len(v))
	}
	return b.String()
}

// A value that is larger than all the room that a guest has for it beforehand, and one that just fits nowhere.
const large, awkward = 131072, 16384

// rude is an error whose text cannot be had.
type rude struct{}

func (rude) Error() string { panic("no text") }

var probes = map[string]func(env *actor.Env, resp *actor.Response) (string, error){
	"env": func(env *actor.Env, _ *actor.Response) (string, error) {
		return fmt.Sprintf("%v %v %d %v %x %d", env.Self, env.Sender, env.Sequence, env.Time, env.Seed, env.Span), nil
	},
	"rand": func(env *actor.Env, _ *actor.Response) (string, error) {
		r := env.Rand()
		return fmt.Sprint(r.Uint64(), r.IntN(1000), r.Perm(5), r.Float64(), env.Rand().Uint64()), nil
	},
	"values": func(env *actor.Env, _ *actor.Response) (string, error) {
		var b strings.Builder
		for i, n := range []int{0, 1, 23, 24, 255, 256, 511, 512, 513, awkward - 1, awkward, awkward + 1, large} {
			key := fmt.Appendf(nil, "v%02d", i)
			env.State.Set(key, bytes.Repeat([]byte{byte(i + 1)}, n))
			got, ok := env.State.Get(key)
			fmt.Fprintln(&b, n, len(got), ok, got == nil, bytes.Count(got, []byte{byte(i + 1)}) == n)
		}
		kept, _ := env.State.Get([]byte("v02"))
		env.State.Delete([]byte("v02"))
		_, ok := env.State.Get([]byte("v02"))
		none, has := env.State.Get([]byte("never"))
		fmt.Fprintln(&b, string(kept) == strings.Repeat("\x03", 23), ok, none == nil, has)
		return b.String(), nil
	},
	"ranges": func(env *actor.Env, _ *actor.Response) (string, error) {
		s := env.State
		for i := range 60 {
			s.Set(fmt.Appendf(nil, "r/%02d", i), bytes.Repeat([]byte("x"), i*i*20))
		}
		s.Set([]byte("r/a"), nil)
		var b strings.Builder
		for _, r := range []struct{ start, end []byte }{
			{nil, nil}, {[]byte("r/10"), nil}, {nil, []byte("r/03")}, {[]byte("r/05"), []byte("r/08")}, {[]byte("r/08"), []byte("r/05")},
			{[]byte("r/05"), []byte("r/05")}, {[]byte("r/05"), []byte{}}, {[]byte("s"), nil},
		} {
			fmt.Fprintln(&b, pairs(s.Range(r.start, r.end, actor.Ascending), 100))
			fmt.Fprintln(&b, pairs(s.Range(r.start, r.end, actor.Descending), 3))
		}
		return b.String(), nil
	},
	"snapshots": func(env *actor.Env, _ *actor.Response) (string, error) {
		s := env.State
		for i := range 4 {
			s.Set(fmt.Appendf(nil, "s/%d", i), []byte("old"))
		}
		seq := s.Range([]byte("s/"), []byte("s0"), actor.Ascending)
		s.Set([]byte("s/0"), []byte("newer"))
		s.Delete([]byte("s/3"))
		var b strings.Builder
		for k, v := range seq {
			s.Set(append(slices.Clone(k), '+'), v)
			for inner := range s.Range(k, nil, actor.Descending) {
				fmt.Fprintf(&b, "%s ", inner)
			}
			fmt.Fprintf(&b, "%s=%s\n", k, v)
		}
		return b.String(), nil
	},
	// Each range is left before its end, and some by a panic. A guest that did not close them would have too many.
	"left early": func(env *actor.Env, _ *actor.Response) (string, error) {
		env.State.Set([]byte("a"), nil)
		env.State.Set([]byte("b"), nil)
		n := 0
		for range 1500 {
			for range env.State.Range(nil, nil, actor.Ascending) {
				n++
				break
			}
			func() {
				defer func() { _ = recover() }()
				for range env.State.Range(nil, nil, actor.Descending) {
					n++
					panic("left")
				}
			}()
		}
		return fmt.Sprint(n), nil
	},
	"query": func(env *actor.Env, _ *actor.Response) (string, error) {
		var b strings.Builder
		env.State.Set([]byte("fresh"), []byte("seen"))
		for _, q := range []struct {
			to   actor.Address
			body string
		}{{env.Self, "nil"}, {env.Self, "empty"}, {env.Self, "fail"}, {env.Self, "panic"}, {env.Self, "ask"}, {env.Self, "state"}, {env.Self, "other"},
			{"nobody", "x"}, {"NO ADDRESS", "x"}, {"bare", "x"}} {
			data, err := env.Query(context.Background(), q.to, []byte(q.body))
			var e *actor.Error
			fmt.Fprintf(&b, "%s %s: %q %v %v %v\n", q.to, q.body, data, data == nil, err, errors.As(err, &e))
		}
		return b.String(), nil
	},
	"raw": func(env *actor.Env, _ *actor.Response) (string, error) {
		env.State.Set([]byte("own"), []byte("yes"))
		env.State.Set([]byte("nothing"), nil)
		env.State.Set([]byte("large"), make([]byte, large))
		var b strings.Builder
		for _, q := range []struct {
			to  actor.Address
			key string
		}{{env.Self, "own"}, {env.Self, "nothing"}, {env.Self, "large"}, {env.Self, "never"}, {"nobody", "own"}, {"NO ADDRESS", "own"}} {
			v, ok := env.QueryRaw(q.to, []byte(q.key))
			fmt.Fprintln(&b, q.to, q.key, len(v), v == nil, ok)
		}
		return b.String(), nil
	},
	"response": func(env *actor.Env, resp *actor.Response) (string, error) {
		resp.Attributes = []actor.Attribute{{Key: "k", Value: "v"}, {Key: "long", Value: strings.Repeat("é", 200)}}
		resp.Events = []actor.Event{{Type: "bare"}, {Type: "full", Attributes: []actor.Attribute{{Key: "a", Value: ""}, {Key: "b", Value: "\xff"}}}}
		resp.Messages = []actor.SubMsg{
			{ID: 1, ReplyOn: actor.ReplyAlways, Payload: []byte{}, Msg: actor.Message{To: env.Self, Body: []byte("hello")}},
			{ID: 1 << 40, ReplyOn: actor.ReplyAlways, Payload: []byte("why"), Msg: actor.Message{To: env.Self, Body: []byte("fails")}},
			{ID: 3, ReplyOn: actor.ReplyOnSuccess, Msg: actor.Message{Kind: actor.KindInstantiate, To: "probe/child", Module: "probe", Admin: env.Self, Body: []byte("up")}},
			{ID: 4, ReplyOn: actor.ReplyAlways, Msg: actor.Message{Kind: actor.KindMigrate, To: "probe/child", Module: "probe", Body: []byte("on")}},
			{ID: 5, ReplyOn: actor.ReplyOnSuccess, Msg: actor.Message{Kind: actor.KindSetAdmin, To: "probe/child"}},
			{ID: 6, ReplyOn: actor.ReplyOnError, Msg: actor.Message{Kind: actor.KindMigrate, To: "probe/child", Module: "probe"}},
			{ID: 7, ReplyOn: actor.ReplyOnError, Msg: actor.Message{Kind: actor.KindSudo, To: env.Self}},
			{ID: 8, ReplyOn: actor.ReplyOnError, Msg: actor.Message{Kind: 200, To: env.Self}},
			{ID: 9, ReplyOn: actor.ReplyAlways, Msg: actor.Message{To: "bare"}},
		}
		return "done", nil
	},
	"empty data": func(_ *actor.Env, resp *actor.Response) (string, error) {
		resp.Data = []byte{}
		return "", nil
	},
	"bad reply": func(env *actor.Env, resp *actor.Response) (string, error) {
		resp.Messages = []actor.SubMsg{{ID: 99, ReplyOn: actor.ReplyOnSuccess, Payload: []byte("p"), Msg: actor.Message{To: env.Self, Body: []byte("hello")}}}
		return "", nil
	},
	"odd reply": func(env *actor.Env, resp *actor.Response) (string, error) {
		resp.Messages = []actor.SubMsg{{ID: 1, ReplyOn: 200, Msg: actor.Message{To: env.Self, Body: []byte("hello")}}}
		return "", nil
	},
	"many": func(_ *actor.Env, resp *actor.Response) (string, error) {
		for i := range 3000 {
			resp.Events = append(resp.Events, actor.Event{Type: "many", Attributes: []actor.Attribute{{Key: "i", Value: fmt.Sprint(i)}}})
		}
		return strings.Repeat("y", 200_000), nil
	},
	"gas": func(env *actor.Env, _ *actor.Response) (string, error) {
		before := env.GasLeft()
		env.UseGas(1000)
		return fmt.Sprint(before > 1000, before-env.GasLeft() >= 1000), nil
	},
	"logs": func(env *actor.Env, _ *actor.Response) (string, error) {
		env.Log("a line")
		env.Log("")
		return "", nil
	},
	"fails": func(*actor.Env, *actor.Response) (string, error) {
		return "lost", actor.Errorf("failed_so", "%d %s", 7, "why")
	},
	"plain": func(*actor.Env, *actor.Response) (string, error) { return "", errors.New("plain") },
	"wrapped": func(*actor.Env, *actor.Response) (string, error) {
		return "", fmt.Errorf("around: %w", actor.Errorf("inner", "of it"))
	},
	"no code": func(*actor.Env, *actor.Response) (string, error) { return "", &actor.Error{Message: "no code"} },
	"nil error": func(*actor.Env, *actor.Response) (string, error) {
		var e *actor.Error
		return "", e
	},
	"rude":        func(*actor.Env, *actor.Response) (string, error) { return "", rude{} },
	"panic":       func(*actor.Env, *actor.Response) (string, error) { panic("words") },
	"panic error": func(*actor.Env, *actor.Response) (string, error) { panic(actor.Errorf("a", "b")) },
	"panic nil":   func(*actor.Env, *actor.Response) (string, error) { panic(nil) },
	"bounds": func(env *actor.Env, _ *actor.Response) (string, error) {
		return string("abc"[len(env.Self):]), nil
	},
	"nil map": func(env *actor.Env, _ *actor.Response) (string, error) {
		var m map[string]int
		m[string(env.Self)]++
		return "", nil
	},
	"nil pointer": func(*actor.Env, *actor.Response) (string, error) {
		var resp *actor.Response
		return string(resp.Data), nil
	},
	"recovered": func(env *actor.Env, _ *actor.Response) (text string, err error) {
		defer func() { text = fmt.Sprint("went on after ", recover()) }()
		var zero int
		return fmt.Sprint(len(env.Self) / zero), nil
	},
	"no key": func(env *actor.Env, _ *actor.Response) (string, error) { env.State.Set(nil, nil); return "never", nil },
	"swallowed": func(env *actor.Env, _ *actor.Response) (string, error) {
		defer func() { _ = recover() }()
		env.State.Set([]byte("k"), make([]byte, large+1))
		return "never", nil
	},
	"goroutines": func(env *actor.Env, _ *actor.Response) (string, error) {
		sums := make(chan int)
		for i := range 4 {
			go func() { sums <- i * i }()
		}
		total := 0
		for range 4 {
			total += <-sums
		}
		return fmt.Sprint(total), nil
	},
	"collects": func(*actor.Env, *actor.Response) (string, error) {
		n := 0
		for i := range 100 {
			n += len(bytes.Repeat([]byte{byte(i)}, 1<<20))
			if i%25 == 0 {
				runtime.GC()
			}
		}
		return fmt.Sprint(n), nil
	},
}

// outside is what an actor can do as a guest only: natively it would reach out of the transaction, or stop the host.
var outside = map[string]func(env *actor.Env, resp *actor.Response) (string, error){
	"print": func(env *actor.Env, _ *actor.Response) (string, error) {
		fmt.Println("to standard output")
		fmt.Fprint(os.Stderr, "to standard error\nand more")
		return "", nil
	},
	"clock": func(env *actor.Env, _ *actor.Response) (string, error) {
		start := time.Now()
		time.Sleep(time.Hour)
		return fmt.Sprint(start.Equal(env.Time), time.Since(start) >= time.Hour), nil
	},
	"secret": func(env *actor.Env, _ *actor.Response) (string, error) { return rand.Text(), nil },
	"world": func(env *actor.Env, _ *actor.Response) (string, error) {
		_, err := os.ReadFile("/etc/passwd")
		return fmt.Sprint(len(os.Args), len(os.Environ()), err != nil), nil
	},
	"memory": func(env *actor.Env, _ *actor.Response) (string, error) {
		kept++
		return fmt.Sprint(kept), nil
	},
	"exit": func(*actor.Env, *actor.Response) (string, error) { os.Exit(3); return "", nil },
	"end of a goroutine": func(*actor.Env, *actor.Response) (string, error) {
		runtime.Goexit()
		return "", nil
	},
	"deadlock": func(*actor.Env, *actor.Response) (string, error) { <-make(chan int); return "", nil },
	"panic in a goroutine": func(*actor.Env, *actor.Response) (string, error) {
		go func() { panic("alone") }()
		<-make(chan int)
		return "", nil
	},
	"recursion": func(env *actor.Env, _ *actor.Response) (string, error) { return fmt.Sprint(deep(1 << 20)), nil },
	"hoard": func(env *actor.Env, _ *actor.Response) (string, error) {
		var all [][]byte
		for {
			all = append(all, make([]byte, 1<<20))
		}
	},
	"loop": func(*actor.Env, *actor.Response) (string, error) {
		for {
			kept++
		}
	},
}

var kept int

func deep(n int) int {
	if n == 0 {
		return 0
	}
	return deep(n-1) + 1
}
