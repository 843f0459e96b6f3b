package transcript

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// contracts are the commands for worlds that have a chain.
func contracts() []Command {
	return []Command{
		{Name: "store", Usage: "NAME FILE [from=ADDRESS]", least: 2, most: 2, names: []string{"from"},
			Help: "Store a contract of CosmWasm from a file beside the transcript as a module, and print its code id.", run: store},
		{Name: "instantiate", Usage: "FROM NAME CODE [BODY] [funds=COINS] [admin=ADDRESS] [label=TEXT] [salt=KEY]", least: 3, most: 4,
			names: []string{"funds", "admin", "label", "salt"},
			Help:  "Make a contract of a code, by its name or id. @NAME stands for its address from here on.", run: instantiate},
		{Name: "import", Usage: "NAME CODE FILE", least: 3, most: 3,
			Help: "Put a contract with its state into the world, from a JSON file beside the transcript: " +
				`{"address", "admin", "models": [{"key": hexadecimal, "value": base64}]}. @NAME stands for its address.`, run: importContract},
		{Name: "upgrade", Usage: "FROM ADDRESS CODE [BODY]", least: 3, most: 4,
			Help: "Migrate a contract to another code.", run: upgrade},
		{Name: "mint", Usage: "ADDRESS COINS", least: 2, most: 2,
			Help: "Let the bank make coins: 5ucosm,7ustake.", run: mint},
		{Name: "balance", Usage: "ADDRESS", least: 1, most: 1,
			Help: "Print the coins that an address has.", run: balance},
		{Name: "emitted", Usage: "",
			Help: "Print the events of the last transaction as a chain emits them.", run: emitted},
	}
}

// names are what addresses are called in a script.
type names map[string]actor.Address

var errNoChain = errors.New("the world has no chain")

// chain returns what contracts take the world for, nil if it has none.
func (s *session) chain() *cosmwasm.Chain {
	if s.world == nil {
		return nil
	}
	return s.world.Chain()
}

// expand puts addresses in the place of @name: that of a contract which was instantiated under the name, else of a user. A
// name stands at the beginning of a word, a JSON string or a list.
func (s *session) expand(text string) string {
	chain := s.chain()
	if chain == nil || !strings.Contains(text, "@") {
		return text
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '@')
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		end := i + 1
		for end < len(text) && nameByte(text[end]) {
			end++
		}
		name := text[i+1 : end]
		if name == "" || i > 0 && strings.IndexByte(" \t\n\"=,[(", text[i-1]) < 0 {
			b.WriteString(text[:end])
		} else {
			b.WriteString(text[:i])
			b.WriteString(string(s.address(name)))
		}
		text = text[end:]
	}
}

func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

// address returns who a name stands for.
func (s *session) address(name string) actor.Address {
	a, ok := s.names[name]
	if !ok {
		a = s.chain().Account(name)
		s.names[name] = a
	}
	return a
}

// shorten is the inverse of expand, for what is printed.
func (s *session) shorten(text string) string {
	for _, name := range slices.Sorted(maps.Keys(s.names)) {
		text = strings.ReplaceAll(text, string(s.names[name]), "@"+name)
	}
	return text
}

func store(ctx context.Context, s *session, a *args) (string, error) {
	if s.chain() == nil {
		return "", errNoChain
	}
	file := a.word(1)
	if !filepath.IsAbs(file) {
		file = filepath.Join(s.dir, file)
	}
	code, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	from := actor.Address(a.named["from"].text)
	if from == "" {
		from = s.address("operator")
	}
	var id uint64
	err = s.world.Use(func(h *runtime.Host) (err error) {
		id, err = h.StoreCode(ctx, from, a.word(0), code)
		return err
	})
	if err != nil {
		return said(err), nil
	}
	return fmt.Sprintf("code %d", id), nil
}

// code returns the id of a code that a script calls by its number or, the last one, by its module.
func (s *session) code(ctx context.Context, w string) (uint64, error) {
	if id, err := strconv.ParseUint(w, 10, 64); err == nil {
		return id, nil
	}
	answer, err := s.world.Query(ctx, cosmwasm.KeeperAddress, []byte(`{"codes":{}}`))
	if err != nil {
		return 0, err
	}
	var codes []cosmwasm.Code
	if err := json.Unmarshal(answer, &codes); err != nil {
		return 0, err
	}
	var there []string
	for _, c := range slices.Backward(codes) {
		if string(c.Module) == w {
			return c.ID, nil
		}
		there = append(there, string(c.Module))
	}
	return 0, fmt.Errorf("no code is called %q; there are: %s", w, strings.Join(there, ", "))
}

// coins reads COINS, such as 5ucosm,7ustake.
func coins(text string) ([]wire.Coin, error) {
	if text == "" {
		return nil, nil
	}
	var list []wire.Coin
	for part := range strings.SplitSeq(text, ",") {
		digits := len(part) - len(strings.TrimLeft(part, "0123456789"))
		if digits == 0 || digits == len(part) {
			return nil, fmt.Errorf("%q is no amount of a coin: they are written 5ucosm,7ustake", part)
		}
		list = append(list, wire.Coin{Denom: part[digits:], Amount: part[:digits]})
	}
	return list, nil
}

// funds returns the argument funds=.
func (a *args) funds() ([]actor.Coin, error) {
	list, err := coins(a.named["funds"].text)
	var funds []actor.Coin
	for _, c := range list {
		funds = append(funds, actor.Coin(c))
	}
	return funds, err
}

