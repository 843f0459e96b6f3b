package vm_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

const static = "Error during static Wasm validation: "

// export is a function that does nothing.
func export(name string) function { return function{name: name, body: "end"} }

// TestStatic is T1 to T10 and S63 to S68: what a contract must be to be stored, and what is said if it is not.
func TestStatic(t *testing.T) {
	bound := func(n uint32) *uint32 { return &n }
	without := func(name string) *binary.Module {
		m := ordinary()
		m.Exports = slices.DeleteFunc(m.Exports, func(e binary.Export) bool { return e.Name == name })
		return m
	}
	changed := func(change func(m *binary.Module)) *binary.Module {
		m := ordinary()
		change(m)
		return m
	}
	importing := func(imports ...imported) *binary.Module {
		return assembled(imports, nil, allocate, deallocate, marker)
	}
	filled := func(n int, f function) *binary.Module {
		functions := []function{allocate, deallocate, marker}
		for i := range n {
			f.name = fmt.Sprint("f", i)
			functions = append(functions, f)
		}
		return assembled(nil, nil, functions...)
	}
	times := strings.Repeat
	const available = `Available imports: ["env.abort", "env.db_read", "env.db_write", "env.db_remove", "env.addr_validate", ` +
		`"env.addr_canonicalize", "env.addr_humanize", "env.bls12_381_aggregate_g1", "env.bls12_381_aggregate_g2", ` +
		`"env.bls12_381_pairing_equality", "env.bls12_381_hash_to_g1", "env.bls12_381_hash_to_g2", "env.secp256k1_verify", ` +
		`"env.secp256k1_recover_pubkey", "env.secp256r1_verify", "env.secp256r1_recover_pubkey", "env.ed25519_verify", ` +
		`"env.ed25519_batch_verify", "env.debug", "env.query_chain", "env.db_scan", "env.db_next", "env.db_next_key", "env.db_next_value"].`
	for _, k := range []struct {
		row  string
		m    *binary.Module
		want string // "" if it is stored; "?" if the text is our own
	}{
		{"T1", ordinary(), ""},
		{"T1 all imports", importing(
			imported{"abort", "i32 :"}, imported{"db_read", "i32 : i32"}, imported{"db_write", "i32 i32 :"}, imported{"db_remove", "i32 :"},
			imported{"addr_validate", "i32 : i32"}, imported{"addr_canonicalize", "i32 i32 : i32"}, imported{"addr_humanize", "i32 i32 : i32"},
			imported{"bls12_381_aggregate_g1", "i32 i32 : i32"}, imported{"bls12_381_aggregate_g2", "i32 i32 : i32"},
			imported{"bls12_381_pairing_equality", "i32 i32 i32 i32 : i32"}, imported{"bls12_381_hash_to_g1", "i32 i32 i32 i32 : i32"},
			imported{"bls12_381_hash_to_g2", "i32 i32 i32 i32 : i32"}, imported{"secp256k1_verify", "i32 i32 i32 : i32"},
			imported{"secp256k1_recover_pubkey", "i32 i32 i32 : i64"}, imported{"secp256r1_verify", "i32 i32 i32 : i32"},
			imported{"secp256r1_recover_pubkey", "i32 i32 i32 : i64"}, imported{"ed25519_verify", "i32 i32 i32 : i32"},
			imported{"ed25519_batch_verify", "i32 i32 i32 : i32"}, imported{"debug", "i32 :"}, imported{"query_chain", "i32 : i32"},
			imported{"db_scan", "i32 i32 i32 : i32"}, imported{"db_next", "i32 : i32"}, imported{"db_next_key", "i32 : i32"},
			imported{"db_next_value", "i32 : i32"}), ""},
		{"T2 S64 none", without("interface_version_8"), "Wasm contract missing a required marker export: interface_version_*"},
		{"T2 S64 old", assembled(nil, nil, allocate, deallocate, export("cosmwasm_vm_version_4")), "Wasm contract missing a required marker export: interface_version_*"},
		{"T3 S63 two", changed(func(m *binary.Module) {
			m.Tables = []binary.Table{{Type: binary.FuncRef, Limits: binary.Limits{Max: bound(1)}}, {Type: binary.FuncRef, Limits: binary.Limits{Max: bound(1)}}}
		}), "Wasm contract must not have more than 1 table section"},
		{"T3 S63 unbound", changed(func(m *binary.Module) { m.Tables = []binary.Table{{Type: binary.FuncRef}} }), "Wasm contract must not have unbound table section"},
		{"T3 S63 2501", changed(func(m *binary.Module) {
			m.Tables = []binary.Table{{Type: binary.FuncRef, Limits: binary.Limits{Max: bound(2501)}}}
		}), "Wasm contract's first table section has a too large max limit"},
		{"T3 S63 4294967295", changed(func(m *binary.Module) {
			m.Tables = []binary.Table{{Type: binary.FuncRef, Limits: binary.Limits{Max: bound(1<<32 - 1)}}}
		}), "Wasm contract's first table section has a too large max limit"},
		{"T3 S63 2500", changed(func(m *binary.Module) {
			m.Tables = []binary.Table{{Type: binary.FuncRef, Limits: binary.Limits{Max: bound(2500)}}}
		}), ""},
		{"T4 S63 none", changed(func(m *binary.Module) { m.Memories, m.Data, m.Exports = nil, nil, m.Exports[1:] }), "Wasm contract must contain exactly one memory"},
		{"T4 S63 two", changed(func(m *binary.Module) { m.Memories = append(m.Memories, m.Memories...) }), "?"},
		{"T4 S63 513", changed(func(m *binary.Module) { m.Memories[0].Min = 513 }), "Wasm contract memory's minimum must not exceed 512 pages."},
		{"T4 S63 512", changed(func(m *binary.Module) { m.Memories[0].Min = 512 }), ""},
		{"T4 S63 max", changed(func(m *binary.Module) { m.Memories[0].Max = bound(5) }), "Wasm contract memory's maximum must be unset. The host will set it for you."},
		{"T5 S64 two", ordinary(export("interface_version_9")), "Wasm contract contains more than one marker export: interface_version_*"},
		{"T5 S64 9", assembled(nil, nil, allocate, deallocate, export("interface_version_9")),
			"Wasm contract has unknown interface_version_* marker export (see https://github.com/CosmWasm/cosmwasm/blob/main/packages/vm/README.md)"},
		{"T6 S64 allocate", without("allocate"), `Wasm contract doesn't have required export: "allocate". Exports required by VM: ["allocate", "deallocate"].`},
		{"T6 S64 deallocate", without("deallocate"), `Wasm contract doesn't have required export: "deallocate". Exports required by VM: ["allocate", "deallocate"].`},
		{"T6 S64 no function", changed(func(m *binary.Module) {
			m.Exports = slices.DeleteFunc(m.Exports, func(e binary.Export) bool { return e.Name == "allocate" })
			m.Exports = append(m.Exports, binary.Export{Name: "allocate", Kind: binary.ExternMemory})
		}), `Wasm contract doesn't have required export: "allocate". Exports required by VM: ["allocate", "deallocate"].`},
		{"T7 S65 unknown", importing(imported{"db_read", "i32 : i32"}, imported{"db_foo", "i32 : i32"}),
			`Wasm contract requires unsupported import: "env.db_foo". Required imports: {"env.db_foo", "env.db_read"}. ` + available},
		{"T7 S65 many", importing(imported{"a" + times("x", 60), ":"}, imported{"b" + times("x", 60), ":"}, imported{"c" + times("x", 60), ":"}),
			`Wasm contract requires unsupported import: "env.a` + times("x", 60) + `". Required imports: {"env.a` + times("x", 60) +
				`", "env.b` + times("x", 60) + `", ... 1 more}. ` + available},
		{"T7 S65 long", importing(imported{times("x", 300), ":"}),
			`Wasm contract requires unsupported import: "env.` + times("x", 300) + `". Required imports: {... 1 elements}. ` + available},
		{"T7 S65 module", changed(func(m *binary.Module) {
			m.Imports = []binary.Import{{Module: "wasi_snapshot_preview1", Name: "fd_write"}}
		}), `Wasm contract requires unsupported import: "wasi_snapshot_preview1.fd_write". Required imports: {"wasi_snapshot_preview1.fd_write"}. ` + available},
		{"T7 S65 global", changed(func(m *binary.Module) {
			m.Imports = []binary.Import{{Module: "env", Name: "db_read", Kind: binary.ExternGlobal, Global: binary.GlobalType{Type: binary.I32}}}
		}), `Wasm contract requires non-function import: "env.db_read". Right now, all supported imports are functions.`},
		{"T7 S65 101", importing(slices.Repeat([]imported{{"db_read", "i32 : i32"}}, 101)...), "Import count exceeds limit. Imports: 101. Limit: 100."},
		{"T7 S65 100", importing(slices.Repeat([]imported{{"db_read", "i32 : i32"}}, 100)...), ""},
		{"T7 S65 type", importing(imported{"db_read", "i32 i32 : i32"}), "?"},
		{"T8 S66 nutella", ordinary(export("requires_nutella")), `Wasm contract requires unavailable capabilities: {"nutella"}`},
		{"T8 S66 three", ordinary(export("requires_sun"), export("requires_iterator"), export("requires_air")), `Wasm contract requires unavailable capabilities: {"air", "sun"}`},
		{"T8 S66 no name", ordinary(export("requires_"), export("require_milk"), export("REQUIRES_sun")), ""},
		{"T9 S67 20001", filled(19_998, export("")), "Wasm contract contains more than 20000 functions"},
		{"T9 S67 101 parameters", ordinary(function{"f", times("i32 ", 101), "", "end"}), "Wasm contract contains function with more than 100 parameters"},
		{"T9 S67 100 parameters", ordinary(function{"f", times("i32 ", 100), "", "end"}), ""},
		{"T9 S67 unused type", changed(func(m *binary.Module) { m.Types = append(m.Types, typeOf(times("i32 ", 101))) }),
			"Wasm contract contains function with more than 100 parameters"},
		{"T9 S67 10001 parameters", filled(101, function{"", times("i32 ", 100), "", "end"}), "Wasm contract contains more than 10000 function parameters in total"},
		{"T9 S67 2 results", ordinary(function{"f", ": i32 i32", "", "i32.const 1 i32.const 1 end"}), "Wasm contract contains function with more than 1 results"},
		{"T9 S67 101 locals", ordinary(function{"f", "", times("i32 ", 101), "end"}), "Wasm contract contains function with more than 100 locals: 101"},
		{"T9 S67 4294967295 locals", changed(func(m *binary.Module) { m.Codes[0].Locals = []binary.Local{{Count: 1<<32 - 1, Type: binary.I32}} }),
			"Wasm contract contains function with more than 100 locals: 4294967295"},
		{"T9 S67 100 locals", ordinary(function{"f", "", times("i32 ", 100), "end"}), ""},
		{"T9 S67 10001 locals", filled(101, function{"", "", times("i32 ", 100), "end"}), "Wasm contract contains more than 10000 function locals in total: 10100"},
		{"T10 S68 floats", ordinary(function{"f", "f64 : i32", "", "local.get 0 f64.sqrt i32.trunc_sat_f64_s i32.extend8_s end"}), ""},
		{"T10 S68 bulk", ordinary(function{"f", "", "", "i32.const 1 i32.const 2 i32.const 3 memory.copy end"}), ""},
		{"T10 S68 references", ordinary(function{"f", "", "", "ref.null funcref drop end"}), "?"},
		{"T10 S68 table", changed(func(m *binary.Module) {
			m.Tables = []binary.Table{{Type: binary.FuncRef, Limits: binary.Limits{Max: bound(1)}}}
			m.Codes[1].Body = []byte{0x41, 0, 0x25, 0, 0x1a, 0x0b} // table.get
		}), "?"},
		{"T10 S68 SIMD", changed(func(m *binary.Module) { m.Codes[1].Body = []byte{0xfd, 0x0f, 0x1a, 0x0b} }), "?"},
		{"T10 S68 threads", changed(func(m *binary.Module) { m.Codes[1].Body = []byte{0xfe, 0x03, 0x00, 0x0b} }), "?"},
		{"T10 S68 tail calls", changed(func(m *binary.Module) { m.Codes[1].Body = []byte{0x12, 0x02, 0x0b} }), "?"},
		{"T10 S68 exceptions", changed(func(m *binary.Module) { m.Codes[1].Body = []byte{0x08, 0x00, 0x0b} }), "?"},
		{"T10 S68 blocks with parameters", ordinary(function{"f", "i32 : i32", "", "local.get 0 block 0 end end"}), "?"},
		{"T11 body", changed(func(m *binary.Module) { m.Codes[0].Body = []byte{0x20, 0x05, 0x0b} }), "?"},
		{"memory not exported", without("memory"), "?"},
		{"allocate of i64", assembled(nil, nil, deallocate, marker, function{"allocate", "i64 : i32", "", "i32.const 64 end"}), "?"},
	} {
		t.Run(k.row, func(t *testing.T) {
			code := k.m.Encode()
			_, err := vm.Analyze(code)
			switch {
			case k.want == "" && err != nil:
				t.Error(err)
			case k.want == "?" && kindOf(err) != vm.StaticValidation:
				t.Error(err)
			case k.want != "" && k.want != "?":
				is(t, err, vm.StaticValidation, static+k.want)
			}
			m, err := engine.Load(t.Context(), code, vm.Dialect())
			if refusal := (*wasm.Refusal)(nil); (k.want == "") != (err == nil) || err != nil && !errors.As(err, &refusal) {
				t.Errorf("loading: %v", err)
			}
			if err == nil {
				m.Close()
			}
		})
	}
}

