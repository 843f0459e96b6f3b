package differential

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/CosmWasm/wasmvm/v3/types"

	"github.com/troupe-run/troupe/bench/conformance/generate"
	"github.com/troupe-run/troupe/bench/conformance/machine"
	"github.com/troupe-run/troupe/bench/conformance/world"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/address"
)

const (
	prefix = address.Prefix("cosmos")
	users  = 6

	gasLimit = 80_000_000_000
	// loopLimit lets what has no end run for some milliseconds.
	loopLimit = 4_000_000_000

	followUps = 4 // messages of contracts that are delivered, one after the other
)

// sequence is a run of calls in two worlds that begin empty.
type sequence struct {
	lab             *Lab
	source          *generate.Source
	oracle, subject *world.World
	codes           map[string]Contract // by address
	report          *Report
	seed            uint64
	number, step    int
	budget          int
	verbose         func(string)
}

// run makes one sequence of about as many calls as the budget says, with a contract in its middle.
func (l *Lab) run(seed uint64, number, budget int, r *Report, verbose func(string)) {
	s := &sequence{
		lab: l, source: generate.NewSource(seed, uint64(number)), codes: map[string]Contract{}, report: r, seed: seed, number: number,
		budget: budget, oracle: world.New(l.oracle, prefix), subject: world.New(l.subject, prefix), verbose: verbose,
	}
	for i := range users {
		u := human(fmt.Sprintf("user %d", i))
		s.source.Users = append(s.source.Users, u)
		for _, denom := range s.source.Denoms {
			s.oracle.Mint(u, denom, 1_000_000)
			s.subject.Mint(u, denom, 1_000_000)
		}
	}
	middle := l.Contracts[number%len(l.Contracts)]
	companions := []string{"cw20-base", "cw4-group", "reflect", "cw1-whitelist"}
	for _, family := range companions {
		of := l.of(family)
		if family != middle.Family && len(of) > 0 && s.source.IntN(100) < 60 {
			s.create(of[s.source.IntN(len(of))])
		}
	}
	main := s.create(middle)
	if main.Address == "" {
		return
	}
	for s.step < budget {
		s.tick()
		p := main
		if s.source.IntN(100) < 25 {
			p = s.source.Parties[s.source.IntN(len(s.source.Parties))]
		}
		s.call(s.source.Next(p), followUps)
	}
	if where := s.oracle.Differs(s.subject); where != "" {
		s.fail(where, generate.Call{}, nil, []string{"the rows of " + where + " are not the same at the end"})
	}
}

// human makes an address of some text: 20 bytes.
func human(text string) string {
	a, err := prefix.Human(fmt.Appendf(nil, "%-20.20s", text))
	if err != nil {
		panic(err) // 20 bytes are an address
	}
	return a
}

func (s *sequence) tick() {
	for _, w := range []*world.World{s.oracle, s.subject} {
		w.Block.Height++
		w.Block.Time += 5_000_000_000
	}
	s.source.Height, s.source.Time = s.oracle.Block.Height, uint64(s.oracle.Block.Time)
}

// create instantiates a contract. It stays empty if that fails five times, which burner does always.
func (s *sequence) create(c Contract) generate.Party {
	p := generate.Party{Family: c.Family, Address: human(fmt.Sprintf("contract %d", len(s.codes)))}
	s.oracle.Add(p.Address, s.source.Users[0], c.oracle, c.CodeID)
	s.subject.Add(p.Address, s.source.Users[0], c.subject, c.CodeID)
	s.codes[p.Address] = c
	s.tick()
	for range 5 {
		if s.call(s.source.Instantiate(p), 0) {
			break
		}
	}
	for _, denom := range s.source.Denoms {
		s.oracle.Mint(p.Address, denom, 10_000)
		s.subject.Mint(p.Address, denom, 10_000)
	}
	s.source.Parties = append(s.source.Parties, p)
	return p
}

