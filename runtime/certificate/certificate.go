// Package certificate has a certificate of TLS read again when its files change, so that who renews it restarts nothing.
//
//	c, err := certificate.Load("cert.pem", "key.pem", log)
//	l = tls.NewListener(l, c.Config())
//
// Files that cannot be read, or do not belong together, as in the middle of being written, change nothing: what was read before
// stays in use.
package certificate

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// A Certificate is read from two files, and again when they change. It is safe for use by many goroutines.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	stamp   [2]stamp
	checked time.Time
}

// A stamp tells whether a file is the one that was read.
type stamp struct {
	changed time.Time
	size    int64
}

// recheck is how long the files are believed to be as they were.
const recheck = time.Second

// Load reads a chain of certificates and its key in PEM. The log is told when they have been read again, and when they could
// not be. It may be nil.
func Load(certFile, keyFile string, log *slog.Logger) (*Certificate, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log}
	if err := c.read(); err != nil {
		return nil, err
	}
	return c, nil
}

// Config returns a configuration for servers of HTTP.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{GetCertificate: c.get, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}
}

func (c *Certificate) read() error {
	stamps, err := c.stamps()
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w", c.certFile, c.keyFile, err)
	}
	c.current, c.stamp = &pair, stamps
	return nil
}

func (c *Certificate) stamps() (s [2]stamp, err error) {
	for i, name := range [...]string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return s, err
		}
		s[i] = stamp{info.ModTime(), info.Size()}
	}
	return s, nil
}

// get returns the certificate as the files have it now, if they can be read.
func (c *Certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.checked) >= recheck {
		c.checked = now
		if stamps, err := c.stamps(); err != nil || stamps != c.stamp {
			if err = c.read(); err == nil {
				c.log.Info("certificate read again", "file", c.certFile)
			} else {
				c.log.Warn("certificate cannot be read again: the one that was read before stays", "err", err)
			}
		}
	}
	return c.current, nil
}
