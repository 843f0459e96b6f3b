package show

import (
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/state"
)

func TestValue(t *testing.T) {
	tests := []struct{ bytes, want string }{
		{"", `""`},
		{"plain text", `"plain text"`},
		{"two\nlines", `"two\nlines"`},
		{`{"a": [1,  2]}`, `{"a":[1,2]}`},
		{`{"a": `, `"{\"a\": "`},
		{"17", `"17"`},
		{string(typed.EncodeValue(17)), "17"},
		{string(typed.EncodeValue(10)), "10"},
		{string(typed.EncodeValue(-400)), "-400"},
		{string(typed.EncodeValue("alice")), `"alice"`},
		{string(typed.EncodeValue(map[string]any{"b": true, "a": "x"})), `{"a":"x","b":true}`},
		{"\xff\x00", "0xff00"},
		{"\x1b[31mred", "0x1b5b33316d726564"},
	}
	for _, test := range tests {
		if got := Value([]byte(test.bytes)); got != test.want {
			t.Errorf("%q is shown as %s, want %s", test.bytes, got, test.want)
		}
	}
	if got := Value(nil); got != None {
		t.Errorf("nil is shown as %s", got)
	}
	text := Options{Text: true}
	if got := text.Value(typed.EncodeValue("ad")); got != `"bad"` {
		t.Errorf("text is shown as %s", got)
	}
	short := Options{Width: 5}
	if got := short.Value([]byte(strings.Repeat("ä", 700))); got != `"ääää… (1,400 bytes)` {
		t.Errorf("shortened to %s", got)
	}
}

