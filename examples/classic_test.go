package examples

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/edge"
	"github.com/troupe-run/troupe/runtime/capability/httpserver"
)

// A lattice is a host with the halves of providers that are outside of it.
type lattice struct {
	*runtime.Host
	t     *testing.T
	edges *edge.Supervisor
}

func newLattice(t *testing.T) *lattice {
	t.Helper()
	return newLatticeWith(t, nil)
}

func newLatticeWith(t *testing.T, o *runtime.Options) *lattice {
	t.Helper()
	h, err := runtime.Open("", o)
	if err != nil {
		t.Fatal(err)
	}
	l := &lattice{Host: h, t: t, edges: edge.New(h, []edge.Kind{httpserver.Kind()}, nil)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.edges.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, h.Close()); err != nil {
			t.Error(err)
		}
	})
	return l
}

// start starts an actor.
func (l *lattice) start(name string, code []byte) {
	l.t.Helper()
	if _, err := l.Start(l.t.Context(), name, code, runtime.StartOptions{}); err != nil {
		l.t.Fatal(err)
	}
}

// order gives an order.
func (l *lattice) order(o capability.Order) {
	l.t.Helper()
	if _, err := l.Order(l.t.Context(), o, "", ""); err != nil {
		l.t.Fatal(err)
	}
}

// link is one for an actor, to the provider that is called like the end of the contract.
func link(who, contract string, values ...string) capability.LinkOrder {
	_, name, _ := strings.Cut(contract, ":")
	o := capability.LinkOrder{LinkName: capability.LinkName{Actor: who, Contract: contract}, Provider: name, Values: map[string]string{}}
	for i := 0; i < len(values); i += 2 {
		o.Values[values[i]] = values[i+1]
	}
	return o
}

// serve starts an actor and links it to the contracts that it claims. It returns where it is served.
func (l *lattice) serve(name string, code []byte) string {
	l.t.Helper()
	l.start(name, code)
	m, _, err := claims.OpenModule(code)
	if err != nil {
		l.t.Fatal(err)
	}
	var o capability.Order
	for _, contract := range m.Caps {
		switch contract {
		case capability.HTTPServer:
			o.Link = append(o.Link, link(name, contract, "address", "127.0.0.1:0"))
		case capability.KeyValue, capability.Messaging:
			o.Link = append(o.Link, link(name, contract))
		default:
			continue
		}
		kind := o.Link[len(o.Link)-1].Provider
		o.Provide = append(o.Provide, capability.ProviderOrder{Name: kind, Kind: kind})
	}
	l.order(o)
	return l.address(actor.Address(name))
}

// address waits until an actor is served and returns where.
func (l *lattice) address(who actor.Address) string {
	l.t.Helper()
	for deadline := time.After(time.Minute); ; {
		changed := l.edges.Changed()
		for _, s := range l.edges.Status() {
			if url, ok := strings.CutPrefix(s.Detail, "listens on "); ok && s.Actor == who && s.State == capability.Healthy {
				return url
			}
		}
		select {
		case <-changed:
		case <-deadline:
			l.t.Fatalf("%s is not served: %+v", who, l.edges.Status())
		}
	}
}

// ask makes a request and returns the status and the body of the response.
func ask(t testing.TB, method, url, body string) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res.StatusCode, string(b)
}

