package gateway

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

const socketTable = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:22B0 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31337 1 0000000000000000 100 0 0 10 0
   1: 0100007F:22B0 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000000000000000 20 4 30 10 -1
   2: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 99 1 0 100 0 0 10 0
`

func TestListeners(t *testing.T) {
	for port, want := range map[int]string{8880: "socket:[31337]", 22: "socket:[99]", 54321: ""} {
		found := map[string]bool{}
		if listeners([]byte(socketTable), port, found); want == "" && len(found) > 0 || want != "" && (len(found) != 1 || !found[want]) {
			t.Errorf("on port %d %v listens, want %q", port, found, want)
		}
	}
}

// FuzzListeners: whatever the table is, no socket is made up.
func FuzzListeners(f *testing.F) {
	f.Add([]byte(socketTable), 8880)
	f.Add([]byte("0: :22B0 x 0A 1 2 3 4 5 6\n"), 8880)
	f.Fuzz(func(t *testing.T, table []byte, port int) {
		found := map[string]bool{}
		listeners(table, port, found)
		for socket := range found {
			inode := strings.TrimSuffix(strings.TrimPrefix(socket, "socket:["), "]")
			if !bytes.Contains(table, []byte(inode)) {
				t.Errorf("%s is not in the table", socket)
			}
		}
	})
}

func TestOwner(t *testing.T) {
	l, err := Listen("127.0.0.1:0", ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = Listen(l.Addr().String(), ListenOptions{})
	if taken, ok := err.(*TakenError); !ok || taken.PID != os.Getpid() || !strings.Contains(taken.Error(), taken.Program) || taken.Program == "" {
		t.Errorf("the port of this process is taken: %v", err)
	}
}
