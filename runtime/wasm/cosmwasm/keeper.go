package cosmwasm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/address"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/bank"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// Keeper is the native actor that keeps codes and contracts: it gives codes their ids and contracts their addresses, and
// knows labels, admins and history. What a contract or a user wants of it is JSON, of the variants of KeeperMsg; it acts in
// the name of who asks. It must live at KeeperAddress.
type Keeper struct{ Chain *Chain }

var (
	_ actor.Instantiator = Keeper{}
	_ actor.Replier      = Keeper{}
	_ actor.Querier      = Keeper{}
	_ actor.Sudoer       = Keeper{}
	_ dispatch.Coder     = Keeper{}
)

// KeeperMsg is what the keeper can be asked for by anybody: the messages that contracts send, without execute, and one of
// users. One field is set.
type KeeperMsg struct {
	Instantiate  *wire.InstantiateMsg  `json:"instantiate,omitempty"`
	Instantiate2 *wire.Instantiate2Msg `json:"instantiate2,omitempty"`
	Migrate      *wire.MigrateMsg      `json:"migrate,omitempty"`
	UpdateAdmin  *wire.UpdateAdminMsg  `json:"update_admin,omitempty"`
	ClearAdmin   *wire.ClearAdminMsg   `json:"clear_admin,omitempty"`
	UpdateLabel  *UpdateLabelMsg       `json:"update_label,omitempty"`
	// Refuse is a message of a contract that nobody takes: it fails when its turn comes (S39).
	Refuse *actor.Error `json:"refuse,omitempty"`
}

// UpdateLabelMsg gives a contract another label. The sender must be its admin (S35).
type UpdateLabelMsg struct {
	ContractAddr string `json:"contract_addr"`
	Label        string `json:"label"`
}

// KeeperOrder is what the operator of the host can ask the keeper for, by sudo. One field is set.
type KeeperOrder struct {
	StoreCode *StoreCodeMsg `json:"store_code,omitempty"`
	Import    *ImportMsg    `json:"import,omitempty"`
}

// StoreCodeMsg gives a module that is installed the next code id. The data of the answer is the id, in decimal digits. What
// it says of the module is believed, which is why only the operator may say it: contracts trust in checksums.
type StoreCodeMsg struct {
	Creator        actor.Address   `json:"creator,omitempty"`
	Module         actor.ModuleID  `json:"module"`
	Checksum       wire.Checksum   `json:"checksum"`
	MigrateVersion *uint64         `json:"migrate_version,omitempty"`
	IBC            bool            `json:"ibc,omitempty"`
	Capabilities   []string        `json:"capabilities,omitempty"`
	Only           []actor.Address `json:"only,omitzero"` // who may instantiate; nil: everybody
}

// Code implements dispatch.Coder.
func (Keeper) Code() dispatch.Code {
	return dispatch.Code{System: true, Shown: true}
}

// Execute implements actor.Actor.
func (k Keeper) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	var m KeeperMsg
	if err := json.Unmarshal(msg.Body, &m); err != nil {
		return actor.Response{}, actor.Errorf(actor.CodeMalformed, "a message to the keeper of contracts: %v", err)
	}
	c := keeping{Keeper: k, env: env, raw: env.State.Get}
	switch {
	case m.Instantiate != nil:
		i := m.Instantiate
		return c.instantiate(birth{i.CodeID, i.Msg, i.Funds, i.Label, i.Admin, nil, Instantiated})
	case m.Instantiate2 != nil:
		i := m.Instantiate2
		return c.instantiate(birth{i.CodeID, i.Msg, i.Funds, i.Label, i.Admin, i.Salt, Instantiated2})
	case m.Migrate != nil:
		return c.migrate(m.Migrate)
	case m.UpdateAdmin != nil:
		return c.updateAdmin(m.UpdateAdmin)
	case m.ClearAdmin != nil:
		return c.clearAdmin(m.ClearAdmin)
	case m.UpdateLabel != nil:
		return c.setLabel(m.UpdateLabel)
	case m.Refuse != nil:
		return actor.Response{}, m.Refuse
	}
	return actor.Response{}, actor.Errorf(actor.CodeUnknownMessage, "the keeper of contracts has no such message")
}

