package httpclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// A Client is the half of the provider outside of the host. It is for any number of goroutines.
type Client struct {
	// anywhere connects to any address, and public to those of the internet at large.
	anywhere, public *http.Transport
}

// New returns a client. Close it after use.
func New() *Client { return &Client{anywhere: transport(true), public: transport(false)} }

// Close closes connections that wait to be used again.
func (c *Client) Close() {
	c.anywhere.CloseIdleConnections()
	c.public.CloseIdleConnections()
}

func transport(private bool) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if !private {
		// The address is judged when it is connected to: a name may lead to another one then.
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil || !public(at.Addr()) {
				return errPrivate
			}
			return nil
		}
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // the actor gets what was sent
		MaxIdleConns:           64,
		IdleConnTimeout:        30 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
	}
}

// Errors of Perform. Texts that reach the log are these and no others: those of the system may name what is secret.
var (
	errPrivate  = errors.New("its address is of this machine or a private network, which the link does not allow: put it with private=true")
	errRedirect = errors.New("it leads to another host, which the link does not allow")
	errLarge    = errors.New("the answer is larger than the link allows: put it with max_response")
	errTimeout  = errors.New("there was no answer in the time that the link allows: see timeout_ms")
)

// Perform asks what an actor of this provider asks of the world outside: see dispatch.Options. The error is for the actor, and
// has neither the query of the URL nor anything of the header in it.
func (c *Client) Perform(ctx context.Context, ask dispatch.Ask) ([]byte, error) {
	if ask.From.Kind() != string(capability.HTTPClientKind) {
		return nil, errors.New("it is no provider of HTTP clients that asks")
	}
	q, err := decodeQuestion(ask.Request)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, q.Rules.Timeout())
	defer cancel()
	req, err := q.request(ctx, ask.ID)
	if err != nil {
		return nil, err
	}
	answer, err := c.fetch(req, q)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", q.Method, req.URL.Host, reason(ctx, err))
	}
	return pack.Marshal(answer), nil
}

func (q *question) request(ctx context.Context, id string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, q.Method, q.URL, bytes.NewReader(q.Body))
	if err != nil {
		return nil, errors.New("the request cannot be made")
	}
	for _, f := range q.Header { // a name may stand there twice, in other letters
		key := http.CanonicalHeaderKey(f.Name)
		req.Header[key] = append(req.Header[key], f.Values...)
	}
	if len(q.Body) == 0 {
		req.Body, req.GetBody = nil, nil
	}
	switch q.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
	default:
		if req.Header.Get("Idempotency-Key") == "" {
			req.Header.Set("Idempotency-Key", id)
		}
		// Package net/http sends again by itself what it finds with such a header, when a connection breaks; and a server need not go by
		// it. In small letters it is not found.
		for _, key := range [...]string{"Idempotency-Key", "X-Idempotency-Key"} {
			if values, ok := req.Header[key]; ok {
				delete(req.Header, key)
				req.Header[strings.ToLower(key)] = values
			}
		}
	}
	if _, said := req.Header["User-Agent"]; !said {
		req.Header.Set("User-Agent", "troupe")
	}
	return req, nil
}

func (c *Client) fetch(req *http.Request, q *question) (*messages.HTTPResponse, error) {
	client := http.Client{Transport: c.public, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if q.Rules.Redirects == 0 || len(via) > q.Rules.Redirects {
			return http.ErrUseLastResponse
		}
		if q.Rules.checkMethod(next.Method) != nil {
			return http.ErrUseLastResponse // it would be asked for with GET
		}
		if q.Rules.check(next.URL) != nil {
			return errRedirect
		}
		next.Header.Del("Referer") // the query of a URL may be secret
		for _, before := range via {
			if before.URL.Scheme != next.URL.Scheme || before.URL.Host != next.URL.Host {
				keepPlain(next.Header)
			}
		}
		return nil
	}}
	if q.Rules.Private {
		client.Transport = c.anywhere
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(q.Rules.MaxResponse)+1))
	if err != nil {
		return nil, err
	}
	if len(body) > q.Rules.MaxResponse {
		return nil, errLarge
	}
	answer := &messages.HTTPResponse{StatusCode: uint16(resp.StatusCode), Header: messages.Header{}, Body: body}
	for name, values := range resp.Header {
		answer.Header[strings.ToLower(name)] = values
	}
	return answer, nil
}

// keepPlain leaves the headers that hold nothing secret: where a redirect leads to another server, that one gets no others.
func keepPlain(h http.Header) {
	for name := range h {
		switch name {
		case "Accept", "Accept-Language", "Content-Language", "Content-Type", "User-Agent", "idempotency-key":
		default:
			delete(h, name)
		}
	}
}

// reason says why a request failed, in words of this package.
func reason(ctx context.Context, err error) error {
	for _, own := range [...]error{errPrivate, errRedirect, errLarge} {
		if errors.Is(err, own) {
			return own
		}
	}
	var name *net.DNSError
	var timeout net.Error
	switch {
	case ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout():
		return errTimeout
	case errors.As(err, &name):
		return errors.New("its name is not known")
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("nobody listens there")
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err // without the URL
	}
	var broken *net.OpError
	if errors.As(err, &broken) {
		err = broken.Err // without addresses
	}
	return fmt.Errorf("the request failed: %w", err)
}
