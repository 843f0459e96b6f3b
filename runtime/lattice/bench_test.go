//go:build unix

package lattice_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/client"
	"github.com/troupe-run/troupe/runtime/node"
)

// inFlight is how many requests are under way at the same time.
const inFlight = 256

// together runs ask b.N times, by so many at once.
func together(b *testing.B, ask func(i int) error) {
	b.Helper()
	b.ReportAllocs()
	var next atomic.Int64
	var all sync.WaitGroup
	before := processorTime()
	b.ResetTimer()
	for range inFlight {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.N; i = int(next.Add(1)) - 1 {
				if err := ask(i); err != nil {
					b.Errorf("%v", err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "/s")
	// On a machine that does other things as well, this is the figure that stays: clients, server and node together.
	b.ReportMetric((processorTime()-before)*1e6/float64(b.N), "cpu-µs/op")
}

// processorTime is what this process has used, in seconds.
func processorTime() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

func nth(i int) actor.Address { return actor.Address(fmt.Sprintf("account/%d", i%1000)) }

func transfer(i int) *api.SendRequest {
	return &api.SendRequest{To: nth(i), Body: payment(1, string(nth(i*7+1))), ID: fmt.Sprint("t", i)}
}

// BenchmarkTransfer moves money between accounts on disk: in the process as the measure, and over NATS.
func BenchmarkTransfer(b *testing.B) {
	b.Run("host", func(b *testing.B) {
		r := newRig(b, setup{dir: b.TempDir()})
		together(b, func(i int) error {
			_, err := r.host.Send(context.Background(), "x", actor.Message{To: nth(i), Body: payment(1, string(nth(i*7+1)))})
			return err
		})
	})
	b.Run("node", func(b *testing.B) {
		r := newRig(b, setup{dir: b.TempDir()})
		call := bearerCall(r)
		together(b, func(i int) error { return asError(r.node.Handle(context.Background(), call("send", transfer(i))).Err) })
	})
	for _, encoding := range []string{api.CBOR, api.JSON} {
		b.Run("nats/"+encoding[len("application/"):], func(b *testing.B) {
			r := newRig(b, setup{dir: b.TempDir()})
			together(b, asking(r, encoding, "send", func(i int) any { return transfer(i) }))
		})
	}
}

// BenchmarkQuery asks accounts for their balances.
func BenchmarkQuery(b *testing.B) {
	query := func(i int) any { return &api.QueryRequest{To: nth(i)} }
	fill := func(b *testing.B) *rig {
		r := newRig(b, setup{})
		for i := range 1000 {
			if _, err := r.host.Send(context.Background(), "x", actor.Message{To: nth(i), Body: payment(1_000_000, "")}); err != nil {
				b.Fatal(err)
			}
		}
		return r
	}
	b.Run("node", func(b *testing.B) {
		r := fill(b)
		call := bearerCall(r)
		together(b, func(i int) error { return asError(r.node.Handle(context.Background(), call("query", query(i))).Err) })
	})
	for _, encoding := range []string{api.CBOR, api.JSON} {
		b.Run("nats/"+encoding[len("application/"):], func(b *testing.B) {
			r := fill(b)
			together(b, asking(r, encoding, "query", query))
		})
	}
}

func asError(e *api.Error) error {
	if e == nil {
		return nil
	}
	return e
}

func bearerCall(r *rig) func(op string, req any) *node.Call {
	token := r.token(r.operator)
	return func(op string, req any) *node.Call {
		return &node.Call{Op: op, Type: api.CBOR, Payload: must(api.Encode(api.CBOR, req)), Bearer: token}
	}
}

func asking(r *rig, encoding, op string, req func(i int) any) func(i int) error {
	tr := r.dial(r.operator)
	header := bearer(r.token(r.operator))
	header[client.HeaderType] = encoding
	return func(i int) error {
		_, err := tr.Call(context.Background(), op, header, must(api.Encode(encoding, req(i))))
		return err
	}
}