// Instantiate implements actor.Instantiator. The keeper takes nothing from who brings it into being, for that may be
// anybody: an admin could put codes and contracts in other hands.
func (Keeper) Instantiate(_ context.Context, _ *actor.Env, msg actor.Message) (actor.Response, error) {
	switch {
	case msg.Admin != "":
		return actor.Response{}, actor.Errorf(actor.CodeUnauthorized, "the keeper of contracts has no admin")
	case len(msg.Body) > 0:
		return actor.Response{}, actor.Errorf(actor.CodeUnauthorized, "the keeper of contracts is empty at first")
	}
	return actor.Response{}, nil
}

// Sudo implements actor.Sudoer: see KeeperOrder.
func (k Keeper) Sudo(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	var o KeeperOrder
	if err := json.Unmarshal(msg.Body, &o); err != nil {
		return actor.Response{}, actor.Errorf(actor.CodeMalformed, "an order to the keeper of contracts: %v", err)
	}
	c := keeping{Keeper: k, env: env, raw: env.State.Get}
	switch {
	case o.StoreCode != nil:
		return c.store(o.StoreCode)
	case o.Import != nil:
		return c.importState(o.Import)
	}
	return actor.Response{}, actor.Errorf(actor.CodeUnknownMessage, "the operator may ask the keeper of contracts for store_code and import")
}

// keeping is one message to the keeper.
type keeping struct {
	Keeper
	env *actor.Env
	raw raw
}

// birth is what instantiate and instantiate2 have in common; the salt is that of the latter.
type birth struct {
	codeID uint64
	msg    []byte
	funds  []wire.Coin
	label  string
	admin  string
	salt   []byte
	deed   Deed
}

// check is what a chain checks of the message alone, in its order. It puts admin and funds in their usual form.
func (b *birth) check(chain *Chain) error {
	funds, err := bank.ParseCoins(b.funds)
	if err != nil {
		return err
	}
	b.funds = funds.Wire()
	if b.codeID == 0 {
		return actor.Errorf(actor.CodeInvalidMessage, "code id is required: invalid request")
	}
	if err := checkLabel(b.label); err != nil {
		return err
	}
	if b.admin != "" {
		admin, err := chain.account(b.admin)
		if err != nil {
			return actor.Errorf(CodeNoAddress, "admin: %s", err)
		}
		b.admin = string(admin)
	}
	if !json.Valid(b.msg) {
		return errInvalidMsg()
	}
	if b.deed == Instantiated2 {
		return checkSalt(b.salt)
	}
	return nil
}

// instantiate makes a contract (S32). Its funds are the sender's, who is also who it is made by.
func (c *keeping) instantiate(b birth) (actor.Response, error) {
	if err := b.check(c.Chain); err != nil {
		return actor.Response{}, err
	}
	code, ok := c.raw.code(b.codeID)
	if !ok {
		return actor.Response{}, actor.Errorf(actor.CodeUnknownModule, "code id %d: no such code", b.codeID)
	}
	if code.Only != nil && !slices.Contains(code.Only, c.env.Sender) {
		return actor.Response{}, actor.Errorf(actor.CodeUnauthorized, "can not instantiate: unauthorized")
	}
	to, err := c.address(b, code)
	if err != nil {
		return actor.Response{}, err
	}
	if _, taken := c.raw.contract(to); taken {
		return actor.Response{}, actor.Errorf(actor.CodeAlreadyExists, "contract address already exists, try a different combination of creator, checksum and salt: duplicate")
	}
	put(c.env.State, contractKey(to), &ContractRecord{CodeID: b.codeID, Creator: c.env.Sender, Admin: actor.Address(b.admin),
		Label: b.label, Created: c.env.Sequence, History: []HistoryItem{{"init", b.codeID, c.env.Sequence, b.msg}}})
	msg := actor.Message{Kind: actor.KindInstantiate, To: to, Module: code.Module, Admin: c.env.Self, Body: b.msg, Funds: coinsOf(b.funds)}
	return c.forward(msg, c.env.Sender, b.deed)
}

