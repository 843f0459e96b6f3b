package runtime_test

import (
	"errors"
	"testing"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
)

// Who is paused is migrated, and takes no message of who is migrated, like any other.
func TestPausedActorHearsNothingOfAMigration(t *testing.T) {
	h := openHouse(t, "", nil)
	operator, err := claims.NewKey(claims.UserKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Found(t.Context(), operator.Public()); err != nil {
		t.Fatal(err)
	}
	code := accountCode(t)
	h.install("account", code, nil)
	h.install("other", code, nil)
	h.order("account/a", order('o', 100, ""))
	h.order("other/b", order('o', 100, ""))
	for _, who := range []string{"account/a", "other/b"} {
		pause := actor.Message{Kind: actor.KindSudo, To: access.Address, Body: []byte(`{"pause":{"actor":"` + who + `"}}`)}
		if _, err := h.Do(t.Context(), dispatch.Request{Message: pause}); err != nil {
			t.Fatal(err)
		}
	}
	next := renamed(t, code, "insufficient_glory")
	_, err = h.Install(t.Context(), "account", next, &runtime.InstallOptions{Migrate: true, MigrateBody: order('p', 30, "other/b")})
	var failed *runtime.TxError
	if !errors.As(err, &failed) || failed.Err.Code != access.CodePaused {
		t.Errorf("a migration sends to who is paused: %v", err)
	}
	if _, err := h.Install(t.Context(), "account", next, &runtime.InstallOptions{Migrate: true, MigrateBody: order('o', 7, "")}); err != nil {
		t.Error(err)
	}
	if a, b := h.balance("account/a"), h.balance("other/b"); a != 7 || b != 100 {
		t.Errorf("the balances are %d and %d", a, b)
	}
	h.verify()
}
