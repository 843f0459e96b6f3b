package gateway

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
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

// certify writes a certificate for 127.0.0.1 with a serial number, and its key.
func certify(t *testing.T, dir string, serial int64) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, text := range map[string][]byte{certFile: cert, keyFile: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return certFile, keyFile, pool
}

func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile, pool := certify(t, dir, 1)
	cert, err := LoadCertificate(certFile, keyFile, nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Listen("127.0.0.1:0", ListenOptions{Certificate: cert})
	if err != nil {
		t.Fatal(err)
	}
	serveOn(t, newGateway(t, script{}, Options{}), l)
	serial := func(pool *x509.CertPool) int64 {
		t.Helper()
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		r, err := (&http.Client{Transport: transport}).Get("https://" + l.Addr().String() + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if r.ProtoMajor != 2 || r.StatusCode != 200 {
			t.Errorf("%s %s", r.Proto, r.Status)
		}
		return r.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	if got := serial(pool); got != 1 {
		t.Errorf("the certificate is number %d", got)
	}
	again := func() { // the files are looked at no more than once in a while
		cert.mu.Lock()
		cert.checked = time.Time{}
		cert.mu.Unlock()
	}
	_, _, next := certify(t, dir, 2)
	again()
	if got := serial(next); got != 2 {
		t.Errorf("after a change of the files the certificate is number %d", got)
	}
	if err := os.WriteFile(keyFile, []byte("half of a k"), 0o600); err != nil {
		t.Fatal(err)
	}
	again()
	if got := serial(next); got != 2 {
		t.Errorf("with a key that is broken the certificate is number %d", got)
	}
	if err := os.Remove(certFile); err != nil {
		t.Fatal(err)
	}
	again()
	if got := serial(next); got != 2 {
		t.Errorf("without its file the certificate is number %d", got)
	}
	if _, err := LoadCertificate(certFile, keyFile, nil); err == nil || !strings.Contains(err.Error(), "cert.pem") {
		t.Errorf("a certificate that is not there: %v", err)
	}
	// Who speaks without TLS is told so, and nothing else.
	r, err := http.Get("http://" + l.Addr().String() + "/healthz")
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
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the listener is open")
	}
}
