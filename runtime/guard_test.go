package runtime_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// Who may install and make actors, and is no operator, gets no code of his under the address of an actor with claims: it would
// have its links.
func TestCodeOfClaimsIsForOperators(t *testing.T) {
	s := newSigner(t)
	h := openLinked(t, nil)
	newUser := func() string {
		k, err := claims.NewKey(claims.UserKey)
		if err != nil {
			t.Fatal(err)
		}
		return k.Public()
	}
	operator, deployer := newUser(), newUser()
	if err := h.Found(t.Context(), operator); err != nil {
		t.Fatal(err)
	}
	do := func(signer string, msg actor.Message) error {
		_, err := h.Do(t.Context(), dispatch.Request{Sender: actor.Address(signer), Signer: signer, Message: msg})
		return err
	}
	if err := do(operator, access.Grant(deployer, claims.Grant{Role: claims.Deployer})); err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("../bench/guest/account.wasm")
	if err != nil {
		t.Fatal(err)
	}
	install := func(signer, name string) error {
		_, err := h.Install(t.Context(), name, code, &runtime.InstallOptions{Replace: true, Signer: signer})
		return err
	}
	if err := install(deployer, "mine"); err != nil {
		t.Fatal(err)
	}

	// before it is started
	if err := do(deployer, actor.Message{Kind: actor.KindInstantiate, To: "taken", Module: "mine"}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Start(t.Context(), "taken", s.sign(nil), runtime.StartOptions{}); err == nil || !strings.Contains(err.Error(), "an actor of the module mine lives there already") {
		t.Errorf("claims for an actor of another module: %v", err)
	}

	// and after
	if _, err := h.Start(t.Context(), "counter", s.sign(nil), runtime.StartOptions{Signer: operator}); err != nil {
		t.Fatal(err)
	}
	if err := do(deployer, actor.Message{Kind: actor.KindInstantiate, To: "counter", Module: "mine"}); !errors.Is(err, &actor.Error{Code: actor.CodeUnauthorized}) {
		t.Errorf("made of another module: %v", err)
	}
	if err := install(deployer, "counter"); !errors.Is(err, &actor.Error{Code: access.CodeForbidden}) || !strings.Contains(err.Error(), "an operator starts it with other code") {
		t.Errorf("installed over it: %v", err)
	}
	if got, err := hits(t, h); err != nil || !strings.Contains(got, `{\"counter\":1}`) {
		t.Errorf("%s, %v", got, err)
	}
	if err := do(deployer, actor.Message{Kind: actor.KindMigrate, To: "counter", Module: "mine"}); !errors.Is(err, &actor.Error{Code: actor.CodeUnauthorized}) {
		t.Errorf("migrated to another module: %v", err)
	}
	if _, err := h.Start(t.Context(), "counter", s.sign(func(m *claims.Module) { m.Revision = 2 }), runtime.StartOptions{Signer: operator}); err != nil {
		t.Errorf("an operator starts a later revision: %v", err)
	}
	if _, err := h.Order(t.Context(), capability.Order{Stop: []actor.Address{"counter"}}, operator, ""); err != nil {
		t.Fatal(err)
	}
	if err := install(deployer, "counter"); err != nil {
		t.Errorf("installed when it is stopped, which takes its links: %v", err)
	}
	if _, err := h.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}
