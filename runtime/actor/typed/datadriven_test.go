package typed_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// Everything is a message with a field of each form.
type Everything struct {
	Flag   bool              `json:"flag,omitempty"`
	Small  int8              `json:"small,omitempty"`
	Big    uint64            `json:"big,omitempty"`
	Rate   float64           `json:"rate,omitempty"`
	Text   string            `json:"text,omitempty"`
	Bytes  []byte            `json:"bytes,omitempty"`
	Hash   [4]byte           `json:"hash,omitzero"`
	When   time.Time         `json:"when,omitzero"`
	IP     netip.Addr        `json:"ip,omitzero"`
	List   []Item            `json:"list,omitempty"`
	Count  map[string]uint16 `json:"count,omitempty"`
	ByID   map[int32]string  `json:"by_id,omitempty"`
	Any    any               `json:"any,omitempty"`
	Nested *Everything       `json:"nested,omitempty"`
	Common
}

type Item struct {
	Name string `json:"name"`
	Data []byte `json:"data,omitempty"`
}

// Common is embedded: its fields are those of the message.
type Common struct {
	Memo string `json:"memo,omitempty"`
}

// Percent checks itself.
type Percent struct {
	N int `json:"n"`
}

func (p Percent) Validate() error {
	switch {
	case p.N < 0:
		return fmt.Errorf("%d is negative", p.N)
	case p.N > 100:
		return actor.Errorf("too_much", "%d is more than 100", p.N)
	}
	return nil
}

// zoo takes a message of each kind and returns what it was given.
var zoo = typed.New(
	typed.OnExecute(func(c *typed.Call, m Everything) error { return c.Return(m) }),
	typed.OnExecute(func(c *typed.Call, m Percent) error { return c.Return(m) }),
	typed.OnExecute(func(c *typed.Call, m Tick) error { return c.Return(m) }),
	typed.OnInstantiate(func(c *typed.Call, m Item) error { return c.Return(m) }),
	typed.OnMigrate(func(c *typed.Call, m Item) error { return c.Return(m) }),
	typed.OnQuery(func(v *typed.View, q Item) (Item, error) { return q, nil }),
	typed.OnSudo(func(c *typed.Call, m Tick) error { return c.Return("sudo") }),
)

// TestMessages sends bodies to the zoo. The input is JSON or, as an argument "cbor", lines of hex. The output is the data
// in JSON, or the error.
func TestMessages(t *testing.T) {
	datadriven.Walk(t, "testdata/messages", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			body := []byte(d.Input)
			if d.HasArg("cbor") {
				body = unhex(t, d)
			}
			data, err := deliver(zoo, d.Cmd, body)
			if err != nil {
				return err.Error() + "\n"
			}
			out, err := typed.ToJSON(data)
			if err != nil {
				t.Fatal(err)
			}
			return string(out) + "\n"
		})
	})
}

func deliver(a *typed.Actor, kind string, body []byte) ([]byte, error) {
	ctx, env, msg := context.Background(), newEnv(), actor.Message{Body: body}
	var res actor.Response
	var err error
	switch kind {
	case "execute":
		res, err = a.Execute(ctx, env, msg)
	case "instantiate":
		res, err = a.Instantiate(ctx, env, msg)
	case "migrate":
		res, err = a.Migrate(ctx, env, msg)
	case "sudo":
		res, err = a.Sudo(ctx, env, msg)
	case "query":
		return a.Query(ctx, &actor.View{State: env.State}, body)
	default:
		err = fmt.Errorf("unknown command %s", kind)
	}
	return res.Data, err
}

func unhex(t *testing.T, d *datadriven.TestData) []byte {
	t.Helper()
	var digits strings.Builder
	for line := range strings.Lines(d.Input) {
		line, _, _ = strings.Cut(line, "#")
		digits.WriteString(strings.Join(strings.Fields(line), ""))
	}
	data, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatalf("%s: %v", d.Pos, err)
	}
	return data
}

// TestJSON converts between JSON and CBOR, in hex.
func TestJSON(t *testing.T) {
	datadriven.Walk(t, "testdata/json", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "to-json":
				out, err := typed.ToJSON(unhex(t, d))
				if err != nil {
					return err.Error() + "\n"
				}
				if !json.Valid(out) {
					t.Errorf("%s: %s is not JSON", d.Pos, out)
				}
				return string(out) + "\n"
			case "from-json":
				out, err := typed.FromJSON([]byte(d.Input))
				if err != nil {
					return err.Error() + "\n"
				}
				return hex.EncodeToString(out) + "\n"
			}
			return "unknown command\n"
		})
	})
}
