package node

import (
	"context"
	"path/filepath"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/state"
)

// kinds are what a send may be, with the role that it takes.
var kinds = map[string]struct {
	kind actor.Kind
	role claims.Role
}{
	"":            {actor.KindExecute, claims.Caller},
	"execute":     {actor.KindExecute, claims.Caller},
	"instantiate": {actor.KindInstantiate, claims.Deployer},
	"migrate":     {actor.KindMigrate, claims.Deployer},
	"set_admin":   {actor.KindSetAdmin, claims.Deployer},
	"sudo":        {actor.KindSudo, claims.Operator},
}

func aboutSend(q *api.SendRequest) (need, error) {
	k, ok := kinds[q.Kind]
	if !ok {
		return need{}, errorf(api.CodeBadRequest, "kind: it is execute, instantiate, migrate, set_admin or sudo, not %.40q", q.Kind)
	}
	what := need{role: k.role, actor: string(q.To), as: string(q.As)}
	if q.To != "" || k.kind != actor.KindInstantiate {
		if err := valid("to", q.To); err != nil {
			return need{}, err
		}
	} else {
		// The host picks the address, below the name of the module.
		what.actor = string(q.Module) + "/"
	}
	if access.Reserved(q.To) {
		what.role, what.actor = operating.role, operating.actor
	}
	if q.As != "" {
		if err := q.As.ValidateSender(); err != nil {
			return need{}, errorf(api.CodeBadRequest, "as: %s", actor.AsError(err).Message)
		}
	}
	return what, nil
}

func send(ctx context.Context, n *Node, rq *request, q *api.SendRequest) (*api.Receipt, error) {
	id, err := rq.logID(q.ID)
	if err != nil {
		return nil, err
	}
	req := dispatch.Request{ID: id, Sender: q.As, Signer: rq.who.Key, Message: actor.Message{Kind: kinds[q.Kind].kind, To: q.To, Body: q.Body,
		Module: q.Module, Admin: q.Admin, Funds: q.Funds}}
	switch {
	case req.Message.Kind == actor.KindSudo:
		req.Sender = ""
	case req.Sender == "" && rq.who.Key == "":
		return nil, errorf(api.CodeBadRequest, "as: a message that nobody has signed says who it is from")
	case req.Sender == "":
		req.Sender = actor.Address(rq.who.Key)
	}
	if q.Trace {
		req.Trace = new(dispatch.Trace)
	}
	return n.submit(ctx, rq, req)
}

// submit runs a transaction.
func (n *Node) submit(ctx context.Context, rq *request, req dispatch.Request) (*api.Receipt, error) {
	before, err := n.reader.Head()
	if err != nil {
		return nil, err
	}
	rq.tx = true
	asked := req.Trace
	if asked == nil && rq.recording != nil {
		req.Trace = new(dispatch.Trace)
	}
	r, err := n.host.Do(ctx, req)
	if r == nil {
		return nil, err
	}
	rq.tree = req.Trace
	return n.outcome(rq, before.Sequence, r, asked, err)
}

// outcome tells what came of a transaction. Err is a *runtime.TxError if it was rolled back. What is not
// behind the transaction that was the last one before is an answer that was given earlier.
func (n *Node) outcome(rq *request, before uint64, r *state.Receipt, t *dispatch.Trace, err error) (*api.Receipt, error) {
	out := receiptOf(r, t, rq.who.Key)
	rq.repeated = r.Sequence <= before
	if err != nil {
		e := errorOf(err, true)
		e.Receipt = out
		return nil, e
	}
	return out, nil
}

func aboutInstall(q *api.InstallRequest) (need, error) {
	name := actor.Address(q.Name)
	switch {
	case !name.Valid() || name.Key() != "":
		return need{}, errorf(api.CodeBadRequest, "name: that of a module matches [a-z0-9][a-z0-9._-]*, and %.80q does not", q.Name)
	case access.Reserved(q.Name):
		return need{}, errorf(api.CodeBadRequest, "name: %s belongs to the host", q.Name)
	case len(q.Code) == 0:
		return need{}, errorf(api.CodeBadRequest, "code: there is none")
	}
	return need{role: claims.Deployer, actor: q.Name}, nil
}

func install(ctx context.Context, n *Node, rq *request, q *api.InstallRequest) (*api.Module, error) {
	id, err := rq.logID("")
	if err != nil {
		return nil, err
	}
	rq.tx = true
	m, err := n.host.Install(ctx, q.Name, q.Code, &runtime.InstallOptions{Replace: q.Replace, Migrate: q.Migrate, MigrateBody: q.MigrateBody,
		Sender: actor.Address(rq.who.Key), Signer: rq.who.Key, ID: id})
	if err != nil {
		return nil, err
	}
	out := n.moduleOf(&m)
	return &out, nil
}

// backup makes a copy in a folder of the node: a caller names it, and cannot leave the folder by the name.
func backup(ctx context.Context, n *Node, _ *request, q *api.BackupRequest) (*api.Backup, error) {
	if n.opts.BackupDir == "" {
		return nil, errorf(api.CodeUnavailable, "the node has no folder for backups: start it with one")
	}
	if name := actor.Address(q.Name); name.Validate() != nil || name.Key() != "" {
		return nil, errorf(api.CodeBadRequest, "name: that of a backup matches [a-z0-9][a-z0-9._-]*")
	}
	select {
	case n.backup <- struct{}{}:
		defer func() { <-n.backup }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	// What the copy has besides is behind this.
	head, err := n.reader.Head()
	if err != nil {
		return nil, err
	}
	if err := n.host.Backup(filepath.Join(n.opts.BackupDir, q.Name)); err != nil {
		if e := errorOf(err, false); e.Code == api.CodeConflict {
			return nil, errorf(api.CodeConflict, "there is a backup %s already: choose another name", q.Name)
		}
		return nil, err
	}
	n.opts.Logger.Info("backup made", "name", q.Name, "seq", head.Sequence)
	return &api.Backup{Name: q.Name, Sequence: head.Sequence, Root: head.Root.String()}, nil
}
