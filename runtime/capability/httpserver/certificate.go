package httpserver

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// A certificate is read from two files, and again when they change.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	stamp   [2]os.FileInfo
	checked time.Time
}

// recheck is how long the files are believed to be as they were.
const recheck = time.Second

func loadCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	if err := c.read(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *certificate) read() error {
	stamp, err := c.look()
	if err != nil {
		return fmt.Errorf("tls: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("tls: certificate %s with key %s: %w", c.certFile, c.keyFile, err)
	}
	c.current, c.stamp = &pair, stamp
	return nil
}

func (c *certificate) look() (stamp [2]os.FileInfo, err error) {
	for i, name := range [...]string{c.certFile, c.keyFile} {
		if stamp[i], err = os.Stat(name); err != nil {
			return stamp, err
		}
	}
	return stamp, nil
}

func (c *certificate) changed() bool {
	stamp, err := c.look()
	if err != nil {
		return true
	}
	for i, was := range c.stamp {
		if !stamp[i].ModTime().Equal(was.ModTime()) || stamp[i].Size() != was.Size() {
			return true
		}
	}
	return false
}

// get returns the certificate as the files have it now or, if they cannot be read, as they last could.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.checked) >= recheck {
		c.checked = now
		if c.changed() {
			if err := c.read(); err != nil {
				c.log.Warn("certificate cannot be read again: the one that was read before stays", "err", err)
			}
		}
	}
	return c.current, nil
}

func (c *certificate) config() *tls.Config {
	return &tls.Config{GetCertificate: c.get, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}
}
