package lattice

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/troupe-run/troupe/claims"
)

// A Connection says how to reach a server of NATS. The zero value is nats://127.0.0.1:4222 without an identity.
type Connection struct {
	// URL is where the server is; several are separated by commas.
	URL string
	// InProcess is a server in this process, in place of URL; see package embedded.
	InProcess interface{ InProcessConn() (net.Conn, error) }
	// Key signs in, if it is valid; NkeyFile names the file of one, and Creds that of credentials with a JWT. At most one of
	// the three is given.
	Key             claims.Key
	NkeyFile, Creds string
	// CA is the file of the authority that has signed the server's certificate, and Cert and CertKey those of a certificate
	// of our own. The scheme tls in URL asks for TLS; so does any of these.
	CA, Cert, CertKey string
	// Inbox is what the subjects of answers begin with: for a key what Inbox returns, and else "_INBOX", if it is empty.
	Inbox string
	// Timeout bounds an attempt to connect; 2 s if zero.
	Timeout time.Duration
}

// A DeniedError says that a server does not let us in.
type DeniedError struct {
	// Key is the public key that has signed in; empty if there was none.
	Key string
	URL string
	err error
}

// Error says who was denied, and what to do.
func (e *DeniedError) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("lattice: the server of NATS at %s lets nobody in without a key or credentials: %v", e.URL, e.err)
	}
	return fmt.Sprintf("lattice: the server of NATS at %s does not let the key %s in, which may hold no grant, or no more: %v", e.URL, claims.Short(e.Key), e.err)
}

// Unwrap returns the error of the client library.
func (e *DeniedError) Unwrap() error { return e.err }

// hooks are what the owner of a connection wants to know.
type hooks struct {
	lost   func(error)                     // the connection broke; it is tried again
	back   func()                          // it is there again
	failed func(*nats.Subscription, error) // something else is wrong
	closed func()                          // it does not come back
}

// open connects. If wait is set, a server that is not there is waited for, in the background.
func (c *Connection) open(ctx context.Context, name string, wait bool, h hooks) (*nats.Conn, error) {
	key, opts, err := c.options()
	if err != nil {
		return nil, err
	}
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = 2 * time.Second
	}
	if deadline, ok := ctx.Deadline(); ok {
		timeout = max(time.Millisecond, min(timeout, time.Until(deadline)))
	}
	opts = append(opts, nats.Name(name), nats.Timeout(timeout),
		// A server that says nothing is given up within 6 seconds.
		nats.PingInterval(2*time.Second), nats.MaxPingsOutstanding(2),
		nats.MaxReconnects(-1), nats.CustomReconnectDelay(pause), nats.IgnoreAuthErrorAbort(), nats.RetryOnFailedConnect(wait),
		// What cannot be sent now is refused now: it could be executed long after its caller was told that it failed.
		nats.ReconnectBufSize(-1),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { h.lost(err) }),
		nats.ReconnectHandler(func(*nats.Conn) { h.back() }),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) { h.failed(sub, err) }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { h.failed(nil, err) }),
		nats.ClosedHandler(func(*nats.Conn) { h.closed() }))
	if wait {
		opts = append(opts, nats.ConnectHandler(func(*nats.Conn) { h.back() }))
	}
	nc, err := nats.Connect(c.url(), opts...)
	switch {
	case err == nil:
		return nc, nil
	case errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired) || errors.Is(err, nats.ErrAuthRevoked):
		return nil, &DeniedError{Key: key, URL: c.Place(), err: err}
	}
	return nil, fmt.Errorf("lattice: connect to the server of NATS at %s: %w", c.Place(), err)
}

func (c *Connection) url() string {
	if c.URL == "" {
		return nats.DefaultURL
	}
	return c.URL
}

// Place is where the server is: the URL without what may be secret in it.
func (c *Connection) Place() string {
	if c.InProcess != nil {
		return "this process"
	}
	var places []string
	for one := range strings.SplitSeq(c.url(), ",") {
		scheme, rest, ok := strings.Cut(strings.TrimSpace(one), "://")
		if !ok {
			scheme, rest = "nats", scheme
		}
		if at := strings.LastIndexByte(rest, '@'); at >= 0 {
			rest = rest[at+1:]
		}
		places = append(places, scheme+"://"+rest)
	}
	return strings.Join(places, ", ")
}

// options are those of who we are, with the public key if there is one.
func (c *Connection) options() (key string, opts []nats.Option, err error) {
	signer, given := c.Key, 0
	for _, is := range [...]bool{c.Key.Valid(), c.NkeyFile != "", c.Creds != ""} {
		if is {
			given++
		}
	}
	if given > 1 {
		return "", nil, errors.New("lattice: a connection has a key, the file of one, or a file of credentials: give one of them")
	}
	if c.NkeyFile != "" {
		if signer, err = claims.LoadFile(c.NkeyFile); err != nil {
			return "", nil, err
		}
	}
	inbox := c.Inbox
	switch {
	case signer.Valid():
		key = signer.Public()
		opts = append(opts, nats.Nkey(key, signer.SignNonce))
		if inbox == "" {
			inbox = Inbox(key)
		}
	case c.Creds != "":
		opts = append(opts, nats.UserCredentials(c.Creds))
	}
	if inbox != "" {
		opts = append(opts, nats.CustomInboxPrefix(inbox))
	}
	if c.CA != "" {
		opts = append(opts, nats.RootCAs(c.CA))
	}
	if c.Cert != "" || c.CertKey != "" {
		opts = append(opts, nats.ClientCert(c.Cert, c.CertKey))
	}
	if c.InProcess != nil {
		opts = append(opts, nats.InProcessServer(c.InProcess))
	}
	return key, opts, nil
}

// pause is how long to wait before a server is tried again: soon at first, and not all clients at once.
func pause(attempts int) time.Duration {
	const shortest, longest = 50 * time.Millisecond, 2 * time.Second
	d := longest
	if attempts < 6 {
		d = shortest << attempts
	}
	return d/2 + rand.N(d/2)
}
