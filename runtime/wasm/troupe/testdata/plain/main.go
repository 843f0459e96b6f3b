// Command plain is a guest that is written against the ABI itself, without an SDK. What it does, the first letter of the
// message says; the rest is for that. It shows how the runtime of Go gets on with the host.
package main

import (
	crand "crypto/rand"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
	"unsafe"
)

// What init sees is the same in every call.
var (
	born      = time.Now()
	bornBytes = func() []byte { b := make([]byte, 8); crand.Read(b); return b }()
	left      = make(chan string)
)

func init() { fmt.Println("nobody reads this") }

func main() {}

//go:wasmexport troupe_abi_1
func marker() {}

var buffers [][]byte

//go:wasmexport troupe_alloc
func alloc(size uint32) unsafe.Pointer {
	b := make([]byte, size)
	buffers = append(buffers, b)
	return unsafe.Pointer(unsafe.SliceData(b))
}

//go:wasmexport troupe_call
func call(entry uint32, ptr unsafe.Pointer, size uint32) uint64 {
	input := unsafe.Slice((*byte)(ptr), size)
	if entry == 1 {
		return output([]byte{0x85, 0, 0xf6, 0x80, 0x80, 0x80})
	}
	// the body begins behind the mark, whatever stands around it
	_, body, found := strings.Cut(string(input), "\x00body:")
	if !found {
		return answer(entry, input)
	}
	body, _, _ = strings.Cut(body, ";")
	return answer(entry, []byte(do(body[0], body[1:])))
}

// answer returns data.
func answer(entry uint32, data []byte) uint64 {
	out := []byte{0x85, 0, 0x5a, byte(len(data) >> 24), byte(len(data) >> 16), byte(len(data) >> 8), byte(len(data))}
	out = append(out, data...)
	if entry == 5 {
		out[0] = 0x82
		return output(out)
	}
	return output(append(out, 0x80, 0x80, 0x80))
}

func output(b []byte) uint64 {
	buffers = append(buffers, b)
	return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b))))<<32 | uint64(len(b))
}

//go:wasmimport troupe state_set
func stateSet(key unsafe.Pointer, keyLen uint32, value unsafe.Pointer, valueLen uint32)

func set(key, value string) {
	stateSet(unsafe.Pointer(unsafe.StringData(key)), uint32(len(key)), unsafe.Pointer(unsafe.StringData(value)), uint32(len(value)))
}

func do(what byte, rest string) string {
	switch what {
	case 'c': // clocks
		start := time.Now()
		time.Sleep(90 * time.Minute)
		return fmt.Sprintf("%s, %s later, %s old", start.UTC().Format(time.RFC3339Nano), time.Since(start), start.Sub(born))
	case 'r': // randomness
		b := make([]byte, 16)
		crand.Read(b)
		return fmt.Sprintf("%x %x %d", bornBytes, b, rand.Int())
	case 'p': // printing
		fmt.Println("to", rest)
		fmt.Fprint(os.Stderr, "and to standard error")
		return ""
	case 'f': // files, arguments, environment
		_, err := os.Open("/etc/passwd")
		_, err2 := os.ReadDir(".")
		n, err3 := os.Stdin.Read(make([]byte, 10))
		return fmt.Sprint(err, "; ", err2, "; ", n, err3, "; ", len(os.Args), os.Environ())
	case 'g': // goroutines, among them one that stays behind
		go func() { left <- "left behind" }()
		results := make(chan int)
		for i := range 10 {
			go func() { runtime.Gosched(); results <- i * i }()
		}
		sum := 0
		for range 10 {
			sum += <-results
		}
		return fmt.Sprint(sum)
	case 'm': // the order of maps
		m := map[string]int{}
		for i := range 100 {
			m[fmt.Sprint(i)] = i
		}
		var order []string
		for k := range m {
			order = append(order, k)
		}
		if slices.IsSorted(order) {
			return "sorted"
		}
		return strings.Join(order, " ")
	case 'w': // much memory, and garbage
		var kept [][]byte
		for i := range 2000 {
			if b := make([]byte, 10_000); i%100 == 0 {
				kept = append(kept, b)
			}
		}
		runtime.GC()
		return fmt.Sprint(len(kept))
	case 'x':
		set("key", "lost")
		os.Exit(3)
	case 'd': // deadlock
		<-left
	case 'P':
		set("key", "lost")
		panic("oh " + rest)
	case 'b': // more memory than there is
		var kept [][]byte
		for {
			kept = append(kept, make([]byte, 1<<20))
		}
	}
	return "unknown"
}
