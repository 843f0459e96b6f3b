package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
)

// Bounds of a tree, which keep its size and that of its messages sane.
const (
	maxDepth = 16
	maxWidth = 64
	maxNodes = 50_000
)

// A branch tells a node what is below it. Its encoding is the body of the message to the node.
type branch struct {
	levels  byte // below this one
	width   byte
	fails   bool // the last node of the subtree refuses
	asks    actor.ReplyOn
	nodes   uint32 // how many nodes there are to choose from
	choices uint64 // decides which of them are called
	failing uint64 // a bit for each branch of the root
}

const branchLen = 24

func (b branch) encode() []byte {
	body := make([]byte, 0, branchLen)
	var fails byte
	if b.fails {
		fails = 1
	}
	body = append(body, b.levels, b.width, fails, byte(b.asks))
	body = binary.BigEndian.AppendUint32(body, b.nodes)
	body = binary.BigEndian.AppendUint64(body, b.choices)
	return binary.BigEndian.AppendUint64(body, b.failing)
}

func decodeBranch(body []byte) (branch, bool) {
	if len(body) != branchLen {
		return branch{}, false
	}
	return branch{levels: body[0], width: body[1], fails: body[2] == 1, asks: actor.ReplyOn(body[3]),
		nodes: binary.BigEndian.Uint32(body[4:]), choices: binary.BigEndian.Uint64(body[8:]),
		failing: binary.BigEndian.Uint64(body[16:])}, true
}

// child is the i-th branch of b. Only the root lets branches fail; in one that fails the last leaf does, when everything
// before has been done for nothing.
func (b branch) child(i int) branch {
	c := branch{levels: b.levels - 1, width: b.width, nodes: b.nodes, choices: mix(b.choices + uint64(i) + 1)}
	c.fails = b.failing>>i&1 == 1 || b.fails && i == int(b.width)-1
	if b.asks == actor.ReplyAlways {
		c.asks = actor.ReplyAlways
	}
	return c
}

// mix is the step of the splitmix64 generator.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// node is a virtual actor that counts its messages and passes them on.
type node struct{}

// Execute implements actor.Actor.
func (node) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	b, ok := decodeBranch(msg.Body)
	if !ok {
		return actor.Response{}, actor.Errorf(actor.CodeMalformed, "a message has %d bytes", branchLen)
	}
	put(env.State, countKey, number(env.State, countKey)+1)
	if b.levels == 0 {
		if b.fails {
			return actor.Response{}, actor.Errorf("refused", "%s", env.Self)
		}
		return actor.Response{}, nil
	}
	messages := make([]actor.SubMsg, b.width)
	for i := range messages {
		c := b.child(i)
		to := nodeAddress(int(c.choices % uint64(c.nodes)))
		messages[i] = actor.SubMsg{ID: uint64(i), ReplyOn: b.asks, Msg: actor.Message{To: to, Body: c.encode()}}
	}
	return actor.Response{Messages: messages}, nil
}

// Reply implements actor.Replier.
func (node) Reply(context.Context, *actor.Env, actor.Reply) (actor.Response, error) {
	return actor.Response{}, nil
}

func nodeAddress(i int) actor.Address { return actor.Address(fmt.Sprintf("node/%d", i)) }

// A forest is the trees of a run.
type forest struct {
	host   *runtime.Host
	shape  branch
	share  float64 // of the root's branches that fail
	choose chooser
}

func newForest(h *runtime.Host, c Config, asks actor.ReplyOn, share float64) (*forest, error) {
	f := &forest{host: h, share: share, choose: newChooser(c.Keys, c.Zipf),
		shape: branch{levels: byte(c.Depth), width: byte(c.Width), asks: asks, nodes: uint32(c.Keys)}}
	if n := 1 + uint64(c.Width)*f.branchSize(); n > maxNodes {
		return nil, fmt.Errorf("a tree of depth %d and width %d has %d nodes, more than %d", c.Depth, c.Width, n, maxNodes)
	}
	return f, nil
}

// branchSize is the number of nodes in one branch of the root.
func (f *forest) branchSize() uint64 {
	size, level := uint64(0), uint64(1)
	for range f.shape.levels {
		size += level
		level *= uint64(f.shape.width)
	}
	return size
}

// message starts a tree. It returns how many of its nodes will be there in the end.
func (f *forest) message(rng *rand.Rand) (actor.Message, uint64) {
	b := f.shape
	b.choices = rng.Uint64()
	kept := uint64(1)
	for i := range int(b.width) {
		if f.share > 0 && rng.Float64() < f.share {
			b.failing |= 1 << i
		} else {
			kept += f.branchSize()
		}
	}
	return actor.Message{To: nodeAddress(f.choose.next(rng)), Body: b.encode()}, kept
}

// audit checks that exactly those subtrees are there that did not fail.
func (f *forest) audit(kept uint64) error {
	var count uint64
	for i := range int(f.shape.nodes) {
		v, _, err := f.host.Get(nodeAddress(i), countKey)
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		if len(v) == 8 {
			count += binary.BigEndian.Uint64(v)
		}
	}
	if count != kept {
		return fmt.Errorf("the nodes counted %d messages, %d were to last: a subtree was lost or half done", count, kept)
	}
	return nil
}
