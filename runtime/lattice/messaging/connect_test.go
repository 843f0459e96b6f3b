package messaging

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
)

// TestToken: with a JWT the nonce of the server is signed by its seed, and the seed does not leave. The server here is a script of one
// side of the protocol: our own takes no tokens.
func TestToken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	said := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
		fmt.Fprintf(conn, "INFO {\"server_id\":\"x\",\"version\":\"2.15.0\",\"proto\":1,\"headers\":true,\"max_payload\":1048576,\"auth_required\":true,\"nonce\":\"abc\"}\r\n")
		in := bufio.NewReader(conn)
		for line, err := in.ReadString('\n'); err == nil; line, err = in.ReadString('\n') {
			switch {
			case strings.HasPrefix(line, "CONNECT "):
				said <- line
			case strings.HasPrefix(line, "PING"):
				_, _ = io.WriteString(conn, "PONG\r\n")
			}
		}
	}()
	v, err := ParseValues(map[string]string{"URI": l.Addr().String(), "CLIENT_JWT": "a.b.c", "CLIENT_SEED": testSeed}, nil)
	if err != nil {
		t.Fatal(err)
	}
	nc, end, err := v.connect(t.Context(), "test", &complainer{log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
	<-end
	line := <-said
	var options struct{ JWT, Sig string }
	if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "CONNECT ")), &options); err != nil || options.JWT != "a.b.c" || strings.Contains(line, testSeed) {
		t.Errorf("%v: %s", err, line)
	}
	key, err := claims.ParseSeed([]byte(testSeed))
	if err != nil {
		t.Fatal(err)
	}
	signature, err := base64.RawURLEncoding.DecodeString(options.Sig)
	if err == nil {
		err = claims.Verify(key.Public(), claims.UserKey, []byte("abc"), signature)
	}
	if err != nil {
		t.Error(err)
	}
}
