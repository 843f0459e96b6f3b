package messages

import (
	"strings"

	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// The operations of before 2021 that actors receive.
const (
	OldHandleRequest = "HandleRequest"
	OldHandleMessage = "HandleMessage"
	OldHealthRequest = "HealthRequest"
)

// A Call is an operation in the words of the other generation. Answer turns the payload of its answer back.
type Call struct {
	Operation string
	Payload   []byte
	Answer    func(payload []byte) ([]byte, error)
}

// New returns what an actor of before 2021 asks of a contract as providers know it. What it does not know goes through as it is,
// and so do the operations of actors and of contracts that have not changed. The error is that of pack.Unmarshal.
func New(contract, operation string, payload []byte) (Call, error) {
	if c, ok := renewals[contract+"/"+operation]; ok {
		return c(payload)
	}
	return Call{Operation: operation, Payload: payload, Answer: same}, nil
}

// Old returns what is asked of an actor of before 2021 as it knows it: requests, messages and the question for its health. Of
// anything else it cuts no trait off: those actors have their own names for what they offer each other.
func Old(operation string, payload []byte) (Call, error) {
	switch operation {
	case HandleRequest:
		var in HTTPRequest
		if err := pack.Unmarshal(payload, &in); err != nil {
			return Call{}, err
		}
		return Call{OldHandleRequest, pack.Marshal(in.Old()), answer(func(out *OldHTTPResponse) any { return out.New() })}, nil
	case HandleMessage:
		var in Message
		if err := pack.Unmarshal(payload, &in); err != nil {
			return Call{}, err
		}
		return Call{OldHandleMessage, pack.Marshal((*OldMessage)(&in)), nothing}, nil
	case HealthRequest:
		return Call{OldHealthRequest, pack.Marshal(OldHealthCheck{Placeholder: true}), answer(func(out *Health) any { return out })}, nil
	}
	return Call{Operation: operation, Payload: payload, Answer: same}, nil
}

func same(payload []byte) ([]byte, error) { return payload, nil }

func nothing([]byte) ([]byte, error) { return nil, nil }

// answer decodes the payload of an answer and encodes what convert makes of it.
func answer[In any](convert func(*In) any) func([]byte) ([]byte, error) {
	return func(payload []byte) ([]byte, error) {
		var in In
		if err := pack.Unmarshal(payload, &in); err != nil {
			return nil, err
		}
		return pack.Marshal(convert(&in)), nil
	}
}

// oldArgs has the arguments of all operations on keys of before 2021.
type oldArgs struct {
	Key     string   `json:"key"`
	Value   string   `json:"value"`
	Expires int32    `json:"expires"`
	Start   int32    `json:"start"`
	Stop    int32    `json:"stop"`
	Keys    []string `json:"keys"`
}

type (
	oldValue struct {
		Value string `json:"value"`
	}
	oldSum struct {
		Value int32 `json:"value"`
	}
	oldKey struct {
		Key string `json:"key"`
	}
	oldValues struct {
		Values []string `json:"values"`
	}
	oldLength struct {
		NewCount int32 `json:"newCount"`
	}
	oldSetCount struct {
		NewCount int32 `json:"new_count"`
	}
)

// renewals has the operations that are called otherwise now, by contract and name.
var renewals = map[string]func([]byte) (Call, error){
	"wasmcloud:keyvalue/Add": renew(func(in *IncrementArgs) Call {
		return Call{Increment, pack.Marshal(in), answer(func(n *int32) any { return oldSum{*n} })}
	}),
	"wasmcloud:keyvalue/Get":       renew(func(in *oldArgs) Call { return Call{Get, pack.Marshal(in.Key), same} }),
	"wasmcloud:keyvalue/KeyExists": renew(func(in *oldArgs) Call { return Call{Contains, pack.Marshal(in.Key), answer(exists)} }),
	"wasmcloud:keyvalue/Set":       renew(oldSet),
	"wasmcloud:keyvalue/Del":       renew(func(in *oldArgs) Call { return Call{Del, pack.Marshal(in.Key), always(oldKey{in.Key})} }),
	"wasmcloud:keyvalue/Clear":     renew(func(in *oldArgs) Call { return Call{ListClear, pack.Marshal(in.Key), always(oldKey{in.Key})} }),
	"wasmcloud:keyvalue/Range": renew(func(in *oldArgs) Call {
		return Call{ListRange, pack.Marshal(ListRangeArgs{in.Key, in.Start, in.Stop}), answer(values)}
	}),
	"wasmcloud:keyvalue/Push": renew(func(in *oldArgs) Call {
		return Call{ListAdd, pack.Marshal(ListArgs{in.Key, in.Value}), answer(func(n *int32) any { return oldLength{*n} })}
	}),
	"wasmcloud:keyvalue/ListItemDelete": renew(func(in *oldArgs) Call {
		return Call{ListDel, pack.Marshal(ListArgs{in.Key, in.Value}), answer(removed)}
	}),
	"wasmcloud:keyvalue/SetAdd": renew(func(in *oldArgs) Call {
		return Call{SetAdd, pack.Marshal(SetMember{in.Key, in.Value}), answer(setCount)}
	}),
	"wasmcloud:keyvalue/SetRemove": renew(func(in *oldArgs) Call {
		return Call{SetDel, pack.Marshal(SetMember{in.Key, in.Value}), answer(setCount)}
	}),
	"wasmcloud:keyvalue/SetUnion":        renew(func(in *oldArgs) Call { return Call{SetUnion, pack.Marshal(in.Keys), answer(values)} }),
	"wasmcloud:keyvalue/SetIntersection": renew(func(in *oldArgs) Call { return Call{SetIntersection, pack.Marshal(in.Keys), answer(values)} }),
	"wasmcloud:keyvalue/SetQuery":        renew(func(in *oldArgs) Call { return Call{SetQuery, pack.Marshal(in.Key), answer(values)} }),

	"wasmcloud:messaging/Publish": renew(func(in *OldMessage) Call {
		return Call{Publish, pack.Marshal((*Message)(in)), always(OldPublishResponse{Published: true})}
	}),
	"wasmcloud:messaging/Request": renew(oldRequest),

	"wasmcloud:httpclient/Request": renew(func(in *OldFetchArgs) Call {
		return Call{FetchRequest, pack.Marshal(in.New()), answer(func(out *HTTPResponse) any { return out.Old() })}
	}),

	"wasmcloud:logging/WriteLog": renew(func(in *OldLogEntry) Call { return Call{WriteLog, pack.Marshal(in.New()), nothing} }),
}

// renew decodes the argument of an old operation.
func renew[In any](convert func(*In) Call) func([]byte) (Call, error) {
	return func(payload []byte) (Call, error) {
		var in In
		if err := pack.Unmarshal(payload, &in); err != nil {
			return Call{}, err
		}
		return convert(&in), nil
	}
}

// always answers the same, whatever the answer was: it was a success.
func always(v any) func([]byte) ([]byte, error) {
	return func([]byte) ([]byte, error) { return pack.Marshal(v), nil }
}

func oldSet(in *oldArgs) Call {
	return Call{Set, pack.Marshal(SetArgs{in.Key, in.Value, uint32(max(in.Expires, 0))}), always(oldValue{in.Value})}
}

// oldRequest keeps what fits of a timeout: none is 0, for the provider to choose.
func oldRequest(in *OldRequestArgs) Call {
	timeout := uint32(min(max(in.Timeout, 0), 1<<32-1))
	args := RequestArgs{Subject: in.Subject, Body: in.Body, TimeoutMs: timeout}
	return Call{Request, pack.Marshal(args), answer(func(out *Message) any { return (*OldMessage)(out) })}
}

func exists(there *bool) any { return &GetResponse{Exists: *there} }

func values(list *[]string) any { return oldValues{*list} }

func setCount(n *int32) any { return oldSetCount{*n} }

// removed is how many elements an operation took away: the answer is whether it did.
func removed(was *bool) any {
	if *was {
		return oldLength{1}
	}
	return oldLength{0}
}

// New returns the entry as it is since 2021. A target becomes part of the text.
func (m *OldLogEntry) New() *LogEntry {
	text := m.Text
	if target := strings.TrimSpace(m.Target); target != "" {
		text = target + ": " + text
	}
	return &LogEntry{Level: m.Level, Text: text}
}
