package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/troupe-run/troupe/runtime/api"
	nodeclient "github.com/troupe-run/troupe/runtime/client"
	"github.com/troupe-run/troupe/runtime/lattice"
)

// A line carries requests of one client at a time to a node, and returns when the answer is there.
type line interface {
	ask(ctx context.Context, op string, req any) error
	close() error
}

// An httpLine is one connection of HTTP. It writes and reads HTTP itself: what a client library takes of the processors is
// not what is measured.
type httpLine struct {
	conn net.Conn
	in   *bufio.Reader
	head string
	out  []byte
	body []byte
}

func dialHTTP(addr, token string) (line, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &httpLine{conn: conn, in: bufio.NewReaderSize(conn, 2<<10),
		head: " HTTP/1.1\r\nHost: " + addr + "\r\nAuthorization: Bearer " + token + "\r\nContent-Type: application/json\r\nContent-Length: "}, nil
}

func (l *httpLine) close() error { return l.conn.Close() }

func (l *httpLine) ask(_ context.Context, op string, req any) error {
	body, err := api.Encode(api.JSON, req)
	if err != nil {
		return err
	}
	l.out = append(append(l.out[:0], "POST /v1/"...), op...)
	l.out = strconv.AppendInt(append(l.out, l.head...), int64(len(body)), 10)
	l.out = append(append(l.out, "\r\n\r\n"...), body...)
	_, err = l.exchange(op)
	return err
}

// get asks for a path, and returns the body of the answer, which is good until the next request.
func (l *httpLine) get(path string) ([]byte, error) {
	l.out = append(append(append(append(append(l.out[:0], "GET "...), path...), " HTTP/1.1\r\nHost: "...), l.conn.RemoteAddr().String()...), "\r\n\r\n"...)
	return l.exchange(path)
}

// exchange sends what is in out and reads the answer, which is to have the status 200.
func (l *httpLine) exchange(what string) (body []byte, err error) {
	if _, err := l.conn.Write(l.out); err != nil {
		return nil, err
	}
	status, length := "", -1
	for {
		text, err := l.in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		text = bytes.TrimRight(text, "\r\n")
		if len(text) == 0 {
			break
		}
		if status == "" {
			status = string(text)
		} else if value, ok := bytes.CutPrefix(text, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return nil, err
			}
		}
	}
	if length < 0 {
		return nil, fmt.Errorf("an answer of HTTP says not how long it is: %s", status)
	}
	l.body = slices.Grow(l.body[:0], length)[:length]
	_, err = io.ReadFull(l.in, l.body)
	if !strings.HasPrefix(status, "HTTP/1.1 200 ") {
		return nil, errors.Join(fmt.Errorf("%s was answered by %s: %.500s", what, status, l.body), err)
	}
	return l.body, err
}

// natsConnections is how many connections the clients of NATS share: they are those of one program.
const natsConnections = 1

// A natsLine is a connection of NATS that several clients share.
type natsLine struct {
	transport nodeclient.Transport
	header    map[string]string
}

func (s *served) dialNATS(ctx context.Context) (*natsLine, error) {
	t, err := lattice.Dial(ctx, lattice.Connection{URL: s.nats.URL(), Key: s.operator}, servedName)
	if err != nil {
		return nil, err
	}
	return &natsLine{t, map[string]string{nodeclient.HeaderType: api.CBOR, nodeclient.HeaderBearer: "Bearer " + s.token}}, nil
}

func (l *natsLine) close() error { return l.transport.Close() }

func (l *natsLine) ask(ctx context.Context, op string, req any) error {
	body, err := api.Encode(api.CBOR, req)
	if err != nil {
		return err
	}
	_, err = l.transport.Call(ctx, op, l.header, body)
	return err
}

// watchers are clients that watch an account each, by server-sent events, and count the notices.
type watchers struct {
	conns   []net.Conn
	notices chan int
}

// watch opens n watches, of accounts that are spread over all.
func (s *served) watch(accounts *bank, n int) (*watchers, error) {
	w := &watchers{notices: make(chan int, n)}
	for i := range n {
		conn, err := net.Dial("tcp", s.http)
		if err != nil {
			return w, err
		}
		w.conns = append(w.conns, conn)
		who := accounts.addresses[i*len(accounts.addresses)/n]
		_, err = fmt.Fprintf(conn, "GET /v1/watch?actor=%s&keys=true&now=true HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\nAuthorization: Bearer %s\r\n\r\n",
			who, s.http, s.token)
		if err != nil {
			return w, err
		}
	}
	for _, conn := range w.conns {
		in := bufio.NewReaderSize(conn, 2<<10)
		status, err := in.ReadString('\n')
		if err == nil && !strings.HasPrefix(status, "HTTP/1.1 200 ") {
			err = fmt.Errorf("a watch was answered by %s", strings.TrimSpace(status))
		}
		if err != nil {
			return w, err
		}
		go func() { w.notices <- countNotices(in) }()
	}
	return w, nil
}

func countNotices(in *bufio.Reader) (n int) {
	for {
		text, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull): // the rest of a line
		case err != nil:
			return n
		case bytes.HasPrefix(text, []byte("event: notice")):
			n++
		}
	}
}

// end closes the watches and returns how many notices came.
func (w *watchers) end() (n int) {
	for _, conn := range w.conns {
		_ = conn.Close()
	}
	for range w.conns {
		n += <-w.notices
	}
	return n
}