// call makes a call in both worlds, and then the calls that the contract asked for. It reports whether the contract
// succeeded.
func (s *sequence) call(c generate.Call, follow int) bool {
	if c.Entry == "migrate" {
		defer s.become(c.Contract)()
	}
	args, differences := s.args(c)
	if len(differences) > 0 {
		s.fail(s.codes[c.Contract].Name, c, args, differences)
	}
	limit := uint64(gasLimit)
	switch {
	case strings.Contains(string(c.Msg), "_loop"):
		limit = loopLimit
	case s.source.IntN(100) < 2:
		limit = s.source.Uint64N(limit)
	}
	if s.source.IntN(100) < 9 {
		s.edges(c, args, limit)
	}
	funds := coins(c.Funds)
	if len(funds) > 0 && (!s.oracle.Send(c.Sender, c.Contract, funds) || !s.subject.Send(c.Sender, c.Contract, funds)) {
		return false
	}
	out, ok := s.both(c, args, limit)
	succeeded, response := s.judge(c, out)
	if !ok || !succeeded || c.Entry == "query" {
		s.oracle.Rollback(c.Contract)
		s.subject.Rollback(c.Contract)
		s.back(c, funds)
		return ok && succeeded
	}
	s.oracle.Commit(c.Contract)
	s.subject.Commit(c.Contract)
	if response != nil && follow > 0 {
		s.deliver(c.Contract, response.Messages, follow-1)
	}
	return true
}

// become gives a contract the code of another of its family, or that of burner, before it is migrated. What is returned
// has to be called when it was; the code stays now and then.
func (s *sequence) become(address string) func() {
	was := s.codes[address]
	of := s.lab.of(was.Family)
	if s.source.IntN(100) < 30 {
		of = append(of, s.lab.of("burner")...)
	}
	next := of[s.source.IntN(len(of))]
	set := func(c Contract) {
		s.oracle.Become(address, c.oracle, c.CodeID)
		s.subject.Become(address, c.subject, c.CodeID)
		s.codes[address] = c
	}
	set(next)
	return func() {
		if next.Family != was.Family || s.source.IntN(100) < 50 {
			set(was)
		}
	}
}

// args encodes what the entry point is given, and says where wire would have it otherwise.
func (s *sequence) args(c generate.Call) (args [][]byte, differences []string) {
	var tx *types.TransactionInfo
	if c.Entry != "query" || s.source.IntN(2) == 0 {
		tx = &types.TransactionInfo{Index: s.source.Uint32N(100)}
		if s.source.IntN(2) == 0 {
			tx.Hash = fmt.Appendf(nil, "%032d", s.step)
		}
	}
	env := s.oracle.Env(c.Contract, tx)
	args = [][]byte{encode(env), c.Msg}
	info := types.MessageInfo{Sender: c.Sender, Funds: coins(c.Funds)}
	switch c.Entry {
	case "instantiate", "execute":
		args = [][]byte{args[0], encode(info), c.Msg}
	case "migrate":
		if s.source.IntN(4) > 0 {
			info := types.MigrateInfo{Sender: c.Sender}
			if s.source.IntN(2) == 0 {
				version := s.source.Uint64N(500)
				info.OldMigrateVersion = &version
			}
			args = append(args, encode(info))
		}
	}
	return args, encoded(c.Entry, env, info, args)
}

func coins(of []generate.Coin) []types.Coin {
	var coins []types.Coin
	for _, c := range of {
		coins = append(coins, types.Coin{Denom: c.Denom, Amount: c.Amount})
	}
	return coins
}

// back returns funds to a sender whose call failed.
func (s *sequence) back(c generate.Call, funds []types.Coin) {
	s.oracle.Send(c.Contract, c.Sender, funds)
	s.subject.Send(c.Contract, c.Sender, funds)
}

// edges makes the same call with limits at which it just ends, or just does not, and takes back what it wrote.
func (s *sequence) edges(c generate.Call, args [][]byte, limit uint64) {
	out, ok := s.both(c, args, limit)
	s.undo(c)
	if !ok {
		return
	}
	need := out.Used + out.External
	for _, l := range []uint64{need, need - min(need, 1), need + 1, s.source.Uint64N(need + 1), s.source.Uint64N(need + 1)} {
		s.both(c, args, l)
		s.undo(c)
		s.report.of(s.codes[c.Contract].Name).Limits++
	}
}

func (s *sequence) undo(c generate.Call) {
	s.oracle.Rollback(c.Contract)
	s.subject.Rollback(c.Contract)
}

