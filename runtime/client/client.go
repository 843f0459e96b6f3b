package client

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/api"
)

// An Identity is who asks. One without a key and without a token is told who the node is, and nothing else.
type Identity struct {
	// Key signs every request. It stays the caller's to wipe.
	Key claims.Key
	// Token is sent with every request where there is no key: the text of a claims.Token.
	Token string
	// Node is the public key of the node, which requests are signed for. If it is empty the node is asked for it before the
	// first request, and believed: who knows it should say it.
	Node string
}

// DefaultPatience is how long a Client repeats a request unless it is told.
const DefaultPatience = 10 * time.Second

// A Client asks one node. Its methods may be called from any goroutine.
type Client struct {
	// Patience is how long a request is repeated that a node could not answer yet; DefaultPatience if it is 0, and not at all
	// if it is negative. It is set before the first request.
	Patience time.Duration

	transport Transport
	who       Identity

	mu   sync.Mutex // guards node
	node string
}

// New returns a client. The transport becomes its own.
func New(t Transport, who Identity) *Client {
	return &Client{transport: t, who: who, node: who.Node}
}

// Close closes the transport.
func (c *Client) Close() error { return c.transport.Close() }

// Key returns the public key of who asks, empty if that is not a key.
func (c *Client) Key() string { return c.who.Key.Public() }

// Ask asks an operation and fills the answer; req and answer are pointers to the types that the operation has in package
// api. A write has the id, or if that is empty the one in the request, or else a new one. The methods named as
// operations are made of it.
func (c *Client) Ask(ctx context.Context, name, id string, req, answer any) error {
	op, ok := api.Find(name)
	if !ok {
		return &api.Error{Code: api.CodeNotFound, Message: fmt.Sprintf("there is no operation %.40q", name)}
	}
	r, err := newRequest(op, id, req)
	if err != nil {
		return err
	}
	b := c.patient()
	for {
		payload, err := c.attempt(ctx, r)
		if err == nil {
			return decode(op, payload, answer)
		}
		if err := b.wait(ctx, op, err); err != nil {
			return err
		}
	}
}

// decode fills the answer to a request that was carried out.
func decode(op api.Op, payload []byte, answer any) error {
	err := api.DecodeAnswer(api.CBOR, payload, answer)
	if err == nil {
		return nil
	}
	code := api.CodeInternal
	if op.Write {
		code = api.CodeUnknown
	}
	return &api.Error{Code: code, Message: fmt.Sprintf("the answer to %s cannot be read: %v", op.Name, err)}
}

// A request is what all attempts at it have in common.
type request struct {
	op           api.Op
	id           string
	target, kind string
	payload      []byte
}

func newRequest(op api.Op, id string, req any) (*request, error) {
	r := &request{op: op, id: id}
	if send, ok := req.(*api.SendRequest); ok {
		r.target, r.kind = string(send.To), send.Kind
		if id == "" {
			r.id = send.ID
		}
	}
	switch {
	case !op.Write:
		r.id = ""
	case r.id == "":
		r.id = rand.Text()
	}
	var err error
	if r.payload, err = api.Encode(api.CBOR, req); err != nil {
		return nil, &api.Error{Code: api.CodeBadRequest, Message: fmt.Sprintf("%s cannot be encoded: %v", op.Name, err)}
	}
	return r, nil
}

// attempt asks once.
func (c *Client) attempt(ctx context.Context, r *request) ([]byte, error) {
	header, err := c.header(ctx, r)
	if err != nil {
		return nil, err
	}
	return c.transport.Call(ctx, r.op.Name, header, r.payload)
}

// header identifies the caller. Each attempt has its own signature: the node takes each of them once.
func (c *Client) header(ctx context.Context, r *request) (map[string]string, error) {
	header := map[string]string{HeaderType: api.CBOR}
	if !c.who.Key.Valid() {
		if c.who.Token != "" {
			header[HeaderBearer] = "Bearer " + c.who.Token
		}
		if r.id != "" {
			header[HeaderRequestID] = r.id
		}
		return header, nil
	}
	node, err := c.audience(ctx)
	if err != nil {
		return nil, err
	}
	sealed, err := claims.Seal(c.who.Key, claims.Envelope{Audience: node, Op: r.op.Name, Target: r.target, Kind: r.kind, RequestID: r.id,
		BodyHash: sha256.Sum256(r.payload)})
	if err != nil {
		return nil, &api.Error{Code: api.CodeBadRequest, Message: err.Error()}
	}
	header[HeaderSignature] = claims.EncodeSealed(sealed)
	return header, nil
}

// audience returns the public key of the node.
func (c *Client) audience(ctx context.Context) (string, error) {
	c.mu.Lock()
	known := c.node
	c.mu.Unlock()
	if known != "" {
		return known, nil
	}
	info, err := Hello(ctx, c.transport)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.node == "" {
		c.node = info.Host
	}
	return c.node, nil
}

// Hello asks a node once who it is, without saying who asks.
func Hello(ctx context.Context, t Transport) (*api.Info, error) {
	var info api.Info
	payload, err := api.Encode(api.CBOR, api.Empty{})
	if err != nil {
		return nil, err
	}
	payload, err = t.Call(ctx, "info", map[string]string{HeaderType: api.CBOR}, payload)
	if err == nil {
		err = api.DecodeAnswer(api.CBOR, payload, &info)
	}
	var failed *api.Error
	switch {
	case err == nil:
		err = claims.CheckPublic(info.Host, claims.NodeKey)
	case errors.As(err, &failed), ctx.Err() != nil:
		return nil, err
	}
	if err != nil {
		return nil, &api.Error{Code: api.CodeInternal, Message: fmt.Sprintf("what answers is no node of Troupe: %v", err)}
	}
	return &info, nil
}