// TestNoModule is T11.
func TestNoModule(t *testing.T) {
	good := ordinary().Encode()
	for name, code := range map[string][]byte{
		"nothing": nil, "header": good[:8], "half": good[:len(good)/2], "text": []byte("\x00asm\x01\x00\x00\x00nonsense"),
		"gzip": {0x1f, 0x8b, 8, 0}, "half of gzip": zipped(t, good)[:len(zipped(t, good))/2], "bomb": zipped(t, make([]byte, 4<<20)), "too long": make([]byte, 3<<20+1),
	} {
		t.Run("T11 "+name, func(t *testing.T) {
			if _, err := vm.Analyze(code); kindOf(err) != vm.StaticValidation || !strings.HasPrefix(err.Error(), static) {
				t.Error(err)
			}
			if m, err := engine.Load(t.Context(), code, vm.Dialect()); err == nil {
				m.Close()
				t.Error("it is loaded")
			}
		})
	}
}

// TestSize is S62: a module has 3 MiB at most, packed or not.
func TestSize(t *testing.T) {
	const most = 3 << 20
	m := ordinary()
	m.Customs = []binary.Custom{{Name: "padding"}}
	m.Customs[0].Data = make([]byte, most-len(m.Encode())-3) // whose length has four bytes then, not one
	for _, k := range []struct {
		name string
		more int
		want bool
	}{{"S62 as much as may be", 0, true}, {"S62 a byte more", 1, false}} {
		t.Run(k.name, func(t *testing.T) {
			m.Customs[0].Data = append(m.Customs[0].Data, make([]byte, k.more)...)
			code := m.Encode()
			if len(code) != most+k.more {
				t.Fatalf("%d bytes", len(code))
			}
			for _, code := range [][]byte{code, zipped(t, code)} {
				if _, err := vm.Analyze(code); (err == nil) != k.want {
					t.Errorf("%d bytes: %v", len(code), err)
				}
			}
		})
	}
}

func zipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestReport is what is known of a contract: S62, S66, S70.
func TestReport(t *testing.T) {
	m := ordinary(export("query"), export("execute"), export("requires_stargate"), export("requires_iterator"), export("ibc_channel_open"),
		export("ibc_channel_connect"), export("ibc_channel_close"), export("ibc_packet_receive"), export("ibc_packet_ack"))
	code := m.Encode()
	r, err := vm.Analyze(zipped(t, code))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(r.Entrypoints, r.Required, r.HasIBC, r.HasIBC2, r.MigrateVersion == nil); got !=
		"[execute ibc_channel_close ibc_channel_connect ibc_channel_open ibc_packet_ack ibc_packet_receive query] [iterator stargate] false false true" {
		t.Error(got)
	}
	if r.Checksum != sha256.Sum256(code) {
		t.Error("the checksum is not that of what is compressed")
	}
	timeout := len(m.Types)
	m.Types = append(m.Types, typeOf(""))
	for _, name := range []string{"ibc_packet_timeout", "ibc2_packet_send", "ibc2_packet_receive", "ibc2_packet_timeout", "ibc2_packet_ack"} {
		m.Exports = append(m.Exports, binary.Export{Name: name, Index: uint32(len(m.Functions))})
		m.Functions = append(m.Functions, uint32(timeout))
		m.Codes = append(m.Codes, binary.Code{Body: []byte{0x0b}})
	}
	if r, err = vm.Analyze(m.Encode()); err != nil || !r.HasIBC || !r.HasIBC2 {
		t.Error(r, err)
	}
}

