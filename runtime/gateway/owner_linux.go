package gateway

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ownerOf returns the process that listens on a TCP port, and its name, or 0.
func ownerOf(port int) (pid int, program string) {
	sockets := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err == nil {
			listeners(text, port, sockets)
		}
	}
	if len(sockets) == 0 {
		return 0, ""
	}
	links, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0, ""
	}
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil || !sockets[target] {
			continue
		}
		id := strings.Split(link, "/")[2]
		name, err := os.ReadFile("/proc/" + id + "/comm")
		if pid, numErr := strconv.Atoi(id); err == nil && numErr == nil {
			return pid, string(bytes.TrimSpace(name))
		}
	}
	return 0, ""
}

// listeners adds the sockets, as the file descriptors of processes name them, that listen on a port to a set. Text is a
// table of the kernel: a head, and a line for each socket with its number, address:port, peer, state, …, inode.
func listeners(text []byte, port int, sockets map[string]bool) {
	const address, state, inode, listening = 1, 3, 9, "0A"
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) <= inode || fields[state] != listening {
			continue
		}
		_, hex, _ := strings.Cut(fields[address], ":")
		if n, err := strconv.ParseUint(hex, 16, 16); err == nil && int(n) == port {
			sockets["socket:["+fields[inode]+"]"] = true
		}
	}
}
