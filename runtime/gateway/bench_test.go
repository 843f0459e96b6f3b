//go:build unix

package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
)

// benchClients is how many clients ask at the same time, each on a connection of its own.
const benchClients = 128

// BenchmarkSend makes transfers between accounts over sockets: each is a request, answered when it is durable.
func BenchmarkSend(b *testing.B) {
	b.Run("memory", func(b *testing.B) { benchmarkSend(b, newRig(b, "", Options{}), 0) })
	b.Run("disk", func(b *testing.B) { benchmarkSend(b, newRig(b, b.TempDir(), Options{}), 0) })
}

// BenchmarkSendWatched is BenchmarkSend while a thousand clients watch accounts, most of which nothing happens to.
func BenchmarkSendWatched(b *testing.B) { benchmarkSend(b, newRig(b, "", Options{}), 1000) }

// BenchmarkQuery asks accounts for their balances.
func BenchmarkQuery(b *testing.B) {
	r := newRig(b, "", Options{})
	token := r.token(b)
	fill(b, r, token)
	run(b, serve(b, r.gateway), token, func(i int) (string, []byte) {
		return "query", fmt.Appendf(nil, `{"to":"account/%d"}`, i%1000)
	})
}

// fill gives something to a thousand accounts.
func fill(b *testing.B, r *rig, token string) {
	b.Helper()
	for i := range 1000 {
		body := must(api.Encode(api.JSON, api.SendRequest{To: nth(i), Body: payment(1_000_000, "")}))
		if w := do(r.gateway, "POST", "/v1/send", string(body), "Authorization: Bearer "+token, "Content-Type: application/json"); w.Code != 200 {
			b.Fatalf("%d %s", w.Code, w.Body)
		}
	}
}

func benchmarkSend(b *testing.B, r *rig, watches int) {
	token := r.token(b)
	fill(b, r, token)
	addr := serve(b, r.gateway)
	var seen atomic.Int64
	for i := range watches {
		_, body := open(b, addr, fmt.Sprintf("actor=account/%d&keys=true&now=true", i), "Authorization: Bearer "+token)
		go func() {
			for {
				e, err := readEvent(body)
				if err != nil {
					return
				}
				if e.event == "notice" {
					seen.Add(1)
				}
			}
		}()
	}
	run(b, addr, token, func(i int) (string, []byte) {
		body := must(api.Encode(api.JSON, api.SendRequest{To: nth(i % 1000), Body: payment(1, string(nth((i*7+1)%1000))), ID: fmt.Sprint("t", i)}))
		return "send", body
	})
	if watches > 0 {
		b.ReportMetric(float64(seen.Load())/b.Elapsed().Seconds(), "notices/s")
	}
}

// run asks b.N times, by clients that write and read HTTP themselves: they leave the processor to the server.
func run(b *testing.B, addr, token string, request func(i int) (op string, body []byte)) {
	b.Helper()
	b.ReportAllocs()
	var next atomic.Int64
	var clients sync.WaitGroup
	took := make([][]time.Duration, benchClients)
	before := processorTime(b)
	b.ResetTimer()
	for client := range benchClients {
		clients.Go(func() {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				b.Error(err)
				return
			}
			defer c.Close()
			in := bufio.NewReader(c)
			var out []byte
			for i := int(next.Add(1)) - 1; i < b.N; i = int(next.Add(1)) - 1 {
				op, body := request(i)
				out = fmt.Appendf(out[:0], "POST /v1/%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
					op, token, len(body), body)
				start := time.Now()
				if _, err := c.Write(out); err != nil {
					b.Error(err)
					return
				}
				res, err := http.ReadResponse(in, nil)
				if err != nil {
					b.Error(err)
					return
				}
				if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != 200 {
					b.Errorf("%s, %v", res.Status, err)
					return
				}
				took[client] = append(took[client], time.Since(start))
			}
		})
	}
	clients.Wait()
	b.StopTimer()
	all := slices.Concat(took...)
	slices.Sort(all)
	if len(all) == 0 {
		return
	}
	// On a machine that does other things as well, this is the figure that stays: clients and server together.
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(len(all)), "cpu-µs/request")
	b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "requests/s")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
}

func nth(i int) actor.Address { return actor.Address(fmt.Sprintf("account/%d", i)) }

// processorTime is what this process has used.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