// TestMigrateVersion is S70.
func TestMigrateVersion(t *testing.T) {
	for _, k := range []struct {
		sections []string
		want     uint64
		err      string
	}{
		{[]string{"42"}, 42, ""}, {[]string{"0"}, 0, ""}, {[]string{"18446744073709551615"}, 1<<64 - 1, ""}, {[]string{"+7"}, 7, ""},
		{[]string{"007"}, 7, ""}, {[]string{"1", "2"}, 2, ""},
		{[]string{""}, 0, "cannot parse integer from empty string"}, {[]string{"not a number"}, 0, "invalid digit found in string"},
		{[]string{"18446744073709551616"}, 0, "number too large to fit in target type"}, {[]string{" 1"}, 0, "invalid digit found in string"},
		{[]string{"-1"}, 0, "invalid digit found in string"}, {[]string{"+"}, 0, "invalid digit found in string"},
		{[]string{"1_000"}, 0, "invalid digit found in string"}, {[]string{"0x10"}, 0, "invalid digit found in string"},
		{[]string{"\xff"}, 0, "the version is not UTF-8"}, {[]string{"x", "2"}, 0, "invalid digit found in string"}, {[]string{"++1"}, 0, "invalid digit found in string"},
	} {
		m := ordinary()
		for _, s := range k.sections {
			m.Customs = append(m.Customs, binary.Custom{Name: "cw_migrate_version", Data: []byte(s)}, binary.Custom{Name: "other", Data: []byte("x")})
		}
		r, err := vm.Analyze(m.Encode())
		if k.err != "" {
			is(t, err, vm.StaticValidation, static+k.err)
		} else if err != nil || r.MigrateVersion == nil || *r.MigrateVersion != k.want {
			t.Errorf("%q: %v, %v", k.sections, r.MigrateVersion, err)
		}
	}
}

// TestCapabilities checks that the list belongs to who asks for it.
func TestCapabilities(t *testing.T) {
	vm.Capabilities()[0] = "nutella"
	if list := vm.Capabilities(); !slices.IsSorted(list) || len(list) != 12 || slices.Contains(list, "nutella") {
		t.Error(list)
	}
	for _, name := range vm.Capabilities() {
		if _, err := vm.Analyze(ordinary(export("requires_" + name)).Encode()); err != nil {
			t.Error(err)
		}
	}
}