// variants are an example as it is in the repository, and built from each of its sources for which there is a compiler.
func variants(t *testing.T, name string, caps ...string) map[string][]byte {
	t.Helper()
	stored, err := os.ReadFile(filepath.Join(name, name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{"stored": stored}
	for _, lang := range []toolchain.Language{toolchain.C, toolchain.AssemblyScript} {
		readAll(t, filepath.Join("..", "runtime", "guest", "wasmbus"))
		folder := filepath.Join(name, "guest", string(lang))
		readAll(t, folder)
		code, err := toolchain.Build(t.Context(), folder, lang)
		var missing *toolchain.MissingError
		if errors.As(err, &missing) {
			t.Log(missing)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		claimed := claims.Module{Subject: newKey(t, claims.ModuleKey).Public(), Name: name, Caps: caps, Revision: 1}
		if all[string(lang)], err = claims.SignModule(newKey(t, claims.AccountKey), code, claimed); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestEcho asks the actor that says what it was asked, over HTTP.
func TestEcho(t *testing.T) {
	for name, code := range variants(t, "echo", capability.HTTPServer) {
		t.Run(name, func(t *testing.T) {
			url := newLattice(t).serve("echo", code)
			for _, test := range []struct{ method, path, body, want string }{
				{"GET", "/echo?a=b", "", `{"body":[],"method":"GET","path":"/echo","query_string":"a=b"}`},
				{"POST", "/", "hi", `{"body":[104,105],"method":"POST","path":"/","query_string":""}`},
				{"PUT", "/a%22b%5C?%22", "\x00\xff", `{"body":[0,255],"method":"PUT","path":"/a%22b%5C","query_string":"%22"}`},
			} {
				if status, text := ask(t, test.method, url+test.path, test.body); status != 200 || text != test.want {
					t.Errorf("%s %s: %d %s, not %s", test.method, test.path, status, text, test.want)
				}
			}
		})
	}
}

// TestKVCounter counts over HTTP, alone and at the same time as others.
func TestKVCounter(t *testing.T) {
	for name, code := range variants(t, "kvcounter", capability.HTTPServer, capability.KeyValue) {
		t.Run(name, func(t *testing.T) {
			l := newLattice(t)
			url := l.serve("kvcounter", code)
			for _, test := range []struct{ path, want string }{
				{"/a", `{"counter":1}`}, {"/a", `{"counter":2}`}, {"/a/b", `{"counter":1}`}, {"/a?amount=-5", `{"counter":-3}`},
				{"/a?amount=much", `{"counter":-2}`}, {"/a?x=1&amount=2", `{"counter":0}`}, {"/a?amount=2147483648", `{"counter":1}`},
			} {
				if status, text := ask(t, "GET", url+test.path, ""); status != 200 || text != test.want {
					t.Errorf("%s: %d %s, not %s", test.path, status, text, test.want)
				}
			}
			const clients, each = 8, 25
			var together sync.WaitGroup
			for range clients {
				together.Go(func() {
					for range each {
						ask(t, "GET", url+"/many", "")
					}
				})
			}
			together.Wait()
			if _, text := ask(t, "GET", url+"/many", ""); text != fmt.Sprintf(`{"counter":%d}`, clients*each+1) {
				t.Errorf("after %d requests: %s", clients*each+1, text)
			}
			l.order(capability.Order{Unlink: []capability.LinkName{{Actor: "kvcounter", Contract: capability.KeyValue}}})
			status, text := ask(t, "GET", url+"/a", "")
			if want := `{"error":"Host send error Invocation not authorized: missing link definition for wasmcloud:keyvalue on default`; status != 500 ||
				!strings.HasPrefix(text, want) {
				t.Errorf("without a link: %d %s", status, text)
			}
		})
	}
}

// classics are the examples that are actors of the classic wasmCloud, and manifests the files that each has.
var (
	classics  = []string{"echo", "kvcounter"}
	manifests = []string{"troupe.yaml", "wasmcloud.yaml", "wadm.yaml"}
)

// TestManifests checks that each of the three manifests of an example says the same.
func TestManifests(t *testing.T) {
	for _, name := range classics {
		stored, err := os.ReadFile(filepath.Join(name, name+".wasm"))
		if err != nil {
			t.Fatal(err)
		}
		is, _, err := claims.OpenModule(stored)
		if err != nil {
			t.Fatal(err)
		}
		says := func(file string) string {
			m, err := manifest.Open(filepath.Join(name, file))
			if err != nil || len(m.Problems) > 0 {
				t.Fatalf("%s: %v %v", file, err, m)
			}
			var lines []string
			for _, module := range m.Modules {
				lines = append(lines, "module "+module.Name+" "+filepath.Clean(module.Wasm))
			}
			for _, p := range m.Providers {
				lines = append(lines, "provider "+p.Name+" "+p.Kind)
			}
			for _, l := range m.Links {
				lines = append(lines, fmt.Sprintf("link %s %s %s %s %v", strings.Replace(l.Actor, is.Subject, name, 1), l.Contract, l.Name, l.Provider, l.Values))
			}
			slices.Sort(lines)
			return strings.Join(lines, "\n")
		}
		for _, file := range manifests[1:] {
			if one, other := says("troupe.yaml"), says(file); one != other {
				t.Errorf("%s: troupe.yaml says\n%s\nand %s\n%s", name, one, file, other)
			}
		}
	}
}
