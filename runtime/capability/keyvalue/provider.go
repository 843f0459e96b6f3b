package keyvalue

import (
	"context"
	"strings"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
)

// The codes of refusals, beside those of packages actor and capability. They and their texts are part of receipts.
const (
	CodeWrongType    = "wrong_type"     // the key holds another kind of value
	CodeNotANumber   = "not_a_number"   // the text to increment is no whole number
	CodeOutOfRange   = "out_of_range"   // the sum does not fit into 32 bits
	CodeInvalidStore = "invalid_store"  // the value store of the link
	CodeDamaged      = "damaged_record" // a row that this package has not written
)

// Actor returns the provider: one value serves all of them.
func Actor() actor.Actor { return capability.NewProvider(capability.KeyValue, handler{}) }

type handler struct{}

// operations are those of the contract, by name.
var operations = map[string]operation{
	messages.Get:             {get, false},
	messages.Contains:        {contains, false},
	messages.ListRange:       {listRange, false},
	messages.SetQuery:        {setQuery, false},
	messages.SetUnion:        {setUnion, false},
	messages.SetIntersection: {setIntersection, false},
	messages.Set:             {set, true},
	messages.Del:             {del, true},
	messages.Increment:       {increment, true},
	messages.ListAdd:         {listAdd, true},
	messages.ListDel:         {listDel, true},
	messages.ListClear:       {listClear, true},
	messages.SetAdd:          {setAdd, true},
	messages.SetDel:          {setDel, true},
	messages.SetClear:        {setClear, true},
}

type operation struct {
	serve  func(s *store, payload []byte) ([]byte, error)
	writes bool
}

// Serve implements capability.Handler.
func (handler) Serve(_ context.Context, req *capability.Request) ([]byte, error) {
	op, ok := operations[req.Operation]
	if !ok {
		return nil, capability.ErrNoOperation(req.Operation)
	}
	s, err := open(req)
	if err != nil {
		return nil, err
	}
	if op.writes && s.state == nil {
		return nil, actor.Errorf(actor.CodeReadOnly, "%s writes, and a query cannot: send a message instead", req.Operation)
	}
	return op.serve(s, req.Payload)
}

// store is the keys that one link sees, in one call.
type store struct {
	rows  actor.Reader
	state actor.State // nil in a query
	now   time.Time
	// space begins every key: the name of the store, a zero byte, and the prefix.
	space string
}

func open(req *capability.Request) (*store, error) {
	s := &store{rows: req.State()}
	if req.Env != nil {
		s.state, s.now = req.Env.State, req.Env.Time
	} else {
		s.now = req.View.Time
	}
	var name, prefix string
	if req.Link != nil {
		name, _ = req.Link.Value(req.Provider, "store")
		prefix, _ = req.Link.Value(req.Provider, "prefix")
	}
	if strings.IndexByte(name, 0) >= 0 {
		return nil, actor.Errorf(CodeInvalidStore, "the store of the link of %s has a zero byte in its name: put the link with another one", req.From)
	}
	s.space = name + "\x00" + prefix
	return s, nil
}
