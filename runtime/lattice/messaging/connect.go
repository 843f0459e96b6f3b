package messaging

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/troupe-run/troupe/claims"
)

// Times of a connection.
const (
	connectTimeout = 2 * time.Second
	flushTimeout   = 5 * time.Second
)

// ended is what a connection tells when it has ended by itself: why. It has room for that.
type ended chan error

// connect returns a connection that ends when it breaks: then the half fails, everybody sees why, and the supervisor starts
// another.
func (v *Values) connect(ctx context.Context, name string, log *complainer) (*nats.Conn, ended, error) {
	end := make(ended, 1)
	opts := []nats.Option{nats.Name(name), nats.Timeout(connectTimeout), nats.NoReconnect(),
		// A server that says nothing is given up within 6 seconds.
		nats.PingInterval(2 * time.Second), nats.MaxPingsOutstanding(2),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			log.warn("messages were lost or refused", "subject", subject, "err", v.hide(err.Error()))
		}),
		nats.ClosedHandler(func(nc *nats.Conn) {
			err := nc.LastError()
			if err == nil {
				err = nats.ErrConnectionClosed
			}
			end <- fmt.Errorf("the connection to NATS at %s broke: %s", v.place(), v.hide(err.Error()))
		})}
	opts, err := v.identify(opts)
	if err != nil {
		return nil, nil, err
	}
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	nc, err := nats.Connect(strings.Join(v.URIs, ","), opts...)
	if err != nil {
		return nil, nil, v.refused(err)
	}
	return nc, end, nil
}

// identify adds who we are.
func (v *Values) identify(opts []nats.Option) ([]nats.Option, error) {
	switch {
	case v.Creds != "":
		opts = append(opts, nats.UserCredentials(v.Creds))
	case v.JWT != "":
		opts = append(opts, nats.UserJWTAndSeed(v.JWT, v.Seed))
	case v.Seed != "":
		key, err := claims.ParseSeed([]byte(v.Seed))
		if err != nil {
			return nil, err // which does not show it
		}
		opts = append(opts, nats.Nkey(key.Public(), key.SignNonce))
	}
	if v.CA != "" {
		opts = append(opts, nats.RootCAs(v.CA))
	}
	if v.Inbox != "" {
		opts = append(opts, nats.CustomInboxPrefix(v.Inbox))
	}
	return opts, nil
}

// refused says why there is no connection, and what to do.
func (v *Values) refused(err error) error {
	denied := errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired) || errors.Is(err, nats.ErrAuthRevoked) ||
		errors.Is(err, nats.ErrAccountAuthExpired) || errors.Is(err, nats.ErrNkeysNotSupported)
	switch {
	case denied && v.Creds == "" && v.Seed == "" && !v.passwords():
		return fmt.Errorf("the server of NATS at %s lets nobody in without credentials: give the link creds, or client_jwt and client_seed: %s", v.place(), v.hide(err.Error()))
	case denied:
		return fmt.Errorf("the server of NATS at %s does not accept the credentials of the link: give it others, or let them in there: %s", v.place(), v.hide(err.Error()))
	}
	return fmt.Errorf("no connection to NATS at %s: %s", v.place(), v.hide(err.Error()))
}

func (v *Values) passwords() bool {
	for _, one := range v.URIs {
		if u, err := url.Parse(one); err == nil && u.User != nil {
			return true
		}
	}
	return false
}

// hide takes what is secret out of a text of the client's library, which should not have it.
func (v *Values) hide(text string) string {
	secrets := []string{v.JWT, v.Seed}
	for _, one := range v.URIs {
		if u, err := url.Parse(one); err == nil && u.User != nil {
			password, _ := u.User.Password()
			secrets = append(secrets, u.User.String(), password)
			if password == "" {
				secrets = append(secrets, u.User.Username()) // a token
			}
		}
	}
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	return text
}

// flush waits until the server has all that was sent, and returns an error if it refused something since before was the last error of
// the connection: others send over it as well.
func (v *Values) flush(ctx context.Context, nc *nats.Conn, before error) error {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	if err := nc.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("the server of NATS at %s does not answer: %s", v.place(), v.hide(err.Error()))
	}
	if err := nc.LastError(); err != before && errors.Is(err, nats.ErrPermissionViolation) {
		return fmt.Errorf("%w: the server of NATS at %s does not let the link do it: %s", errNotAllowed, v.place(), v.hide(err.Error()))
	}
	return nil
}

var errNotAllowed = errors.New("not allowed")
