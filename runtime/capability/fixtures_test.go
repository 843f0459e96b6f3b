package capability_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// fixture returns one of the real actors of wasmCloud, none of which is in the repository, from the folder that is named.
func fixture(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("TROUPE_WASMBUS_ACTORS")
	if dir == "" {
		t.Skip("TROUPE_WASMBUS_ACTORS names no folder of actors")
	}
	code, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Skip(err)
	}
	return code
}

// The policy actor of wasmCloud's own tests decides about what is started, by who has signed it, and permits calls.
func TestPolicyActorOfWasmCloud(t *testing.T) {
	code, echo := fixture(t, "otp_example_policy_s.wasm"), fixture(t, "otp_echo.wasm")
	h, err := runtime.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, err := h.Start(t.Context(), "policy", code, runtime.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err = h.Order(t.Context(), capability.Order{
		Provide: []capability.ProviderOrder{{Name: "bus", Kind: "messaging"}},
		Link:    []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "policy", Contract: capability.Messaging}, Provider: "bus"}},
		Policy:  &capability.PolicyOrder{Actor: "policy"},
	}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Start(t.Context(), "echo", echo, runtime.StartOptions{}); err != nil {
		t.Errorf("an actor that wasmCloud has signed: %v", err)
	}
	echo, err = claims.SignModule(secret(t, "acme"), echo, claims.Module{Subject: key("m1"), Name: "Echo", Caps: []string{capability.HTTPServer}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Start(t.Context(), "other", echo, runtime.StartOptions{})
	if !errors.Is(err, &actor.Error{Code: capability.CodeDenied}) || !strings.Contains(err.Error(), "Issuer was not the official wasmCloud issuer") {
		t.Errorf("an actor that acme has signed: %v", err)
	}
	if _, ok := h.Table().Actor("other"); ok {
		t.Error("what was denied is there")
	}
	if _, err := h.Query(t.Context(), "echo", []byte(visit)); !errors.Is(err, &actor.Error{Code: capability.CodeNeedsTransaction}) {
		t.Errorf("it publishes its decisions, which a query cannot: %v", err)
	}
	_, err = h.Order(t.Context(), capability.Order{Policy: &capability.PolicyOrder{Actor: "policy", Actions: []capability.Action{capability.PerformInvocation}}}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Start(t.Context(), "other", echo, runtime.StartOptions{}); err != nil {
		t.Errorf("it is asked about calls alone: %v", err)
	}
	for _, to := range []actor.Address{"echo", "other", "policy"} {
		if _, err := h.Send(t.Context(), "somebody", actor.Message{To: to, Body: []byte(visit)}); errors.Is(err, &actor.Error{Code: capability.CodeDenied}) {
			t.Errorf("a call of %s: %v", to, err)
		}
	}
	if _, err := h.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}
