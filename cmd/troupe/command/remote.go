package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/client"
	"github.com/troupe-run/troupe/state"
)

// A remote is a server as a place.
type remote struct {
	*client.Client
	url  string
	key  claims.Key
	node string // the public key of the node that it should be; empty: whoever answers
	// replaced tells what to do if another node answers.
	replaced string
}

func (s *remote) called() string { return "the server " + s.url }

// close ends the connection. What it says does not matter: all answers are there.
func (s *remote) close() {
	_ = s.Client.Close()
	s.key.Wipe()
}

// explained finds out why a server does not believe a signature: another node may answer where this one was.
func (s *remote) explained(ctx context.Context, err error) error {
	var failed *api.Error
	if s.node == "" || !errors.As(err, &failed) || failed.Code != api.CodeUnauthenticated {
		return err
	}
	if info, helloErr := s.hello(ctx); helloErr == nil && info.Host != s.node {
		return deniedf("%s is not the node that it was: its key is %s now, and was %s; %s", s.url, info.Host, s.node, s.replaced)
	}
	return err
}

func (s *remote) hello(ctx context.Context) (*api.Info, error) {
	way, err := dial(ctx, s.url, s.key)
	if err != nil {
		return nil, err
	}
	defer way.Close()
	return client.Hello(ctx, way)
}

func (s *remote) head(ctx context.Context) (uint64, error) {
	info, err := s.Info(ctx)
	if err != nil {
		return 0, localError(err)
	}
	return info.Sequence, nil
}

func (s *remote) get(ctx context.Context, who actor.Address, key []byte) ([]byte, bool, error) {
	v, err := s.Get(ctx, &api.GetRequest{Actor: who, Key: nonNil(key)})
	if err != nil {
		return nil, false, localError(err)
	}
	return v.Value, v.Found, nil
}

func (s *remote) scan(ctx context.Context, who actor.Address, rg query.Range) (page query.Page, err error) {
	p, err := s.Scan(ctx, &api.ScanRequest{Actor: who, Prefix: rg.Prefix, Start: rg.Start, End: rg.End,
		Descending: rg.Order == actor.Descending, Limit: rg.Limit, Token: rg.Token})
	if err != nil {
		return page, pageError(err, rg.Token)
	}
	page.Token, page.Sequence = p.Token, p.Sequence
	for _, pair := range p.Pairs {
		page.Pairs = append(page.Pairs, query.Pair{Key: pair.Key, Value: pair.Value})
	}
	return page, nil
}

// pageError is the error of a list that an earlier page is gone on from.
func pageError(err error, token string) error {
	var failed *api.Error
	if token != "" && errors.As(err, &failed) && failed.Code == api.CodeBadRequest {
		return fmt.Errorf("%w: %w", query.ErrToken, err)
	}
	return localError(err)
}

func (s *remote) actors(ctx context.Context, prefix string, limit int, token string) (out query.Listing, err error) {
	list, err := s.Actors(ctx, &api.ActorsRequest{Prefix: prefix, Limit: limit, Token: token})
	if err != nil {
		return out, pageError(err, token)
	}
	out.Token, out.Sequence = list.Token, list.Sequence
	for i := range list.Actors {
		out.Actors = append(out.Actors, infoFrom(&list.Actors[i]))
	}
	return out, nil
}

func infoFrom(a *api.Actor) query.Info {
	return query.Info{Address: a.Address, Module: a.Module, Creator: a.Creator, Admin: a.Admin, Created: a.Created}
}

func (s *remote) actor(ctx context.Context, who actor.Address) (query.Info, error) {
	a, err := s.Actor(ctx, &api.ActorRequest{Address: who})
	if err != nil {
		return query.Info{}, localError(err)
	}
	return infoFrom(a), nil
}

func (s *remote) ask(ctx context.Context, who actor.Address, body []byte) (query.Answer, error) {
	a, err := s.Query(ctx, &api.QueryRequest{To: who, Body: body})
	if err != nil {
		return query.Answer{}, localError(err)
	}
	return query.Answer{Data: a.Data, Sequence: a.Sequence, GasUsed: a.GasUsed}, nil
}