// both makes the call on both machines and compares. It reports whether they agree.
func (s *sequence) both(c generate.Call, args [][]byte, limit uint64) (world.Step, bool) {
	s.step++
	a := s.oracle.Run(c.Contract, c.Entry, args, limit)
	b := s.subject.Run(c.Contract, c.Entry, args, limit)
	r := s.report.of(s.codes[c.Contract].Name)
	r.Steps++
	r.Gas += a.Used
	r.Accesses += len(a.Accesses)
	switch ok, _ := s.judge(c, a); {
	case errors.Is(a.Err, machine.ErrOutOfGas):
		r.OutOfGas++
	case a.Err != nil:
		r.Failed++
	case ok:
		r.Succeeded++
	default:
		r.Refused++
	}
	if a.Err != nil && b.Err != nil {
		s.report.texts(a.Err, b.Err)
	}
	if s.verbose != nil {
		s.verbose(fmt.Sprintf("%d.%d %s %s %s\n   limit %d used %d external %d: %s %v", s.number, s.step, s.codes[c.Contract].Name, c.Entry,
			brief(string(c.Msg)), limit, a.Used, a.External, brief(string(a.Result)), a.Err))
	}
	differences := compare(a, b)
	if a.Err == nil && s.codes[c.Contract].Family != "probe" {
		differences = append(differences, understood(c.Entry, a.Result)...)
	}
	for _, request := range b.Requests {
		differences = append(differences, asked(request)...)
	}
	if len(differences) > 0 {
		s.fail(s.codes[c.Contract].Name, c, args, append(differences, fmt.Sprintf("limit: %d", limit),
			fmt.Sprintf("errors: oracle %v, subject %v", a.Err, b.Err)))
	}
	return a, len(differences) == 0
}

func (s *sequence) fail(name string, c generate.Call, args [][]byte, differences []string) {
	m := Mismatch{Seed: s.seed, Sequence: s.number, Budget: s.budget, Step: s.step, Contract: name, Entry: c.Entry, Differences: differences}
	for _, a := range args {
		m.Args = append(m.Args, brief(string(a)))
	}
	s.report.fail(m)
}

// judge reads what a contract returned: whether it is content, and the messages it asks for. The probe is always
// content with what it returns, which is no JSON.
func (s *sequence) judge(c generate.Call, out world.Step) (bool, *types.Response) {
	if out.Err != nil {
		return false, nil
	}
	if s.codes[c.Contract].Family == "probe" {
		return true, nil
	}
	var result struct {
		Ok  json.RawMessage `json:"ok"`
		Err string          `json:"error"`
	}
	if json.Unmarshal(out.Result, &result) != nil || result.Err != "" {
		return false, nil
	}
	var response types.Response
	if json.Unmarshal(result.Ok, &response) != nil {
		return true, nil // the answer of a query, for one
	}
	return true, &response
}

// deliver does what a contract asked for, as far as this world has it, and tells it of the outcome.
func (s *sequence) deliver(sender string, messages []types.SubMsg, follow int) {
	for _, m := range messages {
		if s.step >= s.budget {
			return
		}
		switch {
		case m.Msg.Wasm != nil && m.Msg.Wasm.Execute != nil:
			e := m.Msg.Wasm.Execute
			if _, ok := s.codes[e.ContractAddr]; ok {
				c := generate.Call{Contract: e.ContractAddr, Entry: "execute", Sender: sender, Msg: e.Msg}
				for _, f := range e.Funds {
					c.Funds = append(c.Funds, generate.Coin{Denom: f.Denom, Amount: f.Amount})
				}
				s.call(c, follow)
			}
		case m.Msg.Bank != nil && m.Msg.Bank.Send != nil:
			s.oracle.Send(sender, m.Msg.Bank.Send.ToAddress, m.Msg.Bank.Send.Amount)
			s.subject.Send(sender, m.Msg.Bank.Send.ToAddress, m.Msg.Bank.Send.Amount)
		}
		if slices.Contains([]string{"always", "success", "error"}, m.ReplyOn.String()) {
			s.call(s.source.Reply(sender, m.ID, m.Payload), follow)
		}
	}
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // types of wasmvm can be encoded
	}
	return b
}
