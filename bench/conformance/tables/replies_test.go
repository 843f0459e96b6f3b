package tables_test

import (
	"encoding/hex"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
)

// step is what the contract replier does.
type step struct {
	ID         byte   `json:"msg_id"`
	SetData    bool   `json:"set_data_in_exec_and_reply"`
	Order      bool   `json:"return_order_in_reply"`
	ExecError  bool   `json:"exec_error"`
	ReplyError bool   `json:"reply_error"`
	Never      bool   `json:"reply_on_never"`
	Messages   []step `json:"messages"`
}

// TestReplies is C1 to C6, and S1, S4, S6, S7, S11.
func TestReplies(t *testing.T) {
	w := newWorld(t, &cosmwasm.Chain{}, 0)
	replier := w.mustCreate(w.alice, w.store("replier"), `{}`)
	for _, test := range []struct {
		name   string
		change func(root *step)
		want   string
	}{
		{"C1 the order is depth first", func(s *step) { s.Order = true }, "ee01ee02ee03bb02bb01ee04ee05bb04bb01"},
		{"C2 the last data counts", func(s *step) {}, "0a060a02ee05bb04bb01"},
		{"C3 of those with a reply", func(s *step) { s.Messages[1].Never = true }, "0a060a02ee03bb02bb01"},
		{"C4 data is not forwarded", func(s *step) { s.Messages[1].SetData = false }, "bb01"},
		{"C5 an error in 3", func(s *step) { s.Order, s.Messages[0].Messages[0].ExecError = true, true }, "ee01ee02bb02bb01ee04ee05bb04bb01"},
		{"C6 an error in the reply to 2", func(s *step) { s.Order, s.Messages[0].ReplyError = true, true }, "ee01bb01ee04ee05bb04bb01"},
	} {
		t.Run(test.name, func(t *testing.T) {
			leaf := func(id byte) step { return step{ID: id, SetData: true, Messages: []step{}} }
			root, two, four := leaf(1), leaf(2), leaf(4)
			two.Messages, four.Messages = []step{leaf(3)}, []step{leaf(5)}
			root.Messages = []step{two, four}
			test.change(&root)
			r, err := w.Send(w.bob, replier, encode(root))
			if err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(r.Data); got != test.want {
				t.Errorf("data %s, want %s", got, test.want)
			}
		})
	}
	w.Verify()
}
