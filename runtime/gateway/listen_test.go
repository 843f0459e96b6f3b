package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/troupe-run/troupe/runtime/certificate"
)

func TestListen(t *testing.T) {
	for addr, want := range map[string]error{"127.0.0.1:0": nil, "localhost:0": nil, "[::1]:0": nil, ":0": ErrWide, "0.0.0.0:0": ErrWide,
		"[::]:0": ErrWide, "192.0.2.1:8880": ErrWide} {
		l, err := Listen(addr, ListenOptions{})
		if err == nil {
			l.Close()
		}
		if strings.HasPrefix(addr, "[::1]") && err != nil && !errors.Is(err, ErrWide) {
			continue // a machine without IPv6
		}
		if !errors.Is(err, want) || want != nil && !strings.Contains(err.Error(), addr) {
			t.Errorf("%s: %v, want %v", addr, err, want)
		}
	}
	for _, addr := range []string{"", "127.0.0.1", "127.0.0.1:http:1", "127.0.0.1:99999"} {
		if _, err := Listen(addr, ListenOptions{}); err == nil || !strings.Contains(err.Error(), "such as 127.0.0.1:8880") && !errors.Is(err, ErrWide) {
			t.Errorf("%q: %v", addr, err)
		}
	}
	l, err := Listen("0.0.0.0:0", ListenOptions{Insecure: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := Listen(l.Addr().String(), ListenOptions{Insecure: true}); !errors.Is(err, syscall.EADDRINUSE) ||
		!strings.Contains(err.Error(), "is taken by") {
		t.Errorf("a port that is taken: %v", err)
	}
}

func TestTakenError(t *testing.T) {
	e := &TakenError{Addr: "127.0.0.1:80", PID: 7, Program: "nginx"}
	if got := e.Error(); got != "gateway: 127.0.0.1:80 is taken by nginx (process 7): stop it, or listen on another port" {
		t.Error(got)
	}
	e.PID = 0
	if got := e.Error(); !strings.Contains(got, "cannot be seen") {
		t.Error(got)
	}
}

func TestTLS(t *testing.T) {
	self := httptest.NewTLSServer(nil) // it has a certificate for 127.0.0.1
	self.Close()
	secret, err := x509.MarshalPKCS8PrivateKey(self.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: self.Certificate().Raw}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, err := certificate.Load(certFile, keyFile, nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Listen("127.0.0.1:0", ListenOptions{Certificate: cert})
	if err != nil {
		t.Fatal(err)
	}
	serveOn(t, newGateway(t, script{}, Options{}), l)
	pool := x509.NewCertPool()
	pool.AddCert(self.Certificate())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	r, err := (&http.Client{Transport: transport}).Get("https://" + l.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.ProtoMajor != 2 || r.StatusCode != 200 {
		t.Errorf("%s %s", r.Proto, r.Status)
	}
	// Who speaks without TLS is told so, and nothing else.
	r, err = http.Get("http://" + l.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusBadRequest {
		t.Errorf("without TLS the answer is %s", r.Status)
	}
}

func TestShutdown(t *testing.T) {
	g := newGateway(t, script{}, Options{})
	l, err := Listen("127.0.0.1:0", ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- g.Serve(l) }()
	r, err := http.Get("http://" + l.Addr().String() + "/readyz")
	if err != nil || r.StatusCode != 200 {
		t.Fatal(r, err)
	}
	r.Body.Close()
	if err := g.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Errorf("serve: %v", err)
	}
	if w := do(g, "GET", "/readyz", ""); w.Code != 503 {
		t.Errorf("a gateway that is shut down is ready: %d", w.Code)
	}
	l, err = Listen("127.0.0.1:0", ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("served again: %v", err)
	}
	if err := l.Close(); !errors.Is(err, net.ErrClosed) { // the port may be another's by now
		t.Error("the listener is open")
	}
}
