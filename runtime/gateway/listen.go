package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/troupe-run/troupe/runtime/certificate"
)

// ErrWide is the error of listening for other machines without TLS.
var ErrWide = errors.New("other machines could read what passes: give a certificate and a key, listen on 127.0.0.1, or allow it explicitly")

// ListenOptions say how to listen.
type ListenOptions struct {
	// Certificate is what TLS is spoken with; none is spoken if it is nil.
	Certificate *certificate.Certificate
	// Insecure allows to listen for other machines without TLS: where a proxy in front of it speaks TLS, or nobody else
	// is on the network.
	Insecure bool
}

// A TakenError says that somebody else listens on an address.
type TakenError struct {
	Addr string
	// PID is the process that does, and Program its name, if they could be found out: those of other users cannot.
	PID     int
	Program string
	err     error
}

// Error says who has the port.
func (e *TakenError) Error() string {
	owner := "a program that cannot be seen from here"
	if e.PID != 0 {
		owner = fmt.Sprintf("%s (process %d)", e.Program, e.PID)
	}
	return fmt.Sprintf("gateway: %s is taken by %s: stop it, or listen on another port", e.Addr, owner)
}

// Unwrap returns the error of the system.
func (e *TakenError) Unwrap() error { return e.err }

// Listen listens on a TCP address, such as "127.0.0.1:8880". One that other machines reach needs a certificate, or an
// error is ErrWide. If the port is taken, it is a *TakenError.
func Listen(addr string, o ListenOptions) (net.Listener, error) {
	at, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("gateway: listen on %s: an address is a name or number, and a port, such as 127.0.0.1:8880: %w", quote(addr), err)
	}
	if !at.IP.IsLoopback() && o.Certificate == nil && !o.Insecure {
		return nil, fmt.Errorf("gateway: listen on %s: %w", addr, ErrWide)
	}
	config := net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{Enable: true}}
	l, err := config.Listen(context.Background(), "tcp", at.String())
	if errors.Is(err, syscall.EADDRINUSE) {
		taken := &TakenError{Addr: addr, err: err}
		taken.PID, taken.Program = ownerOf(at.Port)
		return nil, taken
	}
	if err != nil {
		return nil, fmt.Errorf("gateway: listen on %s: %w", addr, err)
	}
	if o.Certificate != nil {
		l = tls.NewListener(l, o.Certificate.Config())
	}
	return l, nil
}
