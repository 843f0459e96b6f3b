package dispatch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// MaxCode is the greatest size of the code of a module, in bytes. Limits.Body does not apply to code.
const MaxCode = 32 << 20

// Native is the kind of a module that is bound: a value of Go in some binary.
const Native = "native"

// An Installation makes code a module, or puts other code in the place of what a module has.
type Installation struct {
	Module actor.ModuleID
	// Kind is the dialect of the code, which whoever has looked at it knows.
	Kind string
	// Code is what the store keeps and the log holds: 1 to MaxCode bytes. The hash of the module is its SHA-256 sum.
	Code []byte
	// Replace allows the module to have other code now. Its actors go on with the new code.
	Replace bool
	// Migrate replaces, and calls Migrate of the new code on every actor of the module, in the order of addresses and in
	// the same transaction, with Body. If one of them fails, or Dispatcher.Authorize refuses it, nothing has changed.
	Migrate bool
	Body    []byte
	// Then, if it has a receiver, is a message of the operator of the host that is delivered when the module has the code, in
	// the same transaction: of KindSudo, with the receiver and the body. If it fails nothing has changed. Its data is that of
	// the receipt.
	Then actor.Message
}

// Hash returns the sum that the code goes by.
func (in *Installation) Hash() state.Hash { return sha256.Sum256(in.Code) }

// The envelope in Message.Body of the command: version, flags, the length of the dialect's name and the name, the length
// of the body and the body if there is one, likewise the receiver and the body of what follows, and then the code. It has one form for each installation.
const installationVersion = 1

// The flags.
const (
	flagReplace = 1 << iota
	flagMigrate
	flagBody // there is a body; nil and empty differ
	flagThen // something follows
	flagsEnd
)

// Message returns the message of the command that asks for the installation. It is the inverse of DecodeInstallation.
func (in *Installation) Message() actor.Message {
	flags := byte(0)
	if in.Replace || in.Migrate {
		flags |= flagReplace
	}
	if in.Migrate {
		flags |= flagMigrate
	}
	if in.Migrate && in.Body != nil {
		flags |= flagBody
	}
	if in.Then.To != "" {
		flags |= flagThen
	}
	b := make([]byte, 0, len(in.Code)+len(in.Body)+len(in.Kind)+len(in.Then.To)+len(in.Then.Body)+32)
	b = append(b, installationVersion, flags)
	b = append(binary.AppendUvarint(b, uint64(len(in.Kind))), in.Kind...)
	if flags&flagBody != 0 {
		b = append(binary.AppendUvarint(b, uint64(len(in.Body))), in.Body...)
	}
	if flags&flagThen != 0 {
		b = append(binary.AppendUvarint(b, uint64(len(in.Then.To))), in.Then.To...)
		b = append(binary.AppendUvarint(b, uint64(len(in.Then.Body))), in.Then.Body...)
	}
	return actor.Message{Module: in.Module, Body: append(b, in.Code...)}
}

// DecodeInstallation returns what the message of a command with state.OpInstall asks for. Code and Body are parts of the
// message.
func DecodeInstallation(msg *actor.Message) (Installation, error) {
	in := Installation{Module: msg.Module}
	b := msg.Body
	if len(b) < 2 {
		return Installation{}, installationError(errCutOff)
	}
	version, flags := b[0], b[1]
	if version != installationVersion || flags >= flagsEnd {
		return Installation{}, installationError(fmt.Errorf("version %d with flags %#x is unknown", version, flags))
	}
	in.Replace, in.Migrate = flags&flagReplace != 0, flags&flagMigrate != 0
	if in.Migrate && !in.Replace || flags&flagBody != 0 && !in.Migrate {
		return Installation{}, installationError(fmt.Errorf("the flags %#x contradict each other", flags))
	}
	kind, b, err := cutField(b[2:])
	if err == nil && flags&flagBody != 0 {
		in.Body, b, err = cutField(b)
	}
	if err == nil && flags&flagThen != 0 {
		in.Then, b, err = cutThen(b)
	}
	if err != nil {
		return Installation{}, installationError(err)
	}
	in.Kind, in.Code = string(kind), b
	return in, nil
}

// cutThen reads what follows an installation.
func cutThen(b []byte) (then actor.Message, rest []byte, err error) {
	to, b, err := cutField(b)
	if err == nil && len(to) == 0 {
		err = errors.New("what follows has no receiver")
	}
	if err != nil {
		return then, nil, err
	}
	body, rest, err := cutField(b)
	return actor.Message{Kind: actor.KindSudo, To: actor.Address(to), Body: body}, rest, err
}

var errCutOff = errors.New("it is cut off")

