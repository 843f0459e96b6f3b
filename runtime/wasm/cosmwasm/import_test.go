package cosmwasm_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
)

// TestImport: a contract comes with its address and its keys, runs, and belongs to its admin.
func TestImport(t *testing.T) {
	w := newWorld(t)
	addr := w.chain.Account("a contract elsewhere")
	text := fmt.Sprintf(`{"address":%q,"code_id":%d,"creator":%q,"admin":%q,"models":[{"key":"6B","value":"dg=="}],"state":[{"key":"AGs=","value":"AAE="}]}`,
		addr, w.code, w.bob, w.alice)
	var d runtime.Dump
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	if err := w.Runtime().Import(t.Context(), &d); err != nil {
		t.Fatal(err)
	}
	if got := w.Get(addr, "k"); string(got) != "v" {
		t.Errorf("k is %q", got)
	}
	if got := w.Get(addr, "\x00k"); string(got) != "\x00\x01" {
		t.Errorf("the other key is %q", got)
	}
	w.run(addr, set("k", "new"))
	if got := w.Get(addr, "k"); string(got) != "new" {
		t.Errorf("k is %q", got)
	}
	other := w.store("other")
	if _, err := w.keep(w.alice, m{"migrate": m{"contract_addr": addr, "new_code_id": other, "msg": []byte(`[]`)}}); err != nil {
		t.Errorf("its admin cannot migrate it: %v", err)
	}
	// It is in the log, so executing that again gives the same.
	w.Verify()

	// Once only, and of codes that are there.
	if err := w.Runtime().Import(t.Context(), &d); codeOf(err) != actor.CodeAlreadyExists {
		t.Errorf("twice: %v", err)
	}
	for name, d := range map[string]runtime.Dump{
		"no code":     {Address: w.bob, CodeID: 99},
		"not there":   {Address: w.bob},
		"no address":  {Address: "cosmos1", CodeID: w.code},
		"no key":      {Address: w.bob, CodeID: w.code, State: []cosmwasm.StatePair{{Value: []byte("v")}}},
		"no hex":      {Address: w.bob, CodeID: w.code, Models: []runtime.Model{{Key: "xy", Value: []byte("v")}}},
		"empty value": {Address: w.bob, CodeID: w.code, Models: []runtime.Model{{Key: "00"}}},
	} {
		if err := w.Runtime().Import(t.Context(), &d); err == nil {
			t.Errorf("%s: it was imported", name)
		}
	}
	if _, err := w.Query(cosmwasm.KeeperAddress, encode(m{"contract": m{"address": w.bob}})); codeOf(err) != cosmwasm.CodeNotFound {
		t.Errorf("something is left of those that were refused: %v", err)
	}
}

// TestImportMuch: what is too much for one transaction goes into several.
func TestImportMuch(t *testing.T) {
	w := newWorld(t)
	d := runtime.Dump{Address: w.bob, CodeID: w.code}
	const keys = 2001
	for i := range keys {
		d.State = append(d.State, cosmwasm.StatePair{Key: fmt.Appendf(nil, "k%04d", i), Value: []byte(strings.Repeat("v", 1+i%300))})
	}
	if err := w.Runtime().Import(t.Context(), &d); err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 500, 1000, keys - 1} {
		if got := w.Get(w.bob, fmt.Sprintf("k%04d", i)); len(got) != 1+i%300 {
			t.Errorf("key %d has %d bytes", i, len(got))
		}
	}
	w.Verify()
}

// TestNobodyImports: only the operator does.
func TestNobodyImports(t *testing.T) {
	w := newWorld(t)
	order := encode(m{"import": m{"address": w.bob, "code_id": w.code, "label": "x", "state": []m{{"key": []byte("k"), "value": []byte("v")}}}})
	if _, err := w.Send(w.alice, cosmwasm.KeeperAddress, order); codeOf(err) != actor.CodeUnknownMessage {
		t.Errorf("alice imported: %v", err)
	}
	c := w.contract("c", nil)
	// What her messages say is for the contract, which takes it for no program or an empty one.
	_, _ = w.keep(w.alice, m{"migrate": m{"contract_addr": c, "new_code_id": w.code, "msg": []byte(`{"import":[{"key":"aw==","value":"dg=="}]}`)}})
	_, _ = w.keep(w.alice, m{"instantiate": m{"code_id": w.code, "msg": []byte(`{"import":[{"key":"aw==","value":"dg=="}]}`), "label": "x", "funds": []m{}}})
	if got := w.Get(c, "k"); got != nil {
		t.Errorf("alice wrote %q", got)
	}
}
