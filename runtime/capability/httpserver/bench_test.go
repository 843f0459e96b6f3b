package httpserver_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/runtime"
)

// load sends the same request over many connections, as often as the benchmark says. It costs as little as a client can.
func load(b *testing.B, url, path string, connections int) {
	address := strings.TrimPrefix(url, "http://")
	request := []byte("GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\n\r\n")
	work := make(chan int, connections)
	var all sync.WaitGroup
	for range connections {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		all.Go(func() {
			defer conn.Close()
			r := bufio.NewReader(conn)
			for n := range work {
				for range n {
					if _, err := conn.Write(request); err != nil {
						b.Error(err)
						return
					}
					if err := skip(r); err != nil {
						b.Error(err)
						return
					}
				}
			}
		})
	}
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; left -= 16 {
		work <- min(left, 16)
	}
	close(work)
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

// skip reads a response whose status is 200.
func skip(r *bufio.Reader) error {
	length := int64(0)
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		switch {
		case err != nil:
			return err
		case first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200")):
			return io.ErrUnexpectedEOF
		case len(line) == 2:
			_, err = io.CopyN(io.Discard, r, length)
			return err
		case bytes.HasPrefix(line, []byte("Content-Length: ")):
			length = 0
			for _, c := range bytes.TrimSpace(line[16:]) {
				length = 10*length + int64(c-'0')
			}
		}
	}
}

func BenchmarkNative(b *testing.B) {
	r := newRigAt(b, b.TempDir())
	load(b, r.put("shop", anyPort), "/count", 64)
}

func BenchmarkClassicEcho(b *testing.B) {
	r := newRigAt(b, b.TempDir())
	r.start("echo", "otp_echo.wasm", runtime.StartOptions{})
	load(b, r.put("echo", anyPort), "/echo", 64)
}

func BenchmarkClassicCounter(b *testing.B) {
	r := newRigAt(b, b.TempDir())
	r.counter("counter", "otp_kvcounter.wasm", runtime.StartOptions{})
	load(b, r.put("counter", anyPort), "/mycounter", 64)
}
