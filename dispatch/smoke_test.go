package dispatch

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

type account struct{}

func (account) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	n := 0
	v, _ := env.State.Get([]byte("balance"))
	if len(v) == 8 {
		n = int(binary.BigEndian.Uint64(v))
	}
	env.State.Set([]byte("balance"), binary.BigEndian.AppendUint64(nil, uint64(n+1)))
	env.State.Set([]byte("last"), []byte(env.Sender))
	if len(msg.Body) > 0 {
		return actor.Response{Messages: []actor.SubMsg{{Msg: actor.Message{To: actor.Address(msg.Body)}}}}, nil
	}
	return actor.Response{}, nil
}

type one map[actor.ModuleID]actor.Actor

func (o one) Resolve(id actor.ModuleID) (Code, bool) { a, ok := o[id]; return Code{Actor: a}, ok }

func BenchmarkSmoke(b *testing.B) {
	for _, mem := range []bool{true, false} {
		b.Run(fmt.Sprint("mem=", mem), func(b *testing.B) {
			dir := ""
			if !mem {
				dir = b.TempDir()
			}
			st, err := state.Open(dir, nil)
			if err != nil {
				b.Fatal(err)
			}
			defer st.Close()
			e, err := NewExecutor(st, Dispatcher{Resolver: one{"account": account{}}}, Options{})
			if err != nil {
				b.Fatal(err)
			}
			if err := e.Bind(context.Background(), "account", "native"); err != nil {
				b.Fatal(err)
			}
			const N = 10000
			addrs := make([]actor.Address, N)
			for i := range addrs {
				addrs[i] = actor.Address(fmt.Sprintf("account/%d", i))
			}
			var next atomic.Int64
			var wg sync.WaitGroup
			run := func(n int) {
				next.Store(0)
				for range 1024 {
					wg.Add(1)
					go func() {
						defer wg.Done()
						for {
							i := int(next.Add(1))
							if i > n {
								return
							}
							r, err := e.Submit(context.Background(), Request{Sender: "alice", Message: actor.Message{To: addrs[i%N], Body: []byte(addrs[(i*7+1)%N])}})
							if err != nil || r.Err != nil {
								b.Error(err, r)
								return
							}
						}
					}()
				}
				wg.Wait()
			}
			run(N * 2)
			b.ResetTimer()
			start := time.Now()
			run(b.N)
			b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "tx/s")
			b.StopTimer()
			e.Close()
		})
	}
}