func (s *remote) log(ctx context.Context, from uint64, limit int) ([]entry, error) {
	l, err := s.Log(ctx, &api.LogRequest{From: from, Limit: limit})
	if err != nil {
		return nil, localError(err)
	}
	entries := make([]entry, len(l.Entries))
	for i := range l.Entries {
		if entries[i], err = entryFrom(&l.Entries[i]); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

func (s *remote) changes(ctx context.Context, e *entry) (changes []query.Change, err error) {
	l, err := s.Log(ctx, &api.LogRequest{From: e.Command.Sequence, Limit: 1, Changes: true})
	if err != nil {
		return nil, localError(err)
	}
	for i := range l.Entries {
		for _, c := range l.Entries[i].Changes {
			changes = append(changes, query.Change{Actor: c.Actor, Key: c.Key, Value: c.Value, Deleted: c.Deleted})
		}
	}
	return changes, nil
}

func (s *remote) receipt(ctx context.Context, seq uint64) (*state.Receipt, error) {
	r, err := s.Receipt(ctx, &api.ReceiptRequest{Sequence: seq})
	if err != nil {
		return nil, localError(err)
	}
	return receiptFrom(r)
}

func (s *remote) receiptOf(ctx context.Context, id string) (*state.Receipt, error) {
	r, err := s.Receipt(ctx, &api.ReceiptRequest{ID: id})
	if err != nil {
		return nil, localError(err)
	}
	return receiptFrom(r)
}

func (s *remote) trace(ctx context.Context, seq uint64) (*dispatch.Trace, error) {
	t, err := s.Trace(ctx, &api.TraceRequest{Sequence: seq})
	var failed *api.Error
	switch {
	case errors.As(err, &failed) && failed.Code == api.CodeNotFound:
		return &dispatch.Trace{Sequence: seq}, nil // an entry of the host's own: it was there when the log was asked
	case err != nil:
		return nil, localError(err)
	}
	return traceFrom(t)
}

func (s *remote) modules(ctx context.Context) ([]module, error) {
	list, err := s.Modules(ctx)
	if err != nil {
		return nil, localError(err)
	}
	out := make([]module, len(list.Modules))
	for i := range list.Modules {
		if out[i], err = moduleFrom(&list.Modules[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func moduleFrom(m *api.Module) (module, error) {
	out := module{Module: state.Module{ID: m.Name, Kind: m.Kind, Bound: m.Bound, Size: m.Size}, here: m.Here, text: m.Text}
	if m.Schema != nil {
		var d typed.Description
		if err := json.Unmarshal(m.Schema, &d); err != nil {
			return out, fmt.Errorf("the schema of module %s: %w", m.Name, err)
		}
		out.messages = d.Messages
	}
	return out, hashFrom(m.Hash, &out.Hash)
}

func (s *remote) code(ctx context.Context, id actor.ModuleID) ([]byte, error) {
	m, err := s.Module(ctx, &api.ModuleRequest{Name: id, Code: true})
	if err != nil {
		return nil, localError(err)
	}
	return m.Code, nil
}

func (s *remote) do(ctx context.Context, req *dispatch.Request) (*state.Receipt, error) {
	msg := &req.Message
	answer, err := s.Send(ctx, &api.SendRequest{To: msg.To, Body: msg.Body, Kind: msg.Kind.String(), Module: msg.Module, Admin: msg.Admin,
		Funds: msg.Funds, As: req.Sender, ID: req.ID, Trace: req.Trace != nil})
	if req.Sender == "" && msg.Kind != actor.KindSudo {
		req.Sender = actor.Address(s.Key())
	}
	var failed *api.Error
	if errors.As(err, &failed) {
		answer = failed.Receipt
		failed.Message = ownIDs(failed.Message, s.Key())
	}
	err = localError(err)
	var tx *runtime.TxError
	if errors.As(err, &tx) {
		tx.Sender = req.Sender
	}
	if answer == nil {
		return nil, err
	}
	if req.ID == "" {
		answer.RequestID = "" // what the client made up says nothing to people
	}
	receipt, convertErr := receiptFrom(answer)
	if convertErr == nil && answer.Trace != nil && req.Trace != nil {
		var t *dispatch.Trace
		if t, convertErr = traceFrom(answer.Trace); convertErr == nil {
			*req.Trace = *t
		}
	}
	return receipt, errors.Join(err, convertErr)
}

func (s *remote) install(ctx context.Context, in *installation) (state.Module, error) {
	if in.sender != "" {
		return state.Module{}, usagef("--as is for whoever has the data directory open: on a server the sender of the migrate messages is your key")
	}
	before := map[actor.ModuleID]uint64{}
	list, err := s.modules(ctx)
	if err != nil {
		return state.Module{}, err
	}
	code, err := runtime.Inspect(in.code)
	if err != nil {
		return state.Module{}, err
	}
	for i := range list {
		if string(list[i].ID) == in.name && list[i].Hash == code.Hash && !in.migrate {
			return list[i].Module, nil // a request with an id is a transaction, even if it changes nothing
		}
		before[list[i].ID] = list[i].Bound
	}
	answer, err := s.Install(ctx, &api.InstallRequest{Name: in.name, Code: in.code, Replace: in.replace, Migrate: in.migrate, MigrateBody: in.body})
	seq := uint64(0)
	var failed *api.Error
	switch {
	case err == nil:
		seq = answer.Bound
	case errors.As(err, &failed):
		seq = failed.Sequence
	}
	if was, there := before[actor.ModuleID(in.name)]; seq != 0 && (!there || was != seq) {
		in.trace.Root = new(dispatch.Span) // something has changed, or would have
		if in.traced {
			if t, traceErr := s.trace(ctx, seq); traceErr == nil && t.Root != nil {
				in.trace = *t
			}
		}
	}
	if err != nil {
		return state.Module{}, fmt.Errorf("install %s: %w", in.name, localError(err))
	}
	m, err := moduleFrom(answer)
	return m.Module, err
}

func (s *remote) chained(ctx context.Context) (bool, error) {
	info, err := s.Info(ctx)
	if err != nil {
		return false, localError(err)
	}
	return info.Chain != "", nil
}
