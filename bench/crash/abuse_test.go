package crash

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troupe-run/troupe/bench/history"
	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/api"
)

// The exit codes, as the help says them.
const (
	exitDirectory = 4
	exitBusy      = 5
)

// host is the part of a URL that is dialed.
func (p *process) host() string { return strings.TrimPrefix(p.URL, "http://") }

// post is a request as it goes over a socket.
func (p *process) post(op, token, headers, body string) string {
	if token != "" {
		headers += "Authorization: Bearer " + token + "\r\n"
	}
	return fmt.Sprintf("POST /v1/%s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s", op, p.host(), headers, len(body), body)
}

func (p *process) token(t *testing.T, key claims.Key) string {
	t.Helper()
	token, err := claims.SignToken(key, claims.Token{Audience: p.Node})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (p *process) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", p.host())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

func payment(id string, from, to int, amount uint64) *history.Ask {
	return &history.Ask{ID: id, From: string(ownerOf(from)), To: string(ownerOf(to)), Amount: amount}
}

// TestClientDies sends requests and resets the connections before there is an answer. Who asks again, by the id, learns what
// became of them.
func TestClientDies(t *testing.T) {
	b := newBinary(t)
	p := b.serve(t)
	keys := b.found(t, p)
	token, w := p.token(t, keys[0]), dial(t, p, keys[0])
	defer w.client.Close()
	for i := range 20 {
		id := fmt.Sprint("dead-", i)
		c := p.dial(t)
		body := fmt.Sprintf(`{"to":%q,"as":%q,"body":{"json":{"pay":{"to":%q,"amount":1}}}}`, accountOf(0), ownerOf(0), accountOf(1))
		if _, err := io.WriteString(c, p.post("send", token, "Idempotency-Key: "+id+"\r\n", body)); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			time.Sleep(time.Duration(i) * 200 * time.Microsecond)
		}
		_ = c.SetLinger(0) // the connection is reset
		_ = c.Close()
	}
	seen := map[uint64]bool{}
	for i := range 20 {
		id := fmt.Sprint("dead-", i)
		// The connection may have been reset before the request was read: then this is the first time.
		c := p.dial(t)
		body := fmt.Sprintf(`{"to":%q,"as":%q,"body":{"json":{"pay":{"to":%q,"amount":1}}}}`, accountOf(0), ownerOf(0), accountOf(1))
		fmt.Fprint(c, p.post("send", token, "Idempotency-Key: "+id+"\r\n", body))
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		var sent, kept api.Receipt
		if err := json.NewDecoder(res.Body).Decode(&sent); err != nil || res.StatusCode != 200 || seen[sent.Sequence] {
			t.Fatalf("%s: %s, %+v, %v", id, res.Status, sent, err)
		}
		seen[sent.Sequence] = true
		if r, err := w.client.Receipt(t.Context(), &api.ReceiptRequest{ID: id}); err == nil {
			kept = *r
		} else {
			t.Error(err)
		}
		if kept.Sequence != sent.Sequence || kept.RequestID != id || kept.Root != sent.Root {
			t.Errorf("%s was answered by %+v, and its receipt is %+v", id, sent, kept)
		}
	}
	a, err := w.pay(t.Context(), payment("last", 0, 1, 1))
	if err != nil || a.Left != opening-21 {
		t.Errorf("behind 21 payments of 1 there are %d left of %d, %v", a.Left, opening, err)
	}
	p.stop(t)
}

