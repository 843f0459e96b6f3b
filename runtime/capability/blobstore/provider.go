package blobstore

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// The codes of refusals, beside those of packages actor and capability. They and their texts are part of receipts.
const (
	CodeNotFound     = "not_found"     // no such container, object or upload
	CodeInvalidName  = "invalid_name"  // of a container or an object
	CodeInvalidChunk = "invalid_chunk" // not where the one before has ended
	CodeInvalidValue = "invalid_value" // of a link
)

// Bounds.
const (
	// MaxName is how long the names of containers and objects may be, in bytes.
	MaxName = 1024
	// DefaultChunk is how many bytes the first chunk of a download has, and each that follows; MaxChunk is the most that a
	// link can say.
	DefaultChunk = 1 << 20
	MaxChunk     = 2<<20 + 512<<10
	// MaxItems is how many objects a list has at most.
	MaxItems = 1000
)

// Actor returns the half of the provider inside of transactions. One value serves all providers of the kind.
func Actor() actor.Actor { return capability.NewProvider(capability.Blobstore, &handler{}) }

type handler struct{ memo capability.Memo }

var _ capability.Deliverer = &handler{}

// operations are those of the contract, by name.
var operations = map[string]operation{
	messages.ContainerExists:  {(*call).containerExists, false},
	messages.GetContainerInfo: {(*call).containerInfo, false},
	messages.ListContainers:   {(*call).listContainers, false},
	messages.ObjectExists:     {(*call).objectExists, false},
	messages.GetObjectInfo:    {(*call).objectInfo, false},
	messages.ListObjects:      {(*call).listObjects, false},
	messages.GetObject:        {(*call).getObject, false},
	messages.CreateContainer:  {(*call).createContainer, true},
	messages.RemoveContainers: {(*call).removeContainers, true},
	messages.RemoveObjects:    {(*call).removeObjects, true},
	messages.PutObject:        {(*call).putObject, true},
	messages.PutChunk:         {(*call).putChunk, true},
}

// operation returns what is to be answered, nil for nothing.
type operation struct {
	serve  func(*call) (any, error)
	writes bool
}

// Serve implements capability.Handler.
func (*handler) Serve(_ context.Context, req *capability.Request) ([]byte, error) {
	op, ok := operations[req.Operation]
	if !ok {
		return nil, capability.ErrNoOperation(req.Operation)
	}
	c, err := open(req)
	if err != nil {
		return nil, err
	}
	if op.writes && c.state == nil {
		return nil, errReadOnly(req.Operation)
	}
	answer, err := op.serve(c)
	if err != nil || answer == nil {
		return nil, err
	}
	return c.protocol.Encode(answer), nil
}

func errReadOnly(operation string) error {
	return actor.Errorf(actor.CodeReadOnly, "%s writes, and a query cannot: send a message instead", operation)
}

// call is one operation.
type call struct {
	store
	req      *capability.Request
	protocol pack.Protocol
	chunk    uint64 // the bytes of one
}

// store is the containers that one link sees.
type store struct {
	rows  actor.Reader
	state actor.State // nil in a query
	now   time.Time
	name  string
}

func open(req *capability.Request) (*call, error) {
	c := &call{req: req, protocol: pack.ProtocolOf(req.Payload), chunk: DefaultChunk}
	c.rows = req.State()
	if req.Env != nil {
		c.state, c.now = req.Env.State, req.Env.Time
	} else {
		c.now = req.View.Time
	}
	if req.Link == nil {
		return c, nil
	}
	c.name, _ = req.Link.Value(req.Provider, "store")
	if strings.IndexByte(c.name, 0) >= 0 {
		return nil, actor.Errorf(CodeInvalidValue, "the store of the link of %s has a zero byte in its name: put the link with another one", req.From)
	}
	if size, ok := req.Link.Value(req.Provider, "chunk_size"); ok {
		n, err := strconv.ParseUint(size, 10, 64)
		if err != nil || n < 1 || n > MaxChunk {
			return nil, actor.Errorf(CodeInvalidValue, "chunk_size of the link of %s is %.40q: put the link with a number from 1 to %d", req.From, size, MaxChunk)
		}
		c.chunk = n
	}
	return c, nil
}

// arg decodes the argument.
func (c *call) arg(v any) error { return pack.Unmarshal(c.req.Payload, v) }

// stamp is a time as an answer has it, if it has.
func (c *call) stamp(micros uint64) *messages.Timestamp {
	if c.protocol == pack.CBOR {
		return nil
	}
	return &messages.Timestamp{Sec: int64(micros / 1_000_000), Nsec: uint32(micros % 1_000_000 * 1000)}
}
