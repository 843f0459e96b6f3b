package access_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/state"
)

// open opens a host in memory with the puppet a, which ann has founded.
func open(t testing.TB, opts *runtime.Options) *runtime.Host {
	t.Helper()
	h, err := runtime.Open("", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	if err := errors.Join(h.Bind("a", puppet.Actor{}), h.Found(t.Context(), people["ann"])); err != nil {
		t.Fatal(err)
	}
	return h
}

// signed is a request that one of the people has signed.
func signed(who string, msg actor.Message) dispatch.Request {
	return dispatch.Request{Signer: people[who], Message: msg}
}

func must(t testing.TB, h *runtime.Host, req dispatch.Request) *state.Receipt {
	t.Helper()
	r, err := h.Do(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A revocation holds from its place in the log on: for everything behind it, however long it has waited, and for nothing
// before it.
func TestRevocationHasAPlace(t *testing.T) {
	h := open(t, nil)
	must(t, h, signed("ann", access.Grant(people["bob"], claims.Grant{Role: claims.Caller})))
	var mu sync.Mutex
	var receipts []*state.Receipt
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for range 200 {
				r, err := h.Do(t.Context(), signed("bob", actor.Message{To: "a"}))
				if r == nil {
					t.Error(err)
					return
				}
				mu.Lock()
				receipts = append(receipts, r)
				mu.Unlock()
			}
		})
	}
	for {
		mu.Lock()
		n := len(receipts)
		mu.Unlock()
		if n > 100 {
			break
		}
	}
	revoked := must(t, h, signed("ann", access.Revoke(people["bob"]))).Sequence
	senders.Wait()
	before, behind := 0, 0
	for _, r := range receipts {
		switch refused := r.Err != nil && r.Err.Code == access.CodeForbidden; {
		case r.Sequence < revoked && !refused:
			before++
		case r.Sequence > revoked && refused:
			behind++
		default:
			t.Fatalf("transaction %d, with the revocation at %d: %v", r.Sequence, revoked, r.Err)
		}
	}
	if before == 0 || behind == 0 {
		t.Errorf("%d before and %d behind it", before, behind)
	}
	if _, err := h.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// The hook of the program is asked behind grants and pauses.
func TestHookOfTheProgram(t *testing.T) {
	h := open(t, &runtime.Options{Authorize: func(a dispatch.Access) error {
		if a.Message.To == "a/secret" {
			return errors.New("nobody may")
		}
		return nil
	}})
	if _, err := h.Do(t.Context(), signed("ann", actor.Message{To: "a/secret"})); !errors.Is(err, actor.Errorf(actor.CodeUnauthorized, "nobody may")) {
		t.Errorf("got %v", err)
	}
	if _, err := h.Do(t.Context(), signed("bob", actor.Message{To: "a/secret"})); !errors.Is(err, &actor.Error{Code: access.CodeForbidden}) {
		t.Errorf("got %v", err)
	}
	must(t, h, signed("ann", actor.Message{To: "a"}))
}

// A contract is stored for whoever may install, and the rest is done for him.
func TestContractsAreStored(t *testing.T) {
	h := open(t, &runtime.Options{Chain: &cosmwasm.Chain{}})
	code, err := os.ReadFile(filepath.Join("..", "wasm", "cosmwasm", "testdata", "mime.wasm"))
	if err != nil {
		t.Skip(err)
	}
	opts := &runtime.InstallOptions{Signer: people["bob"], ID: "bob/1"}
	if _, err := h.StoreContract(t.Context(), "mime", code, opts); !errors.Is(err, &actor.Error{Code: access.CodeForbidden}) {
		t.Errorf("without a grant: %v", err)
	}
	must(t, h, signed("ann", access.Grant(people["bob"], claims.Grant{Role: claims.Deployer})))
	if _, err := h.StoreContract(t.Context(), "mime", code, opts); !errors.Is(err, &actor.Error{Code: access.CodeForbidden}) {
		t.Errorf("the request that was refused, again: %v", err)
	}
	opts.ID = "bob/2"
	for range 2 {
		if id, err := h.StoreContract(t.Context(), "mime", code, opts); id != 1 || err != nil {
			t.Errorf("got %d, %v", id, err)
		}
	}
	if _, err := h.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// Reading needs no transaction, and finds nothing where nobody has founded.
func TestReaders(t *testing.T) {
	bare, err := runtime.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	founded, err := bare.Founded()
	grants, err2 := bare.Grants(people["ann"])
	all, err3 := access.AllGrants(t.Context(), bare.Query)
	if founded || grants != nil || all != nil || errors.Join(err, err2, err3) != nil {
		t.Errorf("%t, %v, %v, %v, %v, %v", founded, grants, all, err, err2, err3)
	}
	if head, err := bare.Verify(t.Context()); err != nil || head.Sequence != 1 {
		t.Errorf("a host that nobody has founded has %d transactions, %v", head.Sequence, err)
	}
	h := open(t, nil)
	must(t, h, signed("ann", access.PauseActor("a", "tea")))
	reason, paused, err := h.Paused("a")
	if reason != "tea" || !paused || err != nil {
		t.Errorf("%q, %t, %v", reason, paused, err)
	}
	if grants, err := h.Grants(people["ann"]); err != nil || len(grants) != 1 || grants[0].Role != claims.Operator {
		t.Errorf("%v, %v", grants, err)
	}
}

// Lists come whole, however many pages they have.
func TestPages(t *testing.T) {
	h := open(t, nil)
	n := access.MaxPage + 10
	var waiting sync.WaitGroup
	for i := range n {
		waiting.Go(func() {
			name := actor.Address("b/" + string(rune('A'+i%26)) + string(rune('A'+i/26)))
			if _, err := h.Do(t.Context(), signed("ann", access.PauseActor(name, ""))); err != nil {
				t.Error(err)
			}
		})
	}
	waiting.Wait()
	list, err := access.AllPaused(t.Context(), h.Query)
	if err != nil || len(list) != n {
		t.Errorf("%d of %d, %v", len(list), n, err)
	}
	for i := 1; i < len(list); i++ {
		if list[i-1].Actor >= list[i].Actor {
			t.Fatalf("%s stands before %s", list[i-1].Actor, list[i].Actor)
		}
	}
}

// What is sent in the course of an installation is a message like any other: the names of the host stay closed to it.
func TestReservedNamesWhileInstalling(t *testing.T) {
	nothing := func(actor.Address, []byte) ([]byte, bool) { return nil, false }
	for _, test := range []struct {
		name string
		root bool
		msg  actor.Message
		ok   bool
	}{
		{"what follows", true, actor.Message{Kind: actor.KindSudo, To: capability.Address}, true},
		{"a migration", true, actor.Message{Kind: actor.KindMigrate, To: "a", Module: "a"}, true},
		{"a message to a provider", false, actor.Message{To: capability.KeyValueKind + "/k"}, true},
		{"an order", false, actor.Message{To: access.Address}, false},
		{"an actor of the host", false, actor.Message{Kind: actor.KindInstantiate, To: "mine", Module: actor.ModuleID(capability.KeyValueKind)}, false},
	} {
		err := access.Check(dispatch.Access{Op: state.OpInstall, Root: test.root, Message: &test.msg, Read: nothing})
		if (err == nil) != test.ok || err != nil && !errors.Is(err, &actor.Error{Code: actor.CodeUnauthorized}) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
