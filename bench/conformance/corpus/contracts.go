package corpus

// A Contract is one compiled contract and where it is published.
type Contract struct {
	Name   string // what this module calls it
	Family string // contracts of a family understand the same messages
	From   Package
	Path   string // inside the package; .gz is unpacked
	Sum    string // SHA-256 of the WebAssembly binary, in hex; empty for what is here
}

// A Package is one published version of something that has contracts in it.
type Package struct {
	Registry string // goproxy, npm, or here: the repository that this module is in
	Name     string
	Version  string
	Sum      string // npm: SHA-256 of the archive; for goproxy the checksum database answers
}

var (
	here    = Package{"here", "github.com/troupe-run/troupe", "", ""}
	wasmvm  = Package{"goproxy", "github.com/CosmWasm/wasmvm/v3", "v3.0.7", ""}
	wasmd   = Package{"goproxy", "github.com/CosmWasm/wasmd", "v0.61.6", ""}
	current = Package{"npm", "@oraichain/common-contracts-build", "1.0.35",
		"58095a4741cdbc3d0b07dd0d94aaadfd84675fee57e3eef667be0e473a90e0b7"}
	earlier = Package{"npm", "@oraichain/common-contracts-build", "1.0.32",
		"c89ed5ba66de83868f02c26314d9f4be6b1ac44db70fadd5f7bbb28fa6df094c"}
)

const (
	keeperData = "x/wasm/keeper/testdata/"
	e2eData    = "tests/e2e/testdata/"
)