// address derives where the contract goes (S40, S41).
func (c *keeping) address(b birth, code *CodeRecord) (actor.Address, error) {
	var sum [32]byte
	if b.deed == Instantiated {
		sum = address.Classic(b.codeID, next(c.env.State, instances))
	} else {
		creator, err := c.Chain.Canonical(string(c.env.Sender))
		if err == nil {
			sum, err = address.Predictable(code.Checksum, creator, b.salt, nil)
		}
		if err != nil {
			return "", actor.Errorf(actor.CodeInvalidAddress, "%s", err)
		}
	}
	text, err := c.Chain.prefix().Human(sum[:])
	if err != nil {
		return "", actor.Errorf(actor.CodeInvalidAddress, "%s", err)
	}
	return actor.Address(text), nil
}

// forward sends a message in the place of the sender's, and hands its data to whoever gets the reply.
func (c *keeping) forward(msg actor.Message, as actor.Address, what Deed) (actor.Response, error) {
	return actor.Response{Messages: []actor.SubMsg{{ID: uint64(what), Msg: msg, As: as, ReplyOn: actor.ReplyOnSuccess}}}, nil
}

// A Deed is what a message made the keeper do. It is a word in JSON.
type Deed uint8

// The deeds. All of them have an answer on a chain, and contracts get those of what they can ask for (S14).
const (
	Instantiated Deed = iota + 1
	Instantiated2
	Migrated
	AdminUpdated
	AdminCleared
	LabelUpdated
)

var deeds = [...]string{"", "instantiated", "instantiated2", "migrated", "admin_updated", "admin_cleared", "label_updated"}

// MarshalText implements encoding.TextMarshaler.
func (d Deed) MarshalText() ([]byte, error) { return []byte(deeds[d]), nil }

// UnmarshalText is the inverse of MarshalText.
func (d *Deed) UnmarshalText(text []byte) error {
	i := slices.Index(deeds[:], string(text))
	if i < 0 {
		return fmt.Errorf("cosmwasm: the keeper does not do %.40q", text)
	}
	*d = Deed(i)
	return nil
}

// Kept is the data of a message to the keeper, as JSON.
type Kept struct {
	Deed    Deed          `json:"deed"`
	Address actor.Address `json:"address,omitempty"` // of a new contract
	Data    []byte        `json:"data,omitempty"`    // what the contract set
}

func (k *Kept) encode() []byte {
	b, err := json.Marshal(k)
	if err != nil {
		panic(err) // of fields that marshal always
	}
	return b
}

// Reply implements actor.Replier.
func (k Keeper) Reply(_ context.Context, _ *actor.Env, r actor.Reply) (actor.Response, error) {
	result := Kept{Deed: Deed(r.ID), Data: r.Data}
	if result.Deed != Migrated {
		result.Address = r.Callee
	}
	return actor.Response{Data: result.encode()}, nil
}

// migrateOrder is what a contract's Migrate gets from the keeper, which alone may migrate contracts.
type migrateOrder struct {
	importOrder
	Sender actor.Address `json:"sender"`
	Old    *uint64       `json:"old"` // the version of the code before
	New    *uint64       `json:"new"`
	Msg    []byte        `json:"msg"`
}

