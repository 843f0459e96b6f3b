package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/troupe-run/troupe/runtime/api"
)

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 64 << 20

// HTTPOptions configure an HTTP. Zero fields mean their defaults.
type HTTPOptions struct {
	// TLS says whom to believe under https: authorities of the system if nil.
	TLS *tls.Config
	// Connections is how many are kept open between requests; 256 if zero.
	Connections int
}

// An HTTP is the transport to the gateway of a node.
type HTTP struct {
	base   string // ends in /v1/
	client *http.Client
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
}

var (
	_ Transport = (*HTTP)(nil)
	_ Streamer  = (*HTTP)(nil)
)

// NewHTTP returns the transport to a node whose gateway is at a URL such as "http://127.0.0.1:8880". It opens no connection
// yet.
func NewHTTP(base string, o *HTTPOptions) (*HTTP, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("client: %.200q is no URL of a node: http://HOST:PORT or https://HOST:PORT", base)
	}
	if o == nil {
		o = &HTTPOptions{}
	}
	connections := o.Connections
	if connections <= 0 {
		connections = 256
	}
	h := &HTTP{base: strings.TrimSuffix(u.String(), "/") + "/v1/"}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.client = &http.Client{
		Transport: &http.Transport{
			Proxy:       http.ProxyFromEnvironment,
			DialContext: (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext, TLSClientConfig: o.TLS,
			TLSHandshakeTimeout: 5 * time.Second, MaxIdleConns: connections, MaxIdleConnsPerHost: connections,
			IdleConnTimeout: 90 * time.Second, // the gateway keeps them for longer
		},
		// A request is signed for one node, and a token is for one.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return h, nil
}

// Close ends everything under way.
func (h *HTTP) Close() error {
	h.cancel()
	h.client.CloseIdleConnections()
	return nil
}

// Call implements Transport.
func (h *HTTP) Call(ctx context.Context, op string, header map[string]string, payload []byte) ([]byte, error) {
	ctx, stop := h.until(ctx)
	defer stop()
	resp, err := h.do(ctx, op, header, payload, "")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return h.read(ctx, resp, header[HeaderType])
}

// until returns a context that ends with the transport, too.
func (h *HTTP) until(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(h.ctx, func() {
		cancel(&api.Error{Code: api.CodeUnavailable, Message: "the connection to the node was closed by its user"})
	})
	return ctx, func() { stop(); cancel(nil) }
}

// do sends a request.
func (h *HTTP) do(ctx context.Context, op string, header map[string]string, payload []byte, accept string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.base+op, bytes.NewReader(payload))
	if err != nil {
		return nil, &api.Error{Code: api.CodeBadRequest, Message: err.Error()}
	}
	for name, value := range header {
		if name == HeaderRequestID {
			name = "Idempotency-Key"
		}
		r.Header.Set(name, value)
	}
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	resp, err := h.client.Do(r)
	if err != nil {
		return nil, h.broken(ctx, err)
	}
	return resp, nil
}

// broken says what it means that a request had no answer.
func (h *HTTP) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // that has the address of the operation, and the texts below that of the node
	}
	at := strings.TrimSuffix(h.base, "/v1/")
	var dial *net.OpError
	var unverified *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &unverified), errors.As(err, &plain):
		return &api.Error{Code: api.CodeForbidden, Message: fmt.Sprintf("%s is not who it should be: %v", at, err)}
	case errors.As(err, &dial) && dial.Op == "dial":
		return &api.Error{Code: api.CodeUnavailable, Message: fmt.Sprintf("no node answers at %s: %v", at, err)}
	}
	return &api.Error{Code: api.CodeUnknown, Message: fmt.Sprintf("the connection to %s broke before there was an answer: %v", at, err)}
}

// read returns the answer, or the error that it is.
func (h *HTTP) read(ctx context.Context, resp *http.Response, encoding string) ([]byte, error) {
	payload, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, h.broken(ctx, err)
	case len(payload) > maxAnswer:
		return nil, &api.Error{Code: api.CodeTooLarge, Message: fmt.Sprintf("the answer has more than %d bytes: ask for less", maxAnswer)}
	}
	typ, err := api.Encoding(resp.Header.Get("Content-Type"))
	if err == nil && resp.Header.Get("Content-Type") != "" {
		if resp.StatusCode == http.StatusOK && typ == encoding {
			return payload, nil
		}
		var failed api.Error
		if resp.StatusCode != http.StatusOK && api.DecodeAnswer(typ, payload, &failed) == nil && failed.Code != "" {
			return nil, &failed
		}
	}
	return nil, h.odd(resp)
}

// odd is the error of an answer that no node gives: there is something else, or something between.
func (h *HTTP) odd(resp *http.Response) error {
	code := api.CodeInternal
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		code = api.CodeOverloaded
	case http.StatusServiceUnavailable:
		code = api.CodeUnavailable
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		code = api.CodeUnknown
	}
	return &api.Error{Code: code, Message: fmt.Sprintf("what answers at %s is no node of Troupe: %s, %.80q",
		strings.TrimSuffix(h.base, "/v1/"), resp.Status, resp.Header.Get("Content-Type"))}
}
