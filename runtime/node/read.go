package node

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
)

// reading is what a read about one actor needs.
func reading(name string, a actor.Address) (need, error) {
	return need{role: claims.Reader, actor: string(a)}, valid(name, a)
}

func limitOf(limit int) (int, error) {
	if limit < 0 {
		return 0, errorf(api.CodeBadRequest, "limit: it is 0 or more, not %d", limit)
	}
	return limit, nil
}

func aboutQuery(q *api.QueryRequest) (need, error)     { return reading("to", q.To) }
func aboutGet(q *api.GetRequest) (need, error)         { return reading("actor", q.Actor) }
func aboutScan(q *api.ScanRequest) (need, error)       { return reading("actor", q.Actor) }
func aboutHistory(q *api.HistoryRequest) (need, error) { return reading("actor", q.Actor) }
func aboutActor(q *api.ActorRequest) (need, error)     { return reading("address", q.Address) }

func smart(ctx context.Context, n *Node, _ *request, q *api.QueryRequest) (*api.Answer, error) {
	n.counts.queries.Add(1)
	a, err := n.reader.Smart(ctx, q.To, q.Body)
	if err != nil {
		return nil, err
	}
	return &api.Answer{Data: a.Data, Sequence: a.Sequence, GasUsed: a.GasUsed}, nil
}

func get(_ context.Context, n *Node, _ *request, q *api.GetRequest) (*api.Value, error) {
	n.counts.queries.Add(1)
	value, found, err := n.reader.Get(q.Actor, q.Key)
	if err != nil {
		return nil, err
	}
	if found && value == nil {
		value = []byte{}
	}
	return &api.Value{Found: found, Value: value}, nil
}

func scan(_ context.Context, n *Node, _ *request, q *api.ScanRequest) (*api.Page, error) {
	n.counts.queries.Add(1)
	limit, err := limitOf(q.Limit)
	if err != nil {
		return nil, err
	}
	rg := query.Range{Prefix: q.Prefix, Start: q.Start, End: q.End, Limit: limit, Token: q.Token}
	if q.Descending {
		rg.Order = actor.Descending
	}
	page, err := n.reader.Scan(q.Actor, rg)
	if err != nil {
		return nil, err
	}
	out := &api.Page{Pairs: make([]api.Pair, len(page.Pairs)), Token: page.Token, Sequence: page.Sequence}
	for i, p := range page.Pairs {
		out.Pairs[i] = api.Pair{Key: p.Key, Value: p.Value}
	}
	return out, nil
}

func history(ctx context.Context, n *Node, _ *request, q *api.HistoryRequest) (*api.History, error) {
	limit, err := limitOf(q.Limit)
	if err != nil {
		return nil, err
	}
	list, next, err := n.reader.Versions(ctx, q.Actor, q.Key, q.Before, limit)
	if err != nil {
		return nil, err
	}
	out := &api.History{Versions: make([]api.Version, len(list)), Before: next}
	for i, v := range list {
		out.Versions[i] = api.Version{Sequence: v.Sequence, Time: v.Time, Deleted: v.Deleted, Value: v.Value}
	}
	return out, nil
}

// actors lists those that the caller may read: a page may be empty and have a token.
func actors(_ context.Context, n *Node, rq *request, q *api.ActorsRequest) (*api.Actors, error) {
	limit, err := limitOf(q.Limit)
	if err != nil {
		return nil, err
	}
	list, err := n.reader.Actors(q.Prefix, limit, q.Token)
	if err != nil {
		return nil, err
	}
	covers, err := n.covering(rq)
	if err != nil {
		return nil, err
	}
	out := &api.Actors{Actors: []api.Actor{}, Token: list.Token, Sequence: list.Sequence}
	for i := range list.Actors {
		if a := &list.Actors[i]; covers == nil || covers(a.Address) {
			out.Actors = append(out.Actors, actorOf(a))
		}
	}
	return out, nil
}

func actorInfo(_ context.Context, n *Node, _ *request, q *api.ActorRequest) (*api.Actor, error) {
	a, err := n.reader.Actor(q.Address)
	if err != nil {
		return nil, err
	}
	out := actorOf(&a)
	out.Schema = n.host.Schema(a.Module)
	out.Paused, err = n.pausedActor(q.Address)
	return &out, err
}

// aboutReceipt lets everybody ask for what he himself has sent; by a sequence one could find anybody's.
func aboutReceipt(q *api.ReceiptRequest) (need, error) {
	switch {
	case (q.ID == "") == (q.Sequence == 0):
		return need{}, errorf(api.CodeBadRequest, "a receipt has a sequence, or the id of a request: give one of them")
	case q.ID != "":
		return need{role: claims.Reader}, nil
	}
	return need{role: claims.Reader, actor: claims.Everything}, nil
}

func receipt(_ context.Context, n *Node, rq *request, q *api.ReceiptRequest) (*api.Receipt, error) {
	if q.Sequence != 0 {
		r, err := n.reader.Receipt(q.Sequence)
		if err != nil {
			return nil, n.missing(q.Sequence, err)
		}
		return receiptOf(&r, nil, rq.who.Key), nil
	}
	id := q.ID
	if rq.who.Key != "" {
		id = rq.who.Key + "/" + id
	}
	r, err := n.reader.ReceiptOf(id)
	if err != nil {
		return nil, err
	}
	return receiptOf(&r, nil, rq.who.Key), nil
}