// cutField reads a field with its length before it, and returns what follows.
func cutField(b []byte) (field, rest []byte, err error) {
	n, size := binary.Uvarint(b)
	switch {
	case size == 0:
		return nil, nil, errCutOff
	case size < 0, size > 1 && b[size-1] == 0:
		return nil, nil, errors.New("a length is not minimal or too large")
	case n > uint64(len(b)-size):
		return nil, nil, errCutOff
	}
	end := size + int(n)
	return b[size:end:end], b[end:], nil
}

func installationError(err error) error {
	return fmt.Errorf("dispatch: an installation cannot be read: %w", err)
}

// check refuses what can never be installed.
func (in *Installation) check() *actor.Error {
	if err := actor.Address(in.Module).Validate(); err != nil || actor.Address(in.Module).Key() != "" {
		return actor.Errorf(actor.CodeInvalidAddress, "%.300q: the name of a module matches [a-z0-9][a-z0-9._-]*", string(in.Module))
	}
	switch {
	case !actor.Address(in.Kind).Valid() || in.Kind == Native:
		return actor.Errorf(actor.CodeMalformed, "module %q: %.300q is no dialect", string(in.Module), in.Kind)
	case len(in.Code) == 0:
		return actor.Errorf(actor.CodeMalformed, "module %q: there is no code", string(in.Module))
	case len(in.Code) > MaxCode:
		return actor.Errorf(actor.CodeBodyTooLarge, "module %q: code has at most %d bytes, this has %d",
			string(in.Module), MaxCode, len(in.Code))
	}
	return nil
}

// judge says whether the module may get code with this hash: now is what it has, if it is known. It reports done if
// that very code is there already.
func (in *Installation) judge(now *state.Module, known bool, hash state.Hash) (done bool, err *actor.Error) {
	switch {
	case !known:
		return false, nil
	case !now.Installed():
		return false, actor.Errorf(actor.CodeAlreadyExists,
			"module %q is bound to code that is part of a binary: install this under another name", string(in.Module))
	case now.Hash == hash && now.Kind == in.Kind:
		return true, nil
	case !in.Replace && !in.Migrate:
		return false, actor.Errorf(actor.CodeAlreadyExists, "module %q has other code, %s: ask to replace it", string(in.Module), now.Hash)
	}
	return false, nil
}

// An InstallRequest asks for an installation.
type InstallRequest struct {
	Installation
	// ID makes the request safe to repeat, and Signer is the key that has signed it: see Request.
	ID     string
	Signer string
	// Sender is who the migrations come from; it is empty for the operator of the host.
	Sender actor.Address
	// Trace, if not nil, is filled with the migrations as spans.
	Trace *Trace
}

// Install records in the log that a module has the code from now on.
//
// To install the same code again changes nothing, unless something follows: then there is neither a receipt nor an error, unless the request has an
// ID or a signer, because it must be found again, or decided on. That the name is taken by other code is an
// *actor.Error; so it is in the receipt, if that shows only when it is the command's turn. Like
// that of Submit a receipt is durable, and tells a migration that failed. Whoever submits code should have made sure
// that the Resolver has it: messages to actors of the module must be able to run.
func (e *Executor) Install(ctx context.Context, req InstallRequest) (*state.Receipt, error) {
	if req.Sender != "" {
		if err := req.Sender.ValidateSender(); err != nil {
			return nil, fmt.Errorf("dispatch: the sender: %w", err)
		}
	}
	if err := checkOrigin(req.ID, req.Signer); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	// The log need not hold code that is refused, or there already.
	if settled, err := e.settled(&req); settled || err != nil {
		return nil, err
	}
	return e.submit(ctx, &pending{trace: req.Trace, cmd: state.Command{Op: state.OpInstall, RequestID: req.ID,
		Sender: req.Sender, Signer: req.Signer, Message: req.Message()}})
}

// settled reports that there is nothing to do for a request, and returns why it is refused, as far as the latest durable
// state tells. A request that became a transaction is for the executor to answer.
func (e *Executor) settled(req *InstallRequest) (bool, error) {
	v := e.View()
	if v == nil {
		return false, cmp.Or(e.Err(), ErrClosed)
	}
	defer v.Release()
	if req.ID != "" {
		if _, known, err := e.partition.ReadRequest(v, req.ID); err != nil || known {
			return false, err
		}
	}
	now, known, err := e.partition.ReadModule(v, req.Module)
	if err != nil {
		return false, err
	}
	done, refused := req.judge(&now, known, req.Hash())
	if refused != nil {
		return false, refused
	}
	return done && req.ID == "" && req.Signer == "" && req.Then.To == "", nil
}
