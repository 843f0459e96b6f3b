package keyvalue

import (
	"math"
	"strconv"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// name decodes the argument that is a key alone.
func name(payload []byte) (key string, err error) {
	err = pack.Unmarshal(payload, &key)
	return key, err
}

// read returns the text of a key that holds one.
func (s *store) read(e *entry) []byte {
	if e.kind != kindLong {
		return e.value
	}
	for p := range s.parts(e.id, 0, math.MaxUint64) {
		return p.value
	}
	return nil
}

// write lets a key hold a text, in the place of what it holds. It keeps its end.
func (s *store) write(e *entry, value []byte) {
	end := e.end
	if e.kind != kindNone && e.kind != kindText {
		s.clear(e.id)
	}
	if len(value) <= inHead {
		e.head = head{kind: kindText, end: end, value: value}
	} else {
		e.head = head{kind: kindLong, end: end, id: s.number(), count: uint64(len(value))}
		s.put(partRow(e.id, 0), value)
	}
	s.save(e)
}

func get(s *store, payload []byte) ([]byte, error) {
	key, err := name(payload)
	if err != nil {
		return nil, err
	}
	e, err := s.findKind(key, kindText)
	if err != nil {
		return nil, err
	}
	if e.kind == kindNone {
		return pack.Marshal(&messages.GetResponse{}), nil
	}
	return pack.Marshal(&messages.GetResponse{Value: string(s.read(e)), Exists: true}), nil
}

func set(s *store, payload []byte) ([]byte, error) {
	var in messages.SetArgs
	if err := pack.Unmarshal(payload, &in); err != nil {
		return nil, err
	}
	e, err := s.find(in.Key)
	if err != nil {
		return nil, err
	}
	if e.end != 0 {
		s.state.Delete(expiryRow(e.end, e.key))
		e.end = 0
	}
	if in.Expires != 0 {
		s.sweep()
		e.end = uint64(s.now.UnixMicro()) + uint64(in.Expires)*1_000_000
		s.state.Set(expiryRow(e.end, e.key), nil)
	}
	s.write(e, []byte(in.Value))
	return nil, nil
}

func del(s *store, payload []byte) ([]byte, error) {
	key, err := name(payload)
	if err != nil {
		return nil, err
	}
	e, err := s.find(key)
	if err != nil {
		return nil, err
	}
	there := e.kind != kindNone
	s.remove(e)
	return pack.Marshal(there), nil
}

// drop is del for one kind of value.
func drop(want kind) func(s *store, payload []byte) ([]byte, error) {
	return func(s *store, payload []byte) ([]byte, error) {
		key, err := name(payload)
		if err != nil {
			return nil, err
		}
		e, err := s.findKind(key, want)
		if err != nil {
			return nil, err
		}
		there := e.kind != kindNone
		s.remove(e)
		return pack.Marshal(there), nil
	}
}

func contains(s *store, payload []byte) ([]byte, error) {
	key, err := name(payload)
	if err != nil {
		return nil, err
	}
	e, err := s.find(key)
	if err != nil {
		return nil, err
	}
	return pack.Marshal(e.kind != kindNone), nil
}

// increment counts from 0 what is not there. The text has the form that Redis takes: a whole number of 64 bits without a plus sign,
// white space or zeros in front. The answer has 32 bits, so that a sum beyond them is refused, and nothing changes.
func increment(s *store, payload []byte) ([]byte, error) {
	var in messages.IncrementArgs
	if err := pack.Unmarshal(payload, &in); err != nil {
		return nil, err
	}
	e, err := s.findKind(in.Key, kindText)
	if err != nil {
		return nil, err
	}
	var n int64
	if e.kind != kindNone {
		if n, err = strconv.ParseInt(string(e.value), 10, 64); err != nil || e.kind == kindLong || strconv.FormatInt(n, 10) != string(e.value) {
			return nil, actor.Errorf(CodeNotANumber, "ERR value is not an integer or out of range: the text of %.80q cannot be incremented", in.Key)
		}
	}
	sum := n + int64(in.Value)
	if sum < math.MinInt32 || sum > math.MaxInt32 || (in.Value > 0) != (sum > n) && in.Value != 0 {
		return nil, actor.Errorf(CodeOutOfRange, "ERR increment or decrement would overflow: %.80q is %d, and plus %d it does not fit into 32 bits", in.Key, n, in.Value)
	}
	s.write(e, strconv.AppendInt(nil, sum, 10))
	return pack.Marshal(sum), nil
}
