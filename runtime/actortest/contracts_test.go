package actortest_test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actortest"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// TestContracts runs transcripts on worlds with a chain.
func TestContracts(t *testing.T) {
	opts := &actortest.Options{Host: runtime.Options{Chain: &cosmwasm.Chain{}, Gas: cosmwasm.Gas()}}
	actortest.RunTranscripts(t, "testdata/contracts/*.txt", opts, nil)
}

// TestContractsInGo does the same in Go: codes, contracts, funds, the clock.
func TestContractsInGo(t *testing.T) {
	h := actortest.New(t, &actortest.Options{Host: runtime.Options{Chain: &cosmwasm.Chain{}, Gas: cosmwasm.Gas()}})
	wasm, err := os.ReadFile("../wasm/cosmwasm/testdata/mime.wasm")
	if err != nil {
		t.Fatal(err)
	}
	alice, bob := h.Account("alice"), h.Account("bob")
	h.Mint(alice, actortest.Coins(100, "ucosm"))
	code := h.StoreCode("mime", wasm)
	type program [][]string
	c := h.MustInstantiate(alice, code, program{{"set", "k", `"v"`}}, &actortest.Birth{Admin: alice, Funds: actortest.Coins(10, "ucosm")})
	if _, err := h.Pay(alice, c, program{{"args", "a"}}, actortest.Coins(5, "ucosm")); err != nil {
		t.Fatal(err)
	}
	if a, b := h.Balance(alice, "ucosm"), h.Balance(c, "ucosm"); a != "85" || b != "15" {
		t.Errorf("they have %s and %s", a, b)
	}
	if got := actortest.AskJSON[string](h, c, program{{"answer", "k"}}); got != "v" {
		t.Errorf("the answer is %q", got)
	}
	var failed *runtime.TxError
	if r, err := h.Pay(alice, c, nil, actortest.Coins(1000, "ucosm")); !errors.As(err, &failed) || r == nil {
		t.Errorf("she paid what she does not have: %v", err)
	}
	if _, err := h.Upgrade(bob, c, code, program{}); !errors.As(err, &failed) {
		t.Errorf("bob put it on another code: %v", err)
	}
	h.Advance(time.Hour)
	if _, err := h.Upgrade(alice, c, code, program{{"args", "m"}}); err != nil {
		t.Fatal(err)
	}
	var env wire.Env
	if err := json.Unmarshal(h.Get(c, "m.0"), &env); err != nil {
		t.Fatal(err)
	}
	if at := time.Unix(0, int64(env.Block.Time)).UTC(); at.Hour() != 1 || env.Block.Height != uint64(h.World().Last().Receipt.Sequence) {
		t.Errorf("the block is %d, %s", env.Block.Height, at)
	}
	first := h.MustInstantiate(alice, code, program{}, &actortest.Birth{Salt: []byte("salt")})
	if _, _, err := h.Instantiate(alice, code, program{}, &actortest.Birth{Salt: []byte("salt")}); !errors.As(err, &failed) {
		t.Errorf("%s was made twice: %v", first, err)
	}
}

// TestNobodyIsTheKeeper has a user who calls himself wasm on a host without a chain: what he sends is a message as any.
func TestNobodyIsTheKeeper(t *testing.T) {
	code, err := os.ReadFile("../wasm/cosmwasm/testdata/mime.wasm")
	if err != nil {
		t.Fatal(err)
	}
	h := actortest.New(t, nil)
	if _, err := h.Runtime().Install(t.Context(), "mime", code, nil); err != nil {
		t.Fatal(err)
	}
	_, err = h.Runtime().Create(t.Context(), cosmwasm.KeeperAddress, "m", "mime", []byte(`{"import":[{"key":"aw==","value":"dg=="}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if value, ok, err := h.Runtime().Get("m", []byte("k")); err != nil || ok {
		t.Errorf("he has written %q, %v", value, err)
	}
}