// missing tells what is not there yet from what is not kept.
func (n *Node) missing(seq uint64, err error) error {
	head, headErr := n.reader.Head()
	if headErr == nil && seq <= head.Sequence && (errors.Is(err, query.ErrNotFound) || errors.Is(err, query.ErrNoTrace)) {
		return errorf(api.CodeTooOld, "%s", err)
	}
	return err
}

func log(ctx context.Context, n *Node, rq *request, q *api.LogRequest) (*api.Log, error) {
	limit, err := limitOf(q.Limit)
	if err != nil {
		return nil, err
	}
	if q.Last < 0 || q.Last > 0 && q.From > 0 {
		return nil, errorf(api.CodeBadRequest, "last: it is how many entries at the end are wanted, without from")
	}
	head, err := n.reader.Head()
	if err != nil {
		return nil, err
	}
	from := q.From
	if q.Last > 0 {
		last := min(q.Last, query.MaxLimit)
		from = head.Sequence - min(uint64(last), head.Sequence) + 1
		if limit == 0 {
			limit = last
		}
	}
	list, err := n.reader.Log(from, limit)
	if err == nil && q.Last > 0 {
		list, err = n.toHead(list, limit, head.Sequence)
	}
	if err != nil {
		return nil, err
	}
	out := &api.Log{Entries: make([]api.Entry, len(list)), Head: head.Sequence}
	for i := range list {
		out.Entries[i] = entryOf(&list[i], rq.who.Key)
		out.Head = max(out.Head, list[i].Command.Sequence)
	}
	if q.Changes {
		return out, n.addChanges(ctx, out.Entries)
	}
	return out, nil
}

// lastPages is how many pages of the log an answer may have to whoever asks for the last entries.
const lastPages = 16

// toHead adds to a page of the log those behind it, up to head: a page ends early where entries are large, as installations
// are. Where there are more than lastPages it is the older entries that are left out.
func (n *Node) toHead(list []query.Entry, limit int, head uint64) ([]query.Entry, error) {
	ends := []int{len(list)} // of the pages, in list
	for len(list) > 0 && len(list) < limit {
		at := list[len(list)-1].Command.Sequence
		if at >= head {
			break
		}
		page, err := n.reader.Log(at+1, limit-len(list))
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			break
		}
		if list = append(list, page...); len(ends) == lastPages {
			first := ends[0]
			list, limit, ends = list[first:], limit-first, ends[1:]
			for i := range ends {
				ends[i] -= first
			}
		}
		ends = append(ends, len(list))
	}
	return list, nil
}

// addChanges fills in what entries of the log, which are in order, wrote.
func (n *Node) addChanges(ctx context.Context, list []api.Entry) error {
	for i := 0; i < len(list); {
		from := list[i].Sequence - 1
		notices, upto, err := n.reader.Past(ctx, query.WatchOptions{Keys: true, From: from})
		switch {
		case errors.Is(err, query.ErrTooOld), err == nil && upto == from:
			return nil // there are no receipts that would say
		case err != nil:
			return err
		}
		for j := range notices {
			for i < len(list) && list[i].Sequence < notices[j].Sequence {
				i++
			}
			if i < len(list) && list[i].Sequence == notices[j].Sequence {
				list[i].Changes = changesOf(notices[j].Changes)
			}
		}
		for i < len(list) && list[i].Sequence <= upto {
			i++
		}
	}
	return nil
}

func modules(_ context.Context, n *Node, _ *request, _ *api.Empty) (*api.Modules, error) {
	list, err := n.reader.Modules()
	if err != nil {
		return nil, err
	}
	out := &api.Modules{Modules: make([]api.Module, len(list))}
	for i := range list {
		out.Modules[i] = n.moduleOf(&list[i])
	}
	return out, nil
}

func module(_ context.Context, n *Node, _ *request, q *api.ModuleRequest) (*api.Module, error) {
	m, code, err := n.reader.Code(q.Name)
	if err != nil {
		return nil, err
	}
	out := n.moduleOf(&m)
	if code == nil {
		return &out, nil
	}
	in, err := runtime.Inspect(code)
	if err != nil {
		return nil, fmt.Errorf("node: the code of module %s: %w", q.Name, err)
	}
	out.Contract = in.IsContract
	for i := range in.Module.Imports {
		imp := &in.Module.Imports[i]
		out.Imports = append(out.Imports, imp.Module+"."+imp.Name)
	}
	for _, exp := range in.Module.Exports {
		out.Exports = append(out.Exports, exp.Name)
	}
	if q.Code {
		out.Code = code
	}
	return &out, nil
}

// info is Info, and who asks.
func info(_ context.Context, n *Node, rq *request, _ *api.Empty) (*api.Info, error) {
	out := n.Info()
	head, err := n.reader.Head()
	if err != nil {
		return &out, nil // State says so
	}
	out.Sequence, out.Root, out.Key = head.Sequence, head.Root.String(), rq.who.Key
	if chain := n.host.Chain(); chain != nil {
		out.Chain = chain.ID
	}
	list, err := n.grantsOf(rq.who.Key)
	if err != nil {
		return nil, err
	}
	for i := range list {
		g := &list[i]
		if !g.Active(rq.now) {
			continue
		}
		if out.KeyName == "" {
			out.KeyName = g.Name
		}
		if role := string(g.Role); !slices.Contains(out.Roles, role) {
			out.Roles = append(out.Roles, role)
		}
	}
	return &out, nil
}