// All returns every contract that this module knows, in a fixed order.
func All() []Contract {
	return []Contract{
		{"cyberpunk", "cyberpunk", wasmvm, "testdata/cyberpunk.wasm", "2b299b94c4c483204719766517d2450bf3b0a26345a7065885510a85afe43366"},
		{"floaty", "floaty", wasmvm, "testdata/floaty_2.0.wasm", "34aeaad7cce4d228dcc11316f717b53c304a48f453dc7796f83aed5fdc03fe33"},
		{"hackatom", "hackatom", wasmvm, "testdata/hackatom.wasm", "2a843efcaa95f9d65392935714d1aa63a4e08a568e009d9e9b2dad748fce07f9"},
		{"ibc_reflect", "ibc_reflect", wasmvm, "testdata/ibc_reflect.wasm", "e5a292da270da6d54e977b9dc8ca5c520eb956d4702630d7f244ce4665daaf06"},
		{"queue", "queue", wasmvm, "testdata/queue.wasm", "7cdf7571e96c8e7525b00f1f358ea1e9d97fc64d925e564640fbdb7c6a4bef75"},
		{"reflect", "reflect", wasmvm, "testdata/reflect.wasm", "54a253973716861eba89950c8501add5e3b21f0f6b1aa5787c651398e6db94cc"},
		{"burner", "burner", wasmd, keeperData + "burner.wasm", "c45d966d820e3389188d86b39251a9b9188438abc298dd08f233f41281fbf430"},
		{"cyberpunk-1.5", "cyberpunk", wasmd, keeperData + "cyberpunk.wasm", "1f16c1acd6c2534812250ecbfc761686bb356e278b8683248a6c38c6f06c614a"},
		{"hackatom-1.5", "hackatom", wasmd, keeperData + "hackatom.wasm", "3f4cd47c39c57fe1733fb41ed176eebd9d5c67baf5df8a1eeda1455e758f8514"},
		{"hackatom-42", "hackatom", wasmd, keeperData + "hackatom_42.wasm", "2feba100604422ad2ebcbf431d9fe9e298c723a8bd5b87cb6028daa3db379cdb"},
		{"hackatom-420", "hackatom", wasmd, keeperData + "hackatom_420.wasm", "def03d7d8b933f31144140a216d5d9cd9091e9be0aeb192157cc5edf7bc601f2"},
		{"queue-1.5", "queue", wasmd, keeperData + "queue.wasm", "d295949f3bb25df065a5c31b76026a19a21e8e7fd1366cd9f495a0ee2b9f00cb"},
		{"reflect-1.0", "reflect", wasmd, keeperData + "reflect.wasm.v1_0", "c218fb03d539721ed30a59f28d5ab26c570193749dceb05ea93dd5acc53a95c1"},
		{"reflect-1.1", "reflect", wasmd, keeperData + "reflect_1_1.wasm", "43dbb15129298a3b8c5477eebef88fcb4b979339c1b3ca94c38a4d0c726d035b"},
		{"reflect-1.5", "reflect", wasmd, keeperData + "reflect_1_5.wasm", "45de7a3ac8a72368a71c813d6b0cf7024f8b3581ffa1fc8d2c5fd4060f950c01"},
		{"reflect-2.0", "reflect", wasmd, keeperData + "reflect_2_0.wasm", "99aef385de6f1cd85c2253fa35a3c2596c7106ca14e81ba3b6ba5fbd362fe92d"},
		{"reflect-2.2", "reflect", wasmd, e2eData + "reflect_2_2.wasm", "1357cde84335182d8523ce8dd4a07b32b61b85a5feb5a4edf07a859142bba203"},
		{"replier", "replier", wasmd, keeperData + "replier.wasm", "554b28b8fd7f82cf95564bdddc5aad8934a889af3901c060b2355326c5de3a1b"},
		{"staking", "staking", wasmd, keeperData + "staking.wasm", "c71ab6a684200a14d062f61e67c8378c748bf9f9aa8e64e268272719abf2597a"},
		{"ibc_reflect-2.0", "ibc_reflect", wasmd, keeperData + "ibc_reflect.wasm", "05f304f058c98d439dccb4230ae07a3b9a925f407bef5e9fa213f9c9e3c19138"},
		{"ibc2", "ibc2", wasmd, e2eData + "ibc2.wasm", "91636f3f0f80bec6c466e29adc01f5a6480adf515c9b2323ad806baa5d3e89bb"},
		{"ibc_callbacks", "ibc_callbacks", wasmd, e2eData + "ibc_callbacks.wasm", "cec6cbfbf13a150f84e944eb235a334eed3bb12e0f2a25a3d5853f78c1d256f6"},
		{"escrow-0.7", "escrow", wasmd, "tests/integration/testdata/escrow_0.7.wasm", "e73f20df26f26a0c658ff1406ea3dbc10e78130708f00dc640b86d1862ce4415"},
		{"cw1-whitelist-0.10", "cw1-whitelist", wasmd, "benchmarks/testdata/cw1_whitelist.wasm", "8c2df7fc9c14cd0a5e41e10b8ae9129858ab4b2a6628503c83e9e4b853f1d560"},
		{"cw20-base-0.10", "cw20-base", wasmd, "benchmarks/testdata/cw20_base.wasm", "1da7691c9c08ac74e59cf354b1e0573d7dd259ed872c6fac97a9ffb467487752"},
		{"cw20-base-e2e", "cw20-base", wasmd, e2eData + "cw20_base.wasm.gz", "750acce3097ae485c823b9adae4b63ded13062bbb2e0d80829b2db489bfe245e"},
		{"cw20-ics20-e2e", "cw20-ics20", wasmd, e2eData + "cw20_ics20.wasm.gz", "7901e4c0bb64a343b916dd9cab92e2468d522147bc943938b1d96c028464c25b"},
		{"cw1-subkeys", "cw1-subkeys", current, "data/cw1-subkeys.wasm", "f95853260860b2dcc1b003564f33fc9e80b8ce0987f2241f9373052fa8a89e4b"},
		{"cw1-whitelist", "cw1-whitelist", current, "data/cw1-whitelist.wasm", "cba92b8d3ff4e43468d889b8647869852b5faf171c535b1c84130303a01425e8"},
		{"cw20-base", "cw20-base", current, "data/cw20-base.wasm", "764205286e29d5b6aa8745316a7c1f03df637c2af16db481e1e41c4576296619"},
		{"cw20-ics20", "cw20-ics20", current, "data/cw20-ics20.wasm", "397b51a4aaec82cc72c84f7cf3049df2d0677a4bb5aa591ee4d65f7227d11d96"},
		{"cw3-fixed-multisig", "cw3-fixed-multisig", current, "data/cw3-fixed-multisig.wasm", "5800508d3bad88343a686393cb37495ce4983b94a51a3eea4660a08c617b45ee"},
		{"cw3-flex-multisig", "cw3-flex-multisig", current, "data/cw3-flex-multisig.wasm", "b9754a82dc4e2026040310fd53894bb2ad417766976a2e0f4e1211a8ff0b99a0"},
		{"cw4-group", "cw4-group", current, "data/cw4-group.wasm", "e19367046816ff2f057c3cee7f556134a09970a08b8fd5a2aec8f1267ae5b53a"},
		{"cw4-stake", "cw4-stake", current, "data/cw4-stake.wasm", "68b33026c027c6af2341b02b0725f74d23a3b2ea9bc09bde262344aa7c303ff7"},
		{"cw721-base", "cw721-base", current, "data/cw721-base.wasm", "3270785e78f674472b358960149544fd12c557ee71a47102c3c8585471da33ea"},
		{"multicall", "multicall", current, "data/multicall.wasm", "5bf59cd5aba8ca49b841dda2180df808c72a1fd47e59a17721a38d082ca59410"},
		{"cw-ics20-latest", "cw-ics20-latest", current, "data/cw-ics20-latest.wasm", "83990d5c27699fead3483c47a0af982cd49a4e2ee9ee7e62fa68fa291fd60972"},
		{"cw-ics721-bridge", "cw-ics721-bridge", current, "data/cw-ics721-bridge.wasm", "1aeaa48d1c928b774ec70f7fca8cea922a9bd0b01913518ff391c2ad25c584c6"},
		{"cw1-subkeys-1.0.32", "cw1-subkeys", earlier, "data/cw1-subkeys.wasm", "c665258eef6f497eebde6b1121390e7efba7e5f3da5e2bc83ebb25e082d77696"},
		{"cw1-whitelist-1.0.32", "cw1-whitelist", earlier, "data/cw1-whitelist.wasm", "59096552e098310e3f3e0e7f83c0a5f5499cfa1229589230bbebad6334b566c3"},
		{"cw20-base-1.0.32", "cw20-base", earlier, "data/cw20-base.wasm", "15d8e15d2526bd3799c5b6066dc108ddf155c70fac10f05f171516bbfe8a8409"},
		{"cw20-ics20-1.0.32", "cw20-ics20", earlier, "data/cw20-ics20.wasm", "82a64504abb429265bb0d7f9155ebb31b54a3597ab8584613003a583eaa8f7dd"},
		{"cw3-fixed-multisig-1.0.32", "cw3-fixed-multisig", earlier, "data/cw3-fixed-multisig.wasm", "d801e1337c7072c6083c175229876b71ab34e907226346635e47174b27669e70"},
		{"cw3-flex-multisig-1.0.32", "cw3-flex-multisig", earlier, "data/cw3-flex-multisig.wasm", "89b75e364ab056b6b7e712d673b5bae3f25d12d2bb7e1779d7af964d078ef559"},
		{"cw4-group-1.0.32", "cw4-group", earlier, "data/cw4-group.wasm", "f28906c5b59ccca36b75c5be04caa093d6524b5f6073a565023df8caa0bbebbd"},
		{"cw4-stake-1.0.32", "cw4-stake", earlier, "data/cw4-stake.wasm", "86fb6d1f745636bc095b979037373ab2bd629709b23a3756bf5d42ddece2ed86"},
		{"cw721-base-1.0.32", "cw721-base", earlier, "data/cw721-base.wasm", "649de6af6cda9199a03e194489525fdc81284ad192ab431dc7da283a26ef945b"},
		{"multicall-1.0.32", "multicall", earlier, "data/multicall.wasm", "9b78d3a408e5a93e0a27389d26769d1582d05a55db53e401f1504d956e6d3929"},
		{"cw-ics20-latest-1.0.32", "cw-ics20-latest", earlier, "data/cw-ics20-latest.wasm", "a4fbdccb7fde0eeb60d743dfed656f7e9c224f82d3eab8b92d2a5ee4c53762b0"},
		{"probe", "probe", here, "runtime/wasm/cosmwasm/vm/testdata/probe.wasm", ""},
	}
}