func TestKey(t *testing.T) {
	for key, want := range map[string]string{
		"balances/alice": "balances/alice", "": `""`, "two words": `"two words"`, "a:b": `"a:b"`, "a\x00b": `"a\x00b"`,
	} {
		if got := Key([]byte(key)); got != want {
			t.Errorf("%q is shown as %s, want %s", key, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := Count(n); got != want {
			t.Errorf("%d is shown as %s", n, got)
		}
	}
	if got := Count(^uint64(0)); got != "18,446,744,073,709,551,615" {
		t.Errorf("the greatest is shown as %s", got)
	}
}

// sample is a transaction in which everything occurs.
func sample() *dispatch.Trace {
	bad := actor.Errorf("bad", "x")
	return &dispatch.Trace{Sequence: 2, Sender: "alice", GasUsed: 1234, Root: &dispatch.Span{
		From: "alice", To: "parent", Body: []byte(`{"call":"child"}`), GasUsed: 1234, Committed: true, Data: []byte("done"),
		Touches: []dispatch.Touch{
			{Op: dispatch.OpGet, Key: []byte("p"), Old: nil},
			{Op: dispatch.OpSet, Key: []byte("p"), New: []byte("1")},
			{Op: dispatch.OpRange, Key: []byte("a"), End: nil},
			{Op: dispatch.OpDelete, Key: []byte("q"), Old: []byte("2")},
		},
		Logs:   []string{"hello\x1b[31m"},
		Events: []actor.Event{{Actor: "parent", Type: "execute"}, {Actor: "parent", Type: "called", Attributes: []actor.Attribute{{Key: "n", Value: "1"}}}},
		Children: []*dispatch.Span{
			{Kind: actor.KindQuery, From: "parent", To: "other", Body: []byte("how"), Data: []byte("well"), GasUsed: 9, Committed: true},
			{Kind: actor.KindQuery, From: "parent", To: "other", Err: bad, Committed: true},
			{From: "parent", To: "child", Sub: &dispatch.Sub{ID: 7, ReplyOn: actor.ReplyOnError, GasLimit: 5000}, Err: bad, Why: "child failed: bad",
				Touches: []dispatch.Touch{{Op: dispatch.OpSet, Key: []byte("c"), New: []byte("1")}},
				Children: []*dispatch.Span{
					{Kind: actor.KindInstantiate, From: "child", To: "leaf/1", Module: "leaf", Sub: &dispatch.Sub{ReplyOn: actor.ReplyAlways}, Why: "child failed: bad"},
				}},
			{Kind: actor.KindReply, To: "parent", From: "child", Committed: true, Reply: &actor.Reply{ID: 7, Callee: "child", Err: bad},
				Touches: []dispatch.Touch{{Op: dispatch.OpSet, Key: []byte("r"), Old: []byte("0"), New: []byte("1")}}},
			{Kind: actor.KindReply, To: "parent", From: "child", Committed: true, Reply: &actor.Reply{ID: 8, Data: []byte("caught bad")}},
		},
	}}
}

func TestTrace(t *testing.T) {
	want := `alice → parent  execute {"call":"child"}   gas 1,234
│  set p: – → "1"
│  delete q: "2" → –
│  log "hello\x1b[31m"
│  event called n=1
│  data "done"
├─ parent ⇢ other  query "how" = "well"
├─ parent ⇢ other  query ""   failed: bad: x
├─ parent → child  execute   id 7, reply on error, gas limit 5,000   rolled back: bad: x
│  │  set c: – → "1"
│  └─ child → leaf/1  instantiate leaf   id 0, reply always   rolled back: child failed: bad
├─ reply 7 → parent  error bad: x
│     set r: "0" → "1"
└─ reply 8 → parent  ok "caught bad"
committed seq 2
`
	if got := Trace(sample(), nil); got != want {
		t.Errorf("the trace is\n%s\nwant\n%s", got, want)
	}
}

func TestTraceOptions(t *testing.T) {
	got := Trace(sample(), &Options{Reads: true, Gas: true})
	for _, want := range []string{"│  get p: –\n", "│  range a to –\n", `= "well"   gas 9`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	styled := Trace(sample(), &Options{Style: func(role Role, text string) string {
		if role == RolledBack {
			return "<" + text + ">"
		}
		return text
	}})
	if plain := strings.NewReplacer("<", "", ">", "").Replace(styled); plain != Trace(sample(), nil) {
		t.Errorf("style changes the text:\n%s", styled)
	}
	if !strings.Contains(styled, "<rolled back: bad: x>") {
		t.Errorf("nothing is styled:\n%s", styled)
	}
}

func TestTraceOfAnInstallation(t *testing.T) {
	bad := actor.Errorf("stubborn", "a/2 stays")
	trace := &dispatch.Trace{Sequence: 3, GasUsed: 1234, Err: bad, Path: []actor.Address{"a/2"}, Root: &dispatch.Span{
		Kind: actor.KindMigrate, Module: "a", Body: []byte("now"), GasUsed: 1234, Err: bad,
		Install: &dispatch.Installed{Kind: "troupe", Hash: state.Hash{0x12, 0x34}, Size: 70_000, Before: state.Hash{0xff}},
		Children: []*dispatch.Span{
			{Kind: actor.KindMigrate, To: "a/1", Module: "a", Body: []byte("now"), Why: "the installation of a failed: stubborn"},
			{Kind: actor.KindMigrate, To: "a/2", Module: "a", Body: []byte("now"), Err: bad},
		}}}
	want := `install a  troupe 123400000000, 70,000 bytes, in the place of ff0000000000, migrate "now"   gas 1,234   rolled back: stubborn: a/2 stays
├─ host → a/1  migrate a "now"   rolled back: the installation of a failed: stubborn
└─ host → a/2  migrate a "now"   rolled back: stubborn: a/2 stays
rolled back seq 3: host → a/2: stubborn: a/2 stays
`
	if got := Trace(trace, nil); got != want {
		t.Errorf("the trace is\n%s\nwant\n%s", got, want)
	}
	want = strings.ReplaceAll(want, "   gas 1,234", "")
	if got := Trace(trace, &Options{Gas: true, NoGas: true}); got != want {
		t.Errorf("without gas, the trace is\n%s\nwant\n%s", got, want)
	}
}

func TestTraceRolledBack(t *testing.T) {
	bad := actor.Errorf("bad", "x")
	got := Trace(&dispatch.Trace{Sequence: 3, Path: []actor.Address{"a", "evil\x1b"}, Err: bad, Root: &dispatch.Span{
		Kind: actor.KindSudo, To: "a", Err: bad, Why: "a failed: bad"}}, nil)
	want := "host → a  sudo   gas 0   rolled back: bad: x\nrolled back seq 3: host → a → \"evil\\x1b\": bad: x\n"
	if got != want {
		t.Errorf("the trace is\n%s\nwant\n%s", got, want)
	}
	signed := sample()
	signed.Signer = "UABCDEFGHIJKLMNOPQRSTUVWXYZ23456"
	if got := Trace(signed, nil); !strings.HasSuffix(got, "\ncommitted seq 2  signed by UABCDE…3456\n") {
		t.Errorf("the trace of what was signed is\n%s", got)
	}
	if got := Trace(&dispatch.Trace{}, nil); !strings.HasPrefix(got, "no trace") {
		t.Errorf("a trace that is empty is shown as %s", got)
	}
}

func TestReceiptAndCommand(t *testing.T) {
	r := &state.Receipt{Sequence: 5, GasUsed: 1500, Data: []byte("ok"), Events: []actor.Event{
		{Actor: "a", Type: "reply"}, {Actor: "a", Type: "paid", Attributes: []actor.Attribute{{Key: "to", Value: "two words"}}}}}
	if got, want := Receipt(r, "alice", nil), "committed seq 5, gas 1,500\ndata \"ok\"\nevent a paid to=\"two words\"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := Receipt(r, "alice", &Options{NoGas: true}), "committed seq 5\ndata \"ok\"\nevent a paid to=\"two words\"\n"; got != want {
		t.Errorf("without gas: %q, want %q", got, want)
	}
	r = &state.Receipt{Sequence: 6, Err: actor.Errorf("broke", ""), Path: []actor.Address{"a", "b"}}
	if got, want := Receipt(r, "alice", nil), "rolled back seq 6: alice → a → b: broke, gas 0\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := Receipt(r, "alice", &Options{NoGas: true}), "rolled back seq 6: alice → a → b: broke\n"; got != want {
		t.Errorf("without gas: %q, want %q", got, want)
	}
	at := time.Date(2030, 1, 1, 0, 0, 0, 5000, time.UTC).UnixNano()
	for want, c := range map[string]state.Command{
		`7  2030-01-01T00:00:00.000005Z  alice → a  execute "hi"  id=r1`: {Op: state.OpMessage, RequestID: "r1", Sender: "alice",
			Message: actor.Message{To: "a", Body: []byte("hi")}},
		`7  2030-01-01T00:00:00.000005Z  alice → a  execute  signed by UABCDE…3456  id=r1`: {Op: state.OpMessage, RequestID: "r1",
			Sender: "alice", Signer: "UABCDEFGHIJKLMNOPQRSTUVWXYZ23456", Message: actor.Message{To: "a"}},
		`7  2030-01-01T00:00:00.000005Z  alice → a  execute  signed by "two\nlines"`: {Op: state.OpMessage,
			Sender: "alice", Signer: "two\nlines", Message: actor.Message{To: "a"}},
		`7  2030-01-01T00:00:00.000005Z  bind m as native`: {Op: state.OpBind, Message: actor.Message{Module: "m", Body: []byte("native")}},
		`7  2030-01-01T00:00:00.000005Z  configure {"gas":{}}`: {Op: state.OpConfigure,
			Message: actor.Message{Body: []byte(`{"gas":{}}`)}},
		`7  2030-01-01T00:00:00.000005Z  install m  troupe 5694d08a2e53, 4 bytes`: {Op: state.OpInstall,
			Message: (&dispatch.Installation{Module: "m", Kind: "troupe", Code: []byte("code")}).Message()},
		`7  2030-01-01T00:00:00.000005Z  install m  troupe 5694d08a2e53, 4 bytes, migrate "now"   by alice`: {Op: state.OpInstall, Sender: "alice",
			Message: (&dispatch.Installation{Module: "m", Kind: "troupe", Code: []byte("code"), Migrate: true, Body: []byte("now")}).Message()},
		`7  2030-01-01T00:00:00.000005Z  install m`: {Op: state.OpInstall, Message: actor.Message{Module: "m", Body: []byte("rubbish")}},
	} {
		c.Sequence, c.Time = 7, at
		if got := Command(&c, nil); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTraceShowsASubMessageThatClaimsToBeAReply(t *testing.T) {
	trace := &dispatch.Trace{Sequence: 1, Sender: "alice", Root: &dispatch.Span{Kind: actor.KindExecute, To: "a",
		Children: []*dispatch.Span{{Kind: actor.KindReply, From: "a", To: "b", Err: actor.Errorf("invalid_message", "no")}}}}
	if text := Trace(trace, nil); !strings.Contains(text, "a → b  reply") {
		t.Errorf("got %s", text)
	}
}

func TestTraceOfInvocations(t *testing.T) {
	opts := &Options{NoGas: true, Width: 30, Invocation: func(body, data []byte) (call, answer string, ok bool) {
		if string(body) == "other" {
			return "", "", false
		}
		return "Op." + string(body), "answer " + string(data) + "\x1b", true
	}}
	trace := &dispatch.Trace{Sequence: 1, Sender: "alice", Root: &dispatch.Span{Kind: actor.KindExecute, To: "a", From: "alice", Committed: true,
		Body: []byte("a long operation with many words"), Data: []byte("x"), Children: []*dispatch.Span{
			{Kind: actor.KindQuery, From: "a", To: "b", Body: []byte("q"), Data: []byte("y")},
			{Kind: actor.KindQuery, From: "a", To: "b", Body: []byte("none")},
			{Kind: actor.KindExecute, From: "a", To: "b", Body: []byte("other"), Data: []byte("z"), Committed: true},
		}}}
	want := `alice → a  execute Op.a long operation with many … (32 bytes)
│  data "answer x\x1b"
├─ a ⇢ b  query Op.q = "answer y\x1b"
├─ a ⇢ b  query Op.none = –
└─ a → b  execute "other"
      data "z"
committed seq 1
`
	if got := Trace(trace, opts); got != want {
		t.Errorf("the trace is\n%s\nwant\n%s", got, want)
	}
	opts.Asked = []byte("x")
	if got := Receipt(&state.Receipt{Sequence: 1, Data: []byte("d")}, "alice", opts); got != "committed seq 1\ndata \"answer d\\x1b\"\n" {
		t.Errorf("the receipt is %q", got)
	}
	command := state.Command{Sequence: 1, Sender: "alice", Message: actor.Message{To: "a", Body: []byte("x")}}
	if got := Command(&command, opts); !strings.HasSuffix(got, "alice → a  execute Op.x") {
		t.Errorf("the command is %s", got)
	}
}
