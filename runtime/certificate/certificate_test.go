package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// write writes a certificate with a serial number, and its key.
func write(t *testing.T, dir string, serial int64) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func TestFilesChange(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := write(t, dir, 1)
	c, err := Load(certFile, keyFile, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := func(what string, serial int64) {
		t.Helper()
		got, err := c.Config().GetCertificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := got.Leaf.SerialNumber.Int64(); n != serial {
			t.Errorf("%s: the certificate is number %d, want %d", what, n, serial)
		}
	}
	want("as loaded", 1)
	write(t, dir, 2)
	c.checked = time.Now().Add(time.Hour)
	want("at once: the files are looked at no more than once in a while", 1)
	later := func() { c.checked = time.Time{} }
	later()
	want("changed files", 2)
	if err := os.WriteFile(keyFile, []byte("half of a k"), 0o600); err != nil {
		t.Fatal(err)
	}
	later()
	want("a key that is broken", 2)
	if err := os.Remove(certFile); err != nil {
		t.Fatal(err)
	}
	later()
	want("without its file", 2)
	if _, err := Load(certFile, keyFile, nil); err == nil || !strings.Contains(err.Error(), "cert.pem") {
		t.Errorf("a certificate that is not there: %v", err)
	}
	write(t, dir, 3)
	later()
	want("files that are there again", 3)
}