// TestTaken serves where another process does: on its port, and on its directory.
func TestTaken(t *testing.T) {
	b := newBinary(t)
	p := b.serve(t)
	other := newBinary(t)
	other.path = b.path
	ends := func(cmd *exec.Cmd, code int, says ...string) {
		t.Helper()
		var said bytes.Buffer
		cmd.Stderr = &said
		err := cmd.Run()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != code {
			t.Errorf("it ended with %v, want %d: %s", err, code, &said)
		}
		for _, part := range says {
			if !strings.Contains(said.String(), part) {
				t.Errorf("it said %q, without %q", said.String(), part)
			}
		}
	}
	ends(other.command("serve", "--http-listen", p.host(), "--nats-listen", "off"), exitBusy,
		p.host()+" is taken by", fmt.Sprintf("(process %d)", p.cmd.Process.Pid), "listen on another port")
	ends(b.command("serve", "--http-listen", "127.0.0.1:0", "--nats-listen", "off"), exitDirectory, b.dir)
	// Neither has disturbed the one that was there, and the directory of the other is free again.
	w := dial(t, p, b.operator)
	defer w.client.Close()
	if _, err := w.client.Info(t.Context()); err != nil {
		t.Error(err)
	}
	other.serve(t).stop(t)
	p.stop(t)
}

// TestManyWatchers lets a thousand clients watch one account over connections of their own, one of which never reads. All
// others see every payment, in order, while payments are answered.
func TestManyWatchers(t *testing.T) {
	watchers, payments := 1000, 40
	if testing.Short() {
		watchers = 100
	}
	b := newBinary(t)
	p := b.serve(t)
	keys := b.found(t, p)
	token, w := p.token(t, b.operator), dial(t, p, keys[0])
	defer w.client.Close()
	request := fmt.Sprintf("GET /v1/watch?actor=%s&keys=true&now=true HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\nAuthorization: Bearer %s\r\n\r\n",
		accountOf(0), p.host(), token)
	var reading sync.WaitGroup
	var right, seen atomic.Int64
	ready := make(chan struct{}, watchers)
	for i := range watchers {
		c := p.dial(t)
		fmt.Fprint(c, request)
		if i == 0 {
			_ = c.SetReadBuffer(1 << 10)
			ready <- struct{}{} // it never reads
			continue
		}
		reading.Go(func() {
			in := bufio.NewReader(c)
			res, err := http.ReadResponse(in, nil)
			ready <- struct{}{}
			if err != nil || res.StatusCode != 200 {
				t.Errorf("a watch was answered by %v, %v", res, err)
				return
			}
			last, n := uint64(0), 0
			for lines := bufio.NewScanner(res.Body); n < payments && lines.Scan(); {
				id, ok := strings.CutPrefix(lines.Text(), "id: ")
				if !ok {
					continue
				}
				var seq uint64
				if _, err := fmt.Sscan(id, &seq); err != nil || seq <= last {
					t.Errorf("a notice has the id %q behind %d", id, last)
					return
				}
				last = seq
				n++
				seen.Add(1)
			}
			if n == payments {
				right.Add(1)
			}
		})
	}
	for range watchers {
		<-ready
	}
	start := time.Now()
	for i := range payments {
		if _, err := w.pay(t.Context(), payment(fmt.Sprint("w", i), 0, 1, 1)); err != nil {
			t.Fatal(err)
		}
	}
	answered := time.Since(start)
	done := make(chan struct{})
	go func() { reading.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(3 * time.Minute):
		t.Errorf("notices are missing: %d came", seen.Load())
		p.kill()
		<-done
	}
	t.Logf("%d payments were answered within %s, and seen by all within %s", payments, answered.Round(time.Millisecond), time.Since(start).Round(time.Millisecond))
	if got := int(right.Load()); got != watchers-1 {
		t.Errorf("%d of %d watchers saw everything", got, watchers-1)
	}
	p.stop(t) // the one that never reads does not hold it up
}