func instantiate(ctx context.Context, s *session, a *args) (string, error) {
	if s.chain() == nil {
		return "", errNoChain
	}
	id, err := s.code(ctx, a.word(2))
	if err != nil {
		return "", err
	}
	body, err := a.body(3)
	if err != nil {
		return "", err
	}
	if body == nil {
		body = []byte("{}")
	}
	funds, err := coins(a.named["funds"].text)
	if err != nil {
		return "", err
	}
	label, admin := a.named["label"].text, a.named["admin"].text
	if label == "" {
		label = a.word(1)
	}
	msg := cosmwasm.KeeperMsg{Instantiate: &wire.InstantiateMsg{CodeID: id, Msg: body, Funds: funds, Label: label, Admin: admin}}
	if _, salted := a.named["salt"]; salted {
		salt, err := key(a.named["salt"])
		if err != nil {
			return "", err
		}
		msg = cosmwasm.KeeperMsg{Instantiate2: &wire.Instantiate2Msg{CodeID: id, Msg: body, Funds: funds, Label: label, Admin: admin, Salt: salt}}
	}
	printed, receipt, err := s.keep(ctx, a.address(0), &msg)
	if err != nil || receipt == nil {
		return printed, err
	}
	var kept cosmwasm.Kept
	if json.Unmarshal(receipt, &kept) == nil && kept.Address != "" {
		s.names[a.word(1)] = kept.Address
	}
	return printed, nil
}

// importContract prints how many keys there were.
func importContract(ctx context.Context, s *session, a *args) (string, error) {
	if s.chain() == nil {
		return "", errNoChain
	}
	id, err := s.code(ctx, a.word(1))
	if err != nil {
		return "", err
	}
	file := a.word(2)
	if !filepath.IsAbs(file) {
		file = filepath.Join(s.dir, file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var d runtime.Dump
	if err := json.Unmarshal([]byte(s.expand(string(text))), &d); err != nil {
		return "", fmt.Errorf("%s: %w", a.word(2), err)
	}
	d.CodeID = id
	if d.Label == "" {
		d.Label = a.word(0)
	}
	if err := s.world.Use(func(h *runtime.Host) error { return h.Import(ctx, &d) }); err != nil {
		return said(err), nil
	}
	s.names[a.word(0)] = d.Address
	return fmt.Sprintf("%d keys", len(d.Models)+len(d.State)), nil
}

func upgrade(ctx context.Context, s *session, a *args) (string, error) {
	if s.chain() == nil {
		return "", errNoChain
	}
	id, err := s.code(ctx, a.word(2))
	if err != nil {
		return "", err
	}
	body, err := a.body(3)
	if err != nil {
		return "", err
	}
	if body == nil {
		body = []byte("{}")
	}
	printed, _, err := s.keep(ctx, a.address(0), &cosmwasm.KeeperMsg{
		Migrate: &wire.MigrateMsg{ContractAddr: a.word(1), NewCodeID: id, Msg: body}})
	return printed, err
}

// keep sends a message to the keeper of contracts, and returns what is printed and the data of the receipt, nil if it
// failed.
func (s *session) keep(ctx context.Context, from actor.Address, msg *cosmwasm.KeeperMsg) (printed string, data []byte, err error) {
	body, err := json.Marshal(msg)
	if err != nil {
		return "", nil, err
	}
	before := s.world.Last()
	printed = s.submit(ctx, dispatch.Request{Sender: from, Message: actor.Message{To: cosmwasm.KeeperAddress, Body: body}})
	if last := s.world.Last(); last != nil && last != before && last.Receipt.Err == nil {
		data = last.Receipt.Data
	}
	return printed, data, nil
}

func mint(ctx context.Context, s *session, a *args) (string, error) {
	if s.chain() == nil {
		return "", errNoChain
	}
	list, err := coins(a.word(1))
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]any{"mint": map[string]any{"to_address": a.word(0), "amount": list}})
	if err != nil {
		return "", err
	}
	return s.submit(ctx, dispatch.Request{Message: actor.Message{Kind: actor.KindSudo, To: cosmwasm.BankAddress, Body: body}}), nil
}

func balance(ctx context.Context, s *session, a *args) (string, error) {
	if s.chain() == nil {
		return "", errNoChain
	}
	body, err := json.Marshal(&wire.BankQuery{AllBalances: &wire.AllBalancesQuery{Address: a.word(0)}})
	if err != nil {
		return "", err
	}
	answer, err := s.world.Query(ctx, cosmwasm.BankAddress, body)
	if err != nil {
		return said(err), nil
	}
	var all wire.AllBalancesResponse
	if err := json.Unmarshal(answer, &all); err != nil {
		return "", err
	}
	var b strings.Builder
	for _, c := range all.Amount {
		b.WriteString(c.Amount + c.Denom + "\n")
	}
	if len(all.Amount) == 0 {
		return "nothing", nil
	}
	return b.String(), nil
}

// hostState reads keys from a host, and keeps the first error.
type hostState struct {
	host *runtime.Host
	err  error
}

func (h *hostState) QueryRaw(to actor.Address, key []byte) ([]byte, bool) {
	value, ok, err := h.host.Get(to, key)
	if h.err == nil {
		h.err = err
	}
	return value, ok
}

func emitted(_ context.Context, s *session, _ *args) (string, error) {
	last := s.world.Last()
	switch {
	case s.chain() == nil:
		return "", errNoChain
	case last == nil:
		return "", errors.New("there was no transaction")
	}
	var b strings.Builder
	err := s.world.Use(func(h *runtime.Host) error {
		state := hostState{host: h}
		for _, ev := range cosmwasm.Emitted(&state, last.Trace) {
			b.WriteString(show.Key([]byte(ev.Type)))
			for _, a := range ev.Attributes {
				b.WriteString(" " + show.Key([]byte(a.Key)) + "=" + show.Key([]byte(a.Value)))
			}
			b.WriteByte('\n')
		}
		return state.err
	})
	return b.String(), err
}
