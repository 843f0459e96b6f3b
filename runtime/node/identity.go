package node

import (
	"crypto/sha256"
	"sync"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/api"
)

// identify finds out who calls: it believes signatures only.
func (n *Node) identify(c *Call, rq *request) error {
	rq.who = Caller{Via: c.Via, RequestID: c.RequestID}
	switch {
	case c.Signature != "" && c.Bearer != "":
		return &claims.Refusal{Reason: claims.Malformed, Text: "a request is signed or has a token, not both: leave one out"}
	case c.Bearer != "":
		return n.identifyBearer(c, rq)
	}
	return n.identifySigned(c, rq) // which refuses what is not signed
}

func (n *Node) identifySigned(c *Call, rq *request) error {
	sealed, err := claims.DecodeSealed(c.Signature)
	if err != nil {
		return err
	}
	e, err := claims.OpenEnvelope(sealed)
	if err != nil {
		return err
	}
	if err := e.Check(n.opts.Key.Public(), c.Op, c.Payload, rq.now); err != nil {
		return err
	}
	// What a header says is nobody's word: the signature does not cover it.
	if c.RequestID != "" && e.RequestID != c.RequestID {
		return errorf(api.CodeBadRequest, "the request id of the header is not the one that was signed: sign it, or leave the header out")
	}
	rq.who.Key, rq.who.RequestID = e.Signer, e.RequestID
	rq.admit = func() error { return n.replays.Admit(sha256.Sum256(sealed), e.Issued, e.NotAfter, rq.now) }
	return nil
}

func (n *Node) identifyBearer(c *Call, rq *request) error {
	t, err := n.tokens.open(c.Bearer)
	if err != nil {
		return err
	}
	if err := t.Check(n.opts.Key.Public(), rq.now); err != nil {
		return err
	}
	rq.who.Key, rq.who.Token = t.Subject, t
	return nil
}

// tokens remembers the tokens whose signatures were found right, by their texts, in two generations. What a token allows,
// and when, is not remembered, but asked each time.
type tokens struct {
	mu         sync.RWMutex
	young, old map[string]*claims.Token
}

// maxTokens bounds a generation; a token has at most claims.MaxToken bytes.
const maxTokens = 1024

// open returns the token of that text. It is not to be changed.
func (ts *tokens) open(text string) (*claims.Token, error) {
	ts.mu.RLock()
	t, ok := ts.young[text]
	aged := false
	if !ok {
		t, ok = ts.old[text]
		aged = ok
	}
	ts.mu.RUnlock()
	if ok && !aged {
		return t, nil
	}
	if !ok {
		opened, err := claims.OpenToken(text)
		if err != nil {
			return nil, err
		}
		t = &opened
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.young == nil || len(ts.young) >= maxTokens {
		ts.young, ts.old = map[string]*claims.Token{}, ts.young
	}
	ts.young[text] = t
	return t, nil
}
