package httpserver_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/capability"
)

// start starts one of the real classic actors, if there is a folder of them, and skips the test else.
func (r *rig) start(name, file string, o runtime.StartOptions) {
	r.t.Helper()
	dir := os.Getenv("TROUPE_WASMBUS_ACTORS")
	if dir == "" {
		r.t.Skip("TROUPE_WASMBUS_ACTORS names no folder of classic actors")
	}
	code, err := os.ReadFile(filepath.Join(dir, file))
	if os.IsNotExist(err) {
		r.t.Skip(err)
	}
	if err == nil {
		_, err = r.Start(r.t.Context(), name, code, o)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// counter starts a classic actor that counts, and links it to a store.
func (r *rig) counter(name, file string, o runtime.StartOptions) {
	r.t.Helper()
	r.start(name, file, o)
	r.order(capability.Order{Provide: []capability.ProviderOrder{{Name: "store", Kind: "keyvalue"}}, Link: []capability.LinkOrder{{
		LinkName: capability.LinkName{Actor: name, Contract: capability.KeyValue}, Provider: "store"}}})
}

func TestClassicEcho(t *testing.T) {
	for _, file := range []string{"otp_echo.wasm", "v018_echo.wasm"} {
		t.Run(file, func(t *testing.T) {
			r := newRig(t)
			r.start("echo", file, runtime.StartOptions{})
			url := r.put("echo", anyPort)
			resp, text := get(t, client(t), "GET", url+"/echo?a=b", nil)
			t.Log(text)
			if resp.StatusCode != 200 || !strings.Contains(text, `"method":"GET","path":"/echo","query_string":"a=b"`) {
				t.Errorf("%d %s", resp.StatusCode, text)
			}
		})
	}
}

func TestClassicCounterUnderAThousandClients(t *testing.T) {
	r := newRig(t)
	r.counter("counter", "otp_kvcounter.wasm", runtime.StartOptions{})
	url := r.put("counter", anyPort)
	tr := &http.Transport{MaxConnsPerHost: 128, MaxIdleConnsPerHost: 128}
	defer tr.CloseIdleConnections()
	c := &http.Client{Transport: tr}
	const requests = 1000
	var all sync.WaitGroup
	for range requests {
		all.Go(func() {
			resp, text, err := try(c, "GET", url+"/mycounter", nil)
			if err != nil || resp.StatusCode != 200 || !strings.HasPrefix(text, `{"counter":`) {
				t.Errorf("%v %q %v", resp, text, err)
			}
		})
	}
	all.Wait()
	if _, text := get(t, c, "GET", url+"/mycounter", nil); text != `{"counter":`+strconv.Itoa(requests+1)+`}` {
		t.Errorf("behind %d requests: %s", requests, text)
	}
}

// Who has no claim gets the errors of wasmCloud, and is not entered.
func TestClassicActorsWithoutClaims(t *testing.T) {
	r, c := newRig(t), client(t)
	r.counter("greedy", "otp_kvcounter_unpriv_s.wasm", runtime.StartOptions{})
	resp, text := get(t, c, "GET", r.put("greedy", anyPort)+"/", nil)
	if resp.StatusCode != 500 || !strings.Contains(text, "missing capability claim for wasmcloud:keyvalue") {
		t.Errorf("without the claim: %d %s", resp.StatusCode, text)
	}
	r.start("alone", "otp_kvcounter.wasm", runtime.StartOptions{})
	resp, text = get(t, c, "GET", r.put("alone", anyPort)+"/", nil)
	if resp.StatusCode != 500 || !strings.Contains(text, "missing link definition for wasmcloud:keyvalue on default") {
		t.Errorf("without the link: %d %s", resp.StatusCode, text)
	}
	r.start("mute", "otp_echo_unpriv_s.wasm", runtime.StartOptions{})
	resp, text = get(t, c, "GET", r.put("mute", anyPort)+"/", nil)
	if resp.StatusCode != 500 || text != "" {
		t.Errorf("without the claim to serve: %d %s", resp.StatusCode, text)
	}
	seq, _ := strconv.ParseUint(resp.Header.Get("Troupe-Transaction"), 10, 64)
	if receipt, err := r.Reader().Receipt(seq); err != nil || receipt.Err == nil || receipt.Err.Code != capability.CodeMissingClaim {
		t.Errorf("its transaction says %v %v", receipt.Err, err)
	}
}

func TestClassicScale(t *testing.T) {
	r, c := newRig(t), client(t)
	r.start("echo", "otp_echo.wasm", runtime.StartOptions{})
	url := r.put("echo", anyPort)
	for _, n := range []int{50, 0, 1, 2} {
		r.order(capability.Order{Scale: []capability.ScaleOrder{{Actor: "echo", Instances: n}}})
		var last *http.Response
		r.eventually("it is scaled to "+strconv.Itoa(n), func() bool {
			last, _ = get(t, c, "GET", url+"/echo", nil)
			queried := last.Header.Get("Troupe-Transaction") == ""
			return n == 0 && last.StatusCode == 503 || n == 1 && last.StatusCode == 200 && !queried || n > 1 && last.StatusCode == 200 && queried
		})
	}
}

// underLoad lets clients ask while something is done, and returns how many answers there were. All must be 200.
func (r *rig) underLoad(url string, do func()) (answers int) {
	r.t.Helper()
	stop := make(chan struct{})
	var clients sync.WaitGroup
	var all [4]int
	for i := range all {
		c := client(r.t)
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				resp, text, err := try(c, "GET", url, nil)
				if err != nil || resp.StatusCode != 200 {
					r.t.Errorf("a request failed: %v %q %v", resp, text, err)
					return
				}
				all[i]++
			}
		})
	}
	do()
	close(stop)
	clients.Wait()
	for _, n := range all {
		answers += n
	}
	return answers
}

// An actor is replaced by its next revision under load, and a store by another.
func TestClassicActorsChangeUnderLoad(t *testing.T) {
	r := newRig(t)
	r.start("echo", "v018_echo_r0.wasm", runtime.StartOptions{})
	url := r.put("echo", anyPort)
	n := r.underLoad(url+"/echo", func() { r.start("echo", "v018_echo_r1.wasm", runtime.StartOptions{}) })
	if _, text := get(t, client(t), "GET", url+"/echo", nil); !strings.Contains(text, `"revision":1`) {
		t.Errorf("behind the update, and %d requests: %s", n, text)
	}

	r.counter("counter", "otp_kvcounter.wasm", runtime.StartOptions{})
	r.order(capability.Order{Provide: []capability.ProviderOrder{{Name: "other", Kind: "keyvalue"}}})
	url = r.put("counter", anyPort)
	n = r.underLoad(url+"/mycounter", func() {
		for i := range 20 {
			r.order(capability.Order{Link: []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "counter", Contract: capability.KeyValue},
				Provider: [2]string{"other", "store"}[i%2]}}})
		}
	})
	sum := 0
	for _, store := range []string{"store", "other"} {
		r.order(capability.Order{Link: []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "counter", Contract: capability.KeyValue}, Provider: store}}})
		_, text := get(t, client(t), "GET", url+"/mycounter", nil)
		counted, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(text, `{"counter":`), "}"))
		if err != nil {
			t.Fatal(text)
		}
		sum += counted - 1
	}
	if sum != n {
		t.Errorf("%d requests were answered, and both stores together have counted %d", n, sum)
	}
}