// TestFlood sends all kinds of what a node refuses, from many connections, while a few clients pay. Those are answered, all of
// them, and nothing else has an effect.
func TestFlood(t *testing.T) {
	const last, longest = 1500 * time.Millisecond, 2 * time.Minute // a busy machine needs longer for enough of all
	const fewPaid, fewRefused = 20, 100
	b := newBinary(t)
	p := b.serve(t)
	keys := b.found(t, p)
	stranger, err := claims.NewKey(claims.UserKey)
	if err != nil {
		t.Fatal(err)
	}
	token, others := p.token(t, b.operator), p.token(t, stranger)
	body := fmt.Sprintf(`{"to":%q,"kind":"sudo","body":{"json":{"deposit":{"amount":1000000}}}}`, accountOf(0))
	floods := map[string]string{
		"nobody":      p.post("send", "", "", body),
		"a stranger":  p.post("send", others, "", body),
		"no token":    p.post("send", token[:len(token)-4]+"AAAA", "", body),
		"no envelope": p.post("send", "", "Troupe-Signature: "+strings.Repeat("A", 300)+"\r\n", body),
		"no JSON":     p.post("send", token, "", strings.Repeat("[", 10_000)),
		"too large":   fmt.Sprintf("POST /v1/send HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", 1<<40),
		"no HTTP":     strings.Repeat("\x00\xff", 500),
		"half":        "POST /v1/send HTTP/1.1\r\nHost: " + p.host() + "\r\nContent-Len",
		"unknown":     p.post("mint", token, "", "{}"),
		"elsewhere":   strings.Replace(p.post("send", token, "", body), p.host(), "evil.example", 1),
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var flood, valid sync.WaitGroup
	var refused, paid atomic.Int64
	for name, text := range floods {
		for range 4 {
			flood.Go(func() {
				for ctx.Err() == nil {
					c, err := net.Dial("tcp", p.host())
					if err != nil {
						t.Errorf("%s: %v", name, err)
						return
					}
					answer := time.Minute
					if name == "half" || name == "no HTTP" { // there is no end of a line, so there is none yet
						answer = 50 * time.Millisecond
					}
					_ = c.SetDeadline(time.Now().Add(answer))
					_, _ = io.WriteString(c, text)
					if res, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil {
						if res.StatusCode < 400 {
							t.Errorf("%s is answered with %s", name, res.Status)
						}
						refused.Add(1)
					}
					_ = c.Close()
				}
			})
		}
	}
	var slowest atomic.Int64
	for i := range 4 {
		valid.Go(func() {
			w, rng := dial(t, p, keys[i]), rand.New(rand.NewPCG(1, uint64(i)))
			defer w.client.Close()
			for n := 0; ctx.Err() == nil; n++ {
				from := rng.IntN(accounts)
				begun := time.Now()
				if _, err := w.pay(context.Background(), payment(fmt.Sprintf("f%d-%d", i, n), from, (from+1)%accounts, 1)); err != nil {
					t.Error(err)
					return
				}
				paid.Add(1)
				for took := int64(time.Since(begun)); ; {
					if was := slowest.Load(); took <= was || slowest.CompareAndSwap(was, took) {
						break
					}
				}
			}
		})
	}
	for begun := time.Now(); time.Since(begun) < last || (paid.Load() < fewPaid || refused.Load() < fewRefused) && time.Since(begun) < longest; {
		time.Sleep(20 * time.Millisecond)
	}
	cancel()
	flood.Wait()
	valid.Wait()
	t.Logf("%d were refused, %d payments were answered, the slowest in %s", refused.Load(), paid.Load(), time.Duration(slowest.Load()).Round(time.Millisecond))
	if paid.Load() < fewPaid || refused.Load() < fewRefused {
		t.Error("there was too little of one or the other")
	}
	w := dial(t, p, b.operator)
	defer w.client.Close()
	entries, _ := w.log(t.Context(), t)
	if got := len(entries); got != int(paid.Load()) {
		t.Errorf("the log has %d payments, and %d were answered", got, paid.Load())
	}
	if balances := w.balances(t.Context(), t); sum(balances) != accounts*opening {
		t.Errorf("there was %d in the beginning, and there is %v", accounts*opening, balances)
	}
	p.stop(t)
	if out := b.run(t, "verify"); !strings.HasPrefix(out, "verified") {
		t.Errorf("verify says %q", out)
	}
}
