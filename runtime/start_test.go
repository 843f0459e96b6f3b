package runtime_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

func TestClassic(t *testing.T) {
	dir := os.Getenv("TROUPE_WASMBUS_ACTORS")
	if dir == "" {
		t.Skip("TROUPE_WASMBUS_ACTORS names no folder of classic actors")
	}
	h, err := runtime.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for _, name := range []string{"v018_echo", "otp_echo"} {
		code, err := os.ReadFile(filepath.Join(dir, name+".wasm"))
		if err != nil {
			t.Fatal(err)
		}
		a, err := h.Start(t.Context(), name, code, runtime.StartOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v", a)
		inv := `{"op":"HttpServer.HandleRequest","data":{"method":"GET","path":"/echo","queryString":"a=b","header":{},"body":""}}`
		r, err := h.Send(t.Context(), "me", actor.Message{To: actor.Address(name), Body: []byte(inv)})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s", r.Data)
	}
	if _, err := h.Order(t.Context(), capability.Order{Provide: []capability.ProviderOrder{{Name: "web", Kind: "httpserver"}}}, "", ""); err != nil {
		t.Fatal(err)
	}
}
