package httpserver_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/capability/httpserver"
)

// dial returns a connection to a listener that has begun to say something.
func dial(t *testing.T, url, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

// ends reads an answer, and fails unless the server then closes the connection.
func ends(t *testing.T, c net.Conn, status int) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(25 * time.Second)) // without the limit it would be 30 seconds
	r := bufio.NewReader(c)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Errorf("there is no answer: %v", err)
		return
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != status {
		t.Errorf("status %d, want %d", resp.StatusCode, status)
	}
	if _, err := r.ReadByte(); err != io.EOF {
		t.Errorf("the connection of who sends nothing is not closed: %v", err)
	}
}

// A client that does not send the body that it has announced holds its connection for a while only, whether or not anybody wants
// the body.
func TestABodyThatDoesNotCome(t *testing.T) {
	r := newRigOf(t, "", httpserver.KindOf(200*time.Millisecond, time.Minute))
	wants, wantsNot := r.put("shop", anyPort), r.put("bank", map[string]string{"port": "0", "readonly_mode": "true"})
	const head = "POST /count HTTP/1.1\r\nHost: x\r\n"
	ends(t, dial(t, wants, head+"Content-Length: 10\r\n\r\nabc"), http.StatusRequestTimeout)
	ends(t, dial(t, wants, head+"Transfer-Encoding: chunked\r\n\r\n5\r\nab"), http.StatusRequestTimeout)
	ends(t, dial(t, wantsNot, head+"Content-Length: 10\r\n\r\nabc"), http.StatusMethodNotAllowed)
	if r.count() != "" {
		t.Error("half of a body reached the actor")
	}
	// The time of the link counts, too.
	url := newRig(t).put("shop", map[string]string{"port": "0", "timeout_ms": "200"})
	ends(t, dial(t, url, head+"Content-Length: 10\r\n\r\nabc"), http.StatusRequestTimeout)
}

// Bodies that were announced and have not come take no room from those that come.
func TestAnnouncedBodiesTakeNoRoom(t *testing.T) {
	r := newRig(t)
	url := r.put("shop", map[string]string{"port": "0", "max_content_len": "500m"})
	for range 3 {
		dial(t, url, fmt.Sprintf("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\nabc", httpserver.MaxBodies/2))
	}
	time.Sleep(50 * time.Millisecond) // for the server to begin with them
	if resp, _ := get(t, client(t), "POST", url+"/count", strings.NewReader("x")); resp.StatusCode != 200 {
		t.Errorf("beside bodies that do not come: %d", resp.StatusCode)
	}
}

// A request whose body does not come takes no other one's place.
func TestABodyThatDoesNotComeTakesNoPlace(t *testing.T) {
	r := newRig(t)
	url := r.put("shop", map[string]string{"port": "0", "max_in_flight": "1", "queue": "0"})
	dial(t, url, "POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
	time.Sleep(50 * time.Millisecond) // for the server to begin with it
	if resp, text := get(t, client(t), "POST", url+"/count", strings.NewReader("x")); resp.StatusCode != 200 || text != "1" {
		t.Errorf("beside it: %d %q", resp.StatusCode, text)
	}
}

// What a body holds is what it takes of the budget, however it comes.
func TestBodiesCount(t *testing.T) {
	v, err := httpserver.ParseValues(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 5000, 1 << 20, 7<<20 + 1, httpserver.DefaultMaxBody, httpserver.DefaultMaxBody + 1} {
		for _, chunked := range []bool{false, true} {
			r := httptest.NewRequest("POST", "/", bytes.NewReader(make([]byte, size)))
			if chunked {
				r.ContentLength = -1
			} else if size > httpserver.DefaultMaxBody {
				continue
			}
			if taken := httpserver.Taken(r, v); taken < int64(size) || taken > 2*int64(size)+64<<10 {
				t.Errorf("%d bytes, chunked %v, took %d of the budget", size, chunked, taken)
			}
		}
	}
}

// Who asks and takes no answer is not waited for.
func TestWhoTakesNoAnswer(t *testing.T) {
	r := newRigOf(t, "", httpserver.KindOf(time.Minute, 300*time.Millisecond))
	url := r.put("shop", map[string]string{"port": "0", "timeout_ms": "100"})
	c := dial(t, url, "")
	_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
	if _, err := io.WriteString(c, strings.Repeat("GET /size/60000 HTTP/1.1\r\nHost: x\r\n\r\n", 400)); err != nil {
		t.Fatal(err)
	}
	r.eventually("the connection is closed", func() bool {
		_, err := io.WriteString(c, "\r\n")
		return err != nil
	})
}
