package messages

import (
	"math"

	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// The operations of the contract wasmcloud:keyvalue. Those whose argument is a key or a name alone take a text, the unions
// and intersections of sets a list of texts.
const (
	Get             = "KeyValue.Get"             // text → GetResponse
	Set             = "KeyValue.Set"             // SetArgs → nothing
	Del             = "KeyValue.Del"             // text → bool
	Contains        = "KeyValue.Contains"        // text → bool
	Increment       = "KeyValue.Increment"       // IncrementArgs → int32
	ListAdd         = "KeyValue.ListAdd"         // ListArgs → uint32
	ListDel         = "KeyValue.ListDel"         // ListArgs → bool
	ListClear       = "KeyValue.ListClear"       // text → bool
	ListRange       = "KeyValue.ListRange"       // ListRangeArgs → texts
	SetAdd          = "KeyValue.SetAdd"          // SetMember → uint32
	SetDel          = "KeyValue.SetDel"          // SetMember → uint32
	SetQuery        = "KeyValue.SetQuery"        // text → texts
	SetUnion        = "KeyValue.SetUnion"        // texts → texts
	SetIntersection = "KeyValue.SetIntersection" // texts → texts
	SetClear        = "KeyValue.SetClear"        // text → bool
)

// GetResponse is the answer to Get. Value is empty if the key is not there.
type GetResponse struct {
	Value  string `json:"value"`
	Exists bool   `json:"exists"`
}

// Pack implements pack.Appender.
func (m *GetResponse) Pack(w *pack.Writer) {
	w.Map(2)
	w.Text("value")
	w.Text(m.Value)
	w.Text("exists")
	w.Bool(m.Exists)
}

// SetArgs is the argument of Set. Expires is in seconds from now, 0 for never.
type SetArgs struct {
	Key     string `json:"key"`
	Value   string `json:"value"`
	Expires uint32 `json:"expires"`
}

// Unpack implements pack.Parser.
func (m *SetArgs) Unpack(r *pack.Reader) {
	r.Fields(func(name []byte) {
		switch string(name) {
		case "key":
			m.Key = r.Text()
		case "value":
			m.Value = r.Text()
		case "expires":
			m.Expires = uint32(r.Uint(math.MaxUint32))
		default:
			r.Skip()
		}
	})
}

// IncrementArgs is the argument of Increment, and of the operation Add of before 2021.
type IncrementArgs struct {
	Key   string `json:"key"`
	Value int32  `json:"value"`
}

// Unpack implements pack.Parser.
func (m *IncrementArgs) Unpack(r *pack.Reader) {
	r.Fields(func(name []byte) {
		switch string(name) {
		case "key":
			m.Key = r.Text()
		case "value":
			m.Value = int32(r.Int(math.MinInt32, math.MaxInt32))
		default:
			r.Skip()
		}
	})
}

// ListArgs is the argument of ListAdd and ListDel.
type ListArgs struct {
	ListName string `json:"listName"`
	Value    string `json:"value"`
}

// ListRangeArgs is the argument of ListRange. Both ends are inclusive and count from 0, negative ones from the end.
type ListRangeArgs struct {
	ListName string `json:"listName"`
	Start    int32  `json:"start"`
	Stop     int32  `json:"stop"`
}

// SetMember is the argument of SetAdd and SetDel.
type SetMember struct {
	SetName string `json:"setName"`
	Value   string `json:"value"`
}