// migrate puts a contract on another code (S33).
func (c *keeping) migrate(m *wire.MigrateMsg) (actor.Response, error) {
	if m.NewCodeID == 0 {
		return actor.Response{}, actor.Errorf(actor.CodeInvalidMessage, "code id is required: invalid request")
	}
	addr, bad := c.Chain.contract(m.ContractAddr)
	if bad != nil {
		return actor.Response{}, bad
	}
	record, ok := c.raw.contract(addr)
	if !ok {
		return actor.Response{}, actor.Errorf(actor.CodeInvalidMessage, "unknown contract: invalid request")
	}
	if record.Admin == "" || record.Admin != c.env.Sender {
		return actor.Response{}, actor.Errorf(actor.CodeUnauthorized, "can not migrate: unauthorized")
	}
	code, ok := c.raw.code(m.NewCodeID)
	if !ok {
		return actor.Response{}, actor.Errorf(actor.CodeInvalidMessage, "unknown code: invalid request")
	}
	if code.Only != nil && !slices.Contains(code.Only, c.env.Sender) {
		return actor.Response{}, actor.Errorf(actor.CodeUnauthorized, "to use new code: unauthorized")
	}
	old, ok := c.raw.code(record.CodeID)
	if ok && old.IBC && !code.IBC {
		return actor.Response{}, actor.Errorf(CodeMigrateFailed, "requires ibc callbacks: migrate wasm contract failed")
	}
	order := migrateOrder{Sender: c.env.Sender, New: code.MigrateVersion, Msg: m.Msg}
	if ok {
		order.Old = old.MigrateVersion
	}
	body, err := json.Marshal(&order)
	if err != nil {
		return actor.Response{}, err
	}
	record.CodeID = m.NewCodeID
	record.History = append(record.History, HistoryItem{"migrate", m.NewCodeID, c.env.Sequence, validJSON(m.Msg)})
	put(c.env.State, contractKey(addr), record)
	return c.forward(actor.Message{Kind: actor.KindMigrate, To: addr, Module: code.Module, Body: body}, c.env.Self, Migrated)
}

// validJSON returns what a history can hold of a message: the message of a failed migration is never kept.
func validJSON(msg []byte) json.RawMessage {
	if json.Valid(msg) {
		return msg
	}
	return nil
}

// updateAdmin is rule S35. A contract may be its own admin.
func (c *keeping) updateAdmin(m *wire.UpdateAdminMsg) (actor.Response, error) {
	contract, bad := c.Chain.contract(m.ContractAddr)
	if bad != nil {
		return actor.Response{}, bad
	}
	admin, err := c.Chain.account(m.Admin)
	if err != nil {
		return actor.Response{}, actor.Errorf(CodeNoAddress, "new admin: %s", err)
	}
	if admin == c.env.Sender {
		return actor.Response{}, actor.Errorf(CodeInvalid, "new admin is the same as the old: invalid")
	}
	return c.setAdmin(contract, admin, AdminUpdated)
}

func (c *keeping) clearAdmin(m *wire.ClearAdminMsg) (actor.Response, error) {
	contract, bad := c.Chain.contract(m.ContractAddr)
	if bad != nil {
		return actor.Response{}, bad
	}
	return c.setAdmin(contract, "", AdminCleared)
}

func (c *keeping) setAdmin(contract, admin actor.Address, what Deed) (actor.Response, error) {
	record, err := c.owned(contract)
	if err != nil {
		return actor.Response{}, err
	}
	record.Admin = admin
	put(c.env.State, contractKey(contract), record)
	resp := event("update_contract_admin", contractAttribute, string(contract), "new_admin_address", string(admin))
	resp.Data = (&Kept{Deed: what}).encode()
	return resp, nil
}

func (c *keeping) setLabel(m *UpdateLabelMsg) (actor.Response, error) {
	if err := checkLabel(m.Label); err != nil {
		return actor.Response{}, err
	}
	contract, bad := c.Chain.contract(m.ContractAddr)
	if bad != nil {
		return actor.Response{}, bad
	}
	record, err := c.owned(contract)
	if err != nil {
		return actor.Response{}, err
	}
	record.Label = m.Label
	put(c.env.State, contractKey(contract), record)
	resp := event("update_contract_label", contractAttribute, string(contract), "new_label", m.Label)
	resp.Data = (&Kept{Deed: LabelUpdated}).encode()
	return resp, nil
}

// owned returns the record of a contract whose admin the sender is.
func (c *keeping) owned(contract actor.Address) (*ContractRecord, error) {
	record, ok := c.raw.contract(contract)
	switch {
	case !ok:
		return nil, actor.Errorf(actor.CodeInvalidMessage, "unknown contract: invalid request")
	case record.Admin == "" || record.Admin != c.env.Sender:
		return nil, actor.Errorf(actor.CodeUnauthorized, "can not modify contract: unauthorized")
	}
	return record, nil
}

