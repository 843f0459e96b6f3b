package zoo_test

import (
	"fmt"
	"strconv"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// The zoo in Go: an actor with a message of each kind and a field of each form.

type (
	Item struct {
		Name string `json:"name"`
		Data []byte `json:"data,omitempty"`
	}
	Everything struct {
		Flag    bool              `json:"flag,omitempty"`
		Small   int8              `json:"small,omitempty"`
		Short   uint16            `json:"short,omitempty"`
		Signed  int64             `json:"signed,omitempty"`
		Big     uint64            `json:"big,omitempty"`
		Rate    float64           `json:"rate,omitempty"`
		Half    float32           `json:"half,omitempty"`
		Text    string            `json:"text,omitempty"`
		Bytes   []byte            `json:"bytes,omitempty"`
		List    []Item            `json:"list,omitempty"`
		Numbers []uint32          `json:"numbers,omitempty"`
		Count   map[string]uint16 `json:"count,omitempty"`
		ByID    map[int32]string  `json:"by_id,omitempty"`
		Nested  *Everything       `json:"nested,omitempty"`
	}
	// Digest holds bytes of which there are so many. That makes its other bytes strict, too.
	Digest struct {
		Hash [4]byte `json:"hash"`
		Raw  []byte  `json:"raw,omitempty"`
	}
	Tick    struct{}
	Percent struct {
		N int64 `json:"n"`
	}
	Keep struct {
		Text  string     `json:"text"`
		N     int64      `json:"n"`
		Small uint8      `json:"small"`
		Bytes []byte     `json:"bytes"`
		Rate  float64    `json:"rate"`
		All   Everything `json:"all"`
	}
	Show struct {
		From string `json:"from"`
		Down bool   `json:"down"`
	}
	Forget struct {
		Text string `json:"text"`
	}
	Count struct {
		By uint64 `json:"by"`
	}
	Corrupt struct {
		Key string `json:"key"`
	}
	Emit struct {
		Text string `json:"text"`
		N    int32  `json:"n"`
	}
	Relay struct {
		To   actor.Address `json:"to"`
		N    int64         `json:"n"`
		Mode uint8         `json:"mode"`
	}
)

func (p Percent) Validate() error {
	switch {
	case p.N < 0:
		return fmt.Errorf("%d is negative", p.N)
	case p.N > 100:
		return actor.Errorf("too_much", "%d is more than 100", p.N)
	}
	return nil
}

var (
	value   = typed.NewValue[Everything]("value")
	counter = typed.NewCounter("counter")
	texts   = typed.NewMap[string, uint64]("texts")
	signed  = typed.NewMap[int64, string]("signed")
	small   = typed.NewMap[uint8, bool]("small")
	raw     = typed.NewMap[[]byte, []byte]("raw")
	pairs   = typed.NewMap[typed.Pair[string, typed.Pair[int32, string]], float64]("pairs")
	names   = typed.NewSet[string]("names")
	lies    = typed.NewMap[string, string]("texts")
)

func zoo() actor.Actor {
	return typed.New(
		typed.OnExecute(func(c *typed.Call, m Everything) error { return c.Return(m) }),
		typed.OnExecute(func(c *typed.Call, m Digest) error { return c.Return(m) }),
		typed.OnExecute(func(c *typed.Call, m Percent) error { return c.Return(m) }),
		typed.OnExecute(func(c *typed.Call, m Tick) error { return c.Return(m) }),
		typed.OnInstantiate(func(c *typed.Call, m Item) error { return c.Return(m) }),
		typed.OnMigrate(func(c *typed.Call, m Item) error { return c.Return(m) }),
		typed.OnQuery(func(v *typed.View, q Item) (Item, error) { return q, nil }),
		typed.OnSudo(func(c *typed.Call, m Tick) error { return c.Return("sudo") }),
		typed.OnExecute(func(c *typed.Call, m Keep) error {
			value.Set(c.State, m.All)
			texts.Set(c.State, m.Text, uint64(m.N))
			signed.Set(c.State, m.N, m.Text)
			small.Set(c.State, m.Small, m.Small > 100)
			raw.Set(c.State, m.Bytes, m.Bytes)
			pairs.Set(c.State, typed.Join(m.Text, typed.Join(int32(m.N), m.Text)), m.Rate)
			return c.Return(names.Add(c.State, m.Text))
		}),
		typed.OnQuery(shown),
		typed.OnExecute(func(c *typed.Call, m Forget) error {
			names.Delete(c.State, m.Text)
			texts.Delete(c.State, m.Text)
			value.Delete(c.State)
			signed.Clear(c.State)
			return nil
		}),
		typed.OnExecute(func(c *typed.Call, m Count) error {
			stands := counter.Add(c.State, m.By)
			names.Add(c.State, "counted")
			return c.Return(stands)
		}),
		typed.OnExecute(func(c *typed.Call, m Corrupt) error {
			lies.Set(c.State, m.Key, "no number")
			return nil
		}),
		typed.OnExecute(func(c *typed.Call, m Emit) error {
			c.Attribute("action", "emit", "n", m.N)
			c.Emit("emitted", "text", m.Text, "ok", true)
			c.Emit("bare")
			c.Log("emitted " + m.Text)
			return nil
		}),
		typed.OnExecute(relay),
		typed.OnReply(1, func(c *typed.Call, r *typed.Reply[Relay]) error {
			how := "well"
			if r.Err != nil {
				how = r.Err.Code + " " + r.Err.Message
			}
			c.Emit("replied", "to", r.Payload.To, "callee", r.Callee, "how", how, "events", len(r.Events))
			if r.Err == nil {
				p, err := typed.Decode[Percent](r.Data)
				if err != nil {
					return err
				}
				return c.Return(p.N)
			}
			return nil
		}),
		typed.OnReply(2, func(c *typed.Call, r *typed.Reply[typed.None]) error {
			c.Emit("failed", "why", r.Err.Code)
			return nil
		}),
		typed.OnReply(3, func(c *typed.Call, r *typed.Reply[string]) error {
			c.Emit("replied", "payload", r.Payload)
			return nil
		}),
		typed.OnAnyReply(func(c *typed.Call, r *typed.Reply[typed.None]) error {
			c.Emit("replied", "id", r.ID, "callee", r.Callee)
			return nil
		}),
	)
}

func shown(v *typed.View, q Show) (out []string, err error) {
	if all, ok := value.Get(v.State); ok {
		out = append(out, all.Text)
	}
	var from *string
	if q.From != "" {
		from = &q.From
	}
	order := actor.Ascending
	if q.Down {
		order = actor.Descending
	}
	for k, n := range texts.Range(v.State, from, nil, order) {
		out = append(out, k+"="+strconv.FormatUint(n, 10))
	}
	for k, s := range signed.All(v.State) {
		out = append(out, strconv.FormatInt(k, 10)+"="+s)
	}
	end := uint8(200)
	for k, b := range small.Range(v.State, nil, &end, actor.Ascending) {
		out = append(out, fmt.Sprintf("%d=%t", k, b))
	}
	for k := range raw.All(v.State) {
		out = append(out, strconv.Itoa(len(k)))
	}
	for k := range pairs.All(v.State) {
		out = append(out, fmt.Sprintf("%s %d %s", k.First, k.Second.First, k.Second.Second))
	}
	for k := range typed.Under(pairs, q.From).Keys(v.State, nil, nil, actor.Ascending) {
		out = append(out, strconv.Itoa(int(k.First)))
	}
	for k := range names.All(v.State) {
		out = append(out, k)
	}
	return out, nil
}

func relay(c *typed.Call, m Relay) error {
	switch m.Mode {
	case 0:
		c.Execute(m.To, Percent{m.N})
	case 1:
		c.Execute(m.To, Percent{m.N}).Always(1).Payload(m)
	case 2:
		c.Execute(m.To, Percent{m.N}).OnError(2)
	case 3:
		c.Execute(m.To, Tick{}).OnSuccess(3).Payload("text").GasLimit(1000000)
	case 4:
		c.Instantiate(actor.ModuleID(m.To), Item{Name: "child"}).At("child").Admin(c.Self).OnSuccess(4)
	case 5:
		c.SetAdmin(m.To, "nobody")
	case 6:
		a, err := typed.Ask[Item](c, m.To, Item{Name: "asked"})
		if err != nil {
			return c.Return(err.Error())
		}
		return c.Return(a.Name)
	case 7:
		if _, err := typed.Ask[uint64](c, m.To, Item{Name: "asked"}); err != nil {
			return c.Return(err.Error())
		}
		return c.Return("a number")
	case 8:
		r, s := c.Rand(), ""
		for range 200 {
			s += fmt.Sprintf("%d %d ", r.Uint64(), r.Uint64N(uint64(m.N)))
		}
		return c.Return(s)
	case 9:
		return c.Return(fmt.Sprintf("%s %s %d %d", c.Self, c.Sender, c.Sequence, c.Time.UnixNano()))
	case 10:
		return c.ReturnRaw([]byte{})
	case 11:
		c.Return("taken back")
		return c.ReturnRaw(nil)
	}
	return nil
}