// store is rule S62: the same code twice gets two ids.
func (c *keeping) store(m *StoreCodeMsg) (actor.Response, error) {
	if len(m.Checksum) == 0 || m.Module == "" {
		return actor.Response{}, actor.Errorf(actor.CodeMalformed, "store_code needs the name and the checksum of a module that is installed")
	}
	id := next(c.env.State, codeSequence)
	put(c.env.State, codeKey(id), &CodeRecord{Checksum: m.Checksum, Module: m.Module, Creator: m.Creator,
		MigrateVersion: m.MigrateVersion, IBC: m.IBC, Only: m.Only})
	sum, err := m.Checksum.MarshalJSON()
	if err != nil {
		return actor.Response{}, err
	}
	number := strconv.FormatUint(id, 10)
	attributes := []string{"code_checksum", string(bytes.Trim(sum, `"`)), "code_id", number}
	for _, c := range slices.Sorted(slices.Values(m.Capabilities)) {
		attributes = append(attributes, "required_capability", c)
	}
	resp := event("store_code", attributes...)
	resp.Data = []byte(number)
	return resp, nil
}

// event is a response with one event.
func event(kind string, pairs ...string) actor.Response {
	ev := actor.Event{Type: kind}
	for i := 0; i < len(pairs); i += 2 {
		ev.Attributes = append(ev.Attributes, actor.Attribute{Key: pairs[i], Value: pairs[i+1]})
	}
	return actor.Response{Events: []actor.Event{ev}}
}

// maxLabel is how many bytes a label may have (S43).
const maxLabel = 128

// checkLabel is rule S43.
func checkLabel(label string) error {
	switch {
	case label == "":
		return actor.Errorf(CodeEmpty, "label: is required: empty")
	case len(label) > maxLabel:
		return actor.Errorf(CodeLimit, "label: cannot be longer than %d characters: exceeds limit", maxLabel)
	case label != strings.TrimSpace(label):
		return actor.Errorf(CodeInvalid, "label: label must not start/end with whitespaces: invalid")
	}
	// What is printable must not depend on the tables of a version of Go: it is what names of senders are made of.
	if actor.Address(label).ValidateSender() != nil {
		return actor.Errorf(CodeInvalid, "label: label must have printable characters only: invalid")
	}
	return nil
}

// checkSalt is the length of salts (S41).
func checkSalt(salt []byte) error {
	err := address.CheckSalt(salt)
	if err == nil {
		return nil
	}
	code := CodeLimit
	if len(salt) == 0 {
		code = CodeEmpty
	}
	return actor.Errorf(code, "salt: %s", err)
}

// A Code is a code with its id.
type Code struct {
	ID uint64 `json:"id"`
	CodeRecord
}

// Query implements actor.Querier: {"contract":{"address":...}} answers with the ContractRecord, {"code":{"id":...}} with the
// CodeRecord, {"codes":{}} with a list of Code.
func (k Keeper) Query(_ context.Context, view *actor.View, body []byte) ([]byte, error) {
	var q struct {
		Contract *struct {
			Address actor.Address `json:"address"`
		} `json:"contract"`
		Code *struct {
			ID uint64 `json:"id"`
		} `json:"code"`
		Codes *struct{} `json:"codes"`
	}
	if err := json.Unmarshal(body, &q); err != nil {
		return nil, actor.Errorf(actor.CodeMalformed, "a query of the keeper of contracts: %v", err)
	}
	key := []byte(nil)
	switch {
	case q.Contract != nil:
		key = contractKey(q.Contract.Address)
	case q.Code != nil:
		key = codeKey(q.Code.ID)
	case q.Codes != nil:
		list := []Code{}
		for id := range last(view.State, codeSequence) {
			c := Code{ID: id + 1}
			if raw(view.State.Get).read(codeKey(c.ID), &c.CodeRecord) {
				list = append(list, c)
			}
		}
		return json.Marshal(list)
	default:
		return nil, actor.Errorf(actor.CodeUnknownMessage, "the keeper of contracts answers contract, code and codes")
	}
	b, ok := view.State.Get(key)
	if !ok {
		return nil, actor.Errorf(CodeNotFound, "there is none")
	}
	return b, nil
}

func coinsOf(list []wire.Coin) []actor.Coin {
	coins := make([]actor.Coin, len(list))
	for i, c := range list {
		coins[i] = actor.Coin(c)
	}
	return coins
}
