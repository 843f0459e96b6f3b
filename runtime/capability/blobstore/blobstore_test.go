package blobstore_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/blobstore"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// TestContainers runs in both protocols. Only MessagePack has times.
func TestContainers(t *testing.T) {
	for _, p := range []pack.Protocol{pack.MessagePack, pack.CBOR} {
		w := newWorld(t)
		if do[bool](w, p, messages.ContainerExists, "b") {
			t.Error("b exists")
		}
		for _, id := range []string{"b", "a", "b"} {
			do[struct{}](w, p, messages.CreateContainer, id)
		}
		if !do[bool](w, p, messages.ContainerExists, "b") {
			t.Error("b does not exist")
		}
		info := do[messages.Container](w, p, messages.GetContainerInfo, "b")
		if (info.CreatedAt == nil) != (p == pack.CBOR) || info.ContainerID != "b" {
			t.Errorf("b is %+v", info)
		}
		if at := info.CreatedAt; at != nil && *at != (messages.Timestamp{Sec: 1_700_000_000, Nsec: 5000}) {
			t.Errorf("b was created at %+v", at)
		}
		if list := do[[]messages.Container](w, p, messages.ListContainers, nil); len(list) != 2 || list[0].ContainerID != "a" || list[1].ContainerID != "b" {
			t.Errorf("the containers are %+v", list)
		}
		if list := over[[]messages.Container](w, "apart", p, messages.ListContainers, nil); len(list) != 0 {
			t.Errorf("the containers of another store are %+v", list)
		}
		do[messages.PutObjectResponse](w, p, messages.PutObject, &messages.PutObjectArgs{Chunk: messages.Chunk{ContainerID: "b", ObjectID: "o", Bytes: []byte("x"), IsLast: true}})
		do[messages.PutObjectResponse](w, p, messages.PutObject, &messages.PutObjectArgs{Chunk: messages.Chunk{ContainerID: "b", ObjectID: "half", Bytes: []byte("x")}})
		failures := do[[]messages.ItemResult](w, p, messages.RemoveContainers, []string{"b", "none", "a"})
		if len(failures) != 1 || failures[0].Key != "none" || failures[0].Success || !strings.Contains(failures[0].Error, "no container") {
			t.Errorf("the failures are %+v", failures)
		}
		if n := w.rows(""); n != 1 { // the last number
			t.Errorf("%d rows are left when all is removed", n)
		}
	}
}

// TestGolden has the bytes of both protocols.
func TestGolden(t *testing.T) {
	w := newWorld(t)
	do[struct{}](w, pack.MessagePack, messages.CreateContainer, "c")
	w.put("o", "hello")
	for _, c := range []struct{ op, payload, want string }{
		{messages.ContainerExists, "7f6163", "7ff5"},
		{messages.ContainerExists, "a163", "c3"},
		{messages.GetContainerInfo, "7f6163", "7f826163f6"},
		{messages.GetObject, "7f84616f6163f6f6", "7f86f5f685616f61634568656c6c6f00f505" + "6a746578742f706c61696e" + "f6"},
		{messages.GetObject, "7fa2686f626a6563744964616f6b636f6e7461696e657249646163", "7f86f5f685616f61634568656c6c6f00f505" + "6a746578742f706c61696e" + "f6"},
		{messages.GetObjectInfo, "7f826163616f", "7f86616f616305f66a746578742f706c61696ef6"},
		{messages.ObjectExists, "82ab636f6e7461696e65724964a163a86f626a6563744964a16f", "c3"},
		{messages.RemoveObjects, "7f82616381617a", ""},
	} {
		payload, err := hex.DecodeString(c.payload)
		if err != nil {
			t.Fatal(err)
		}
		data, refused := w.send(order{Op: c.op, Link: "default", Payload: payload})
		if got := hex.EncodeToString(data); refused != nil || c.want != "" && got != c.want {
			t.Errorf("%s %s: %s, %v, want %s", c.op, c.payload, got, refused, c.want)
		}
	}
}

func ids(list messages.ObjectList) string {
	var out []string
	for _, o := range list.Objects {
		out = append(out, o.ObjectID)
	}
	return fmt.Sprintf("%v %v %v", out, list.IsLast, list.Continuation)
}

func TestObjects(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"c", "c2"} {
		do[struct{}](w, pack.MessagePack, messages.CreateContainer, id)
	}
	for i, id := range []string{"b", "a", "ba", "c", "a/b"} {
		w.put(id, strings.Repeat("x", i))
	}
	for _, c := range []struct {
		args messages.ListObjectsArgs
		want string
	}{
		{messages.ListObjectsArgs{}, "[a a/b b ba c] true "},
		{messages.ListObjectsArgs{StartWith: "b"}, "[b ba c] true "},
		{messages.ListObjectsArgs{EndWith: "b"}, "[a a/b b] true "},
		{messages.ListObjectsArgs{EndBefore: "b"}, "[a a/b] true "},
		{messages.ListObjectsArgs{MaxItems: 2}, "[a a/b] false a/b"},
		{messages.ListObjectsArgs{MaxItems: 2, Continuation: "a/b", StartWith: "c"}, "[b ba] false ba"},
		{messages.ListObjectsArgs{MaxItems: 2, Continuation: "ba"}, "[c] true "},
		{messages.ListObjectsArgs{MaxItems: 5}, "[a a/b b ba c] true "},
	} {
		c.args.ContainerID = "c"
		for _, p := range []pack.Protocol{pack.MessagePack, pack.CBOR} {
			if got := ids(do[messages.ObjectList](w, p, messages.ListObjects, &c.args)); got != c.want {
				t.Errorf("%+v: %s, want %s", c.args, got, c.want)
			}
		}
	}
	info := do[messages.Object](w, pack.MessagePack, messages.GetObjectInfo, &messages.ObjectName{ContainerID: "c", ObjectID: "ba"})
	want := messages.Object{ObjectID: "ba", ContainerID: "c", ContentLength: 2, ContentType: "text/plain", LastModified: &messages.Timestamp{Sec: 1_700_000_000, Nsec: 5000}}
	if !reflect.DeepEqual(info, want) {
		t.Errorf("ba is %+v", info)
	}
	failures := do[[]messages.ItemResult](w, pack.CBOR, messages.RemoveObjects, &messages.RemoveObjectsArgs{ContainerID: "c", Objects: []string{"a", "none", "c"}})
	if len(failures) != 1 || failures[0].Key != "none" {
		t.Errorf("the failures are %+v", failures)
	}
	if do[bool](w, pack.MessagePack, messages.ObjectExists, &messages.ObjectName{ContainerID: "c", ObjectID: "a"}) {
		t.Error("a exists when it was removed")
	}
	for _, c := range []struct {
		op   string
		arg  any
		want string
	}{
		{messages.GetContainerInfo, "none", blobstore.CodeNotFound},
		{messages.GetContainerInfo, "", blobstore.CodeInvalidName},
		{messages.CreateContainer, "a\x00b", blobstore.CodeInvalidName},
		{messages.CreateContainer, strings.Repeat("x", blobstore.MaxName+1), blobstore.CodeInvalidName},
		{messages.GetObjectInfo, &messages.ObjectName{ContainerID: "c", ObjectID: "none"}, blobstore.CodeNotFound},
		{messages.GetObjectInfo, &messages.ObjectName{ContainerID: "none", ObjectID: "a"}, blobstore.CodeNotFound},
		{messages.GetObject, &messages.GetObjectArgs{ContainerID: "c", ObjectID: "none"}, blobstore.CodeNotFound},
		{messages.ListObjects, &messages.ListObjectsArgs{ContainerID: "none"}, blobstore.CodeNotFound},
		{messages.PutObject, &messages.PutObjectArgs{Chunk: messages.Chunk{ContainerID: "none", ObjectID: "a"}}, blobstore.CodeNotFound},
		{messages.PutObject, &messages.PutObjectArgs{Chunk: messages.Chunk{ContainerID: "c", ObjectID: "a", Offset: 1}}, blobstore.CodeInvalidChunk},
		{messages.PutChunk, &messages.PutChunkArgs{Chunk: messages.Chunk{ContainerID: "c", ObjectID: "a"}}, blobstore.CodeNotFound},
		{messages.GetObject, 5, actor.CodeMalformed},
		{"Blobstore.Other", 5, actor.CodeUnknownMessage},
	} {
		if got := w.refused(c.op, c.arg); got != c.want {
			t.Errorf("%s %+v: %s, want %s", c.op, c.arg, got, c.want)
		}
	}
	if _, err := w.send(order{Op: messages.ListContainers, Link: "wrong"}); err == nil || err.Code != blobstore.CodeInvalidValue {
		t.Errorf("over a link with a wrong value: %v", err)
	}
}

// TestUploads compares uploads in random chunks with the bytes, in ranges. An upload that has not ended shows nowhere.
func TestUploads(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	w := newWorld(t)
	do[struct{}](w, pack.MessagePack, messages.CreateContainer, "c")
	for round := range 6 {
		content := make([]byte, []int{0, 1, 128 << 10, 128<<10 + 1, 300_000, 2_000_000}[round])
		for i := range content {
			content[i] = byte(rng.Uint32())
		}
		p := []pack.Protocol{pack.MessagePack, pack.CBOR}[round%2]
		stream, at := "", 0
		for first := true; first || at < len(content); first = false {
			n := min(len(content)-at, rng.IntN(700_000))
			chunk := messages.Chunk{ContainerID: "c", ObjectID: "o", Bytes: content[at : at+n], Offset: uint64(at), IsLast: at+n == len(content)}
			at += n
			if first {
				stream = do[messages.PutObjectResponse](w, p, messages.PutObject, &messages.PutObjectArgs{Chunk: chunk}).StreamID
			} else {
				do[struct{}](w, p, messages.PutChunk, &messages.PutChunkArgs{Chunk: chunk, StreamID: stream})
			}
			if chunk.IsLast {
				break
			}
		}
		if n := w.rows("u"); n != 0 {
			t.Errorf("%d uploads are left", n)
		}
		for range 8 {
			start, end := uint64(rng.IntN(len(content)+2)), uint64(rng.IntN(len(content)+2))
			args := messages.GetObjectArgs{ContainerID: "c", ObjectID: "o", RangeStart: &start, RangeEnd: &end}
			if rng.IntN(4) == 0 {
				args.RangeStart, start = nil, 0
			}
			if rng.IntN(4) == 0 {
				*args.RangeEnd = math.MaxUint64
			}
			start, stop := min(start, uint64(len(content))), uint64(len(content))
			if end < stop {
				stop = max(end+1, start)
			}
			r := over[messages.GetObjectResponse](w, "large", p, messages.GetObject, &args)
			if !r.Success || r.ContentLength != stop-start || r.InitialChunk.Offset != start || !r.InitialChunk.IsLast || !bytes.Equal(r.InitialChunk.Bytes, content[start:stop]) {
				t.Errorf("%d bytes, range %d to %d: %d bytes from %d", len(content), start, stop, len(r.InitialChunk.Bytes), r.InitialChunk.Offset)
			}
		}
	}
}

func TestBrokenUploads(t *testing.T) {
	w := newWorld(t)
	do[struct{}](w, pack.MessagePack, messages.CreateContainer, "c")
	w.put("o", "before")
	chunk := func(offset uint64, text string) messages.Chunk {
		return messages.Chunk{ContainerID: "c", ObjectID: "o", Offset: offset, Bytes: []byte(text)}
	}
	first := do[messages.PutObjectResponse](w, pack.MessagePack, messages.PutObject, &messages.PutObjectArgs{Chunk: chunk(0, "abc")}).StreamID
	if got := w.refused(messages.PutChunk, &messages.PutChunkArgs{Chunk: chunk(2, "x"), StreamID: first}); got != blobstore.CodeInvalidChunk {
		t.Errorf("a chunk that overlaps: %s", got)
	}
	if r := do[messages.GetObjectResponse](w, pack.MessagePack, messages.GetObject, &messages.GetObjectArgs{ContainerID: "c", ObjectID: "o"}); string(r.InitialChunk.Bytes) != "before" {
		t.Errorf("the object is %s while another one is uploaded", r.InitialChunk.Bytes)
	}
	second := do[messages.PutObjectResponse](w, pack.MessagePack, messages.PutObject, &messages.PutObjectArgs{Chunk: chunk(0, "ABC")}).StreamID
	if got := w.refused(messages.PutChunk, &messages.PutChunkArgs{Chunk: chunk(3, "x"), StreamID: first}); got != blobstore.CodeNotFound {
		t.Errorf("an upload whose place was taken goes on: %s", got)
	}
	last := chunk(3, "DEF")
	last.IsLast = true
	payload := pack.Marshal(&messages.PutChunkArgs{Chunk: last, StreamID: second})
	if _, err := w.send(order{Op: messages.PutChunk, Link: "default", Payload: payload, Fail: true}); err == nil || err.Code != "planned" {
		t.Errorf("the transaction that was to fail: %v", err)
	}
	if _, err := w.send(order{Op: messages.PutChunk, Link: "default", Payload: payload}); err != nil {
		t.Errorf("the last chunk again, behind a transaction that failed: %v", err)
	}
	if r := do[messages.GetObjectResponse](w, pack.MessagePack, messages.GetObject, &messages.GetObjectArgs{ContainerID: "c", ObjectID: "o"}); string(r.InitialChunk.Bytes) != "ABCDEF" {
		t.Errorf("the object is %s", r.InitialChunk.Bytes)
	}
	third := do[messages.PutObjectResponse](w, pack.MessagePack, messages.PutObject, &messages.PutObjectArgs{Chunk: chunk(0, "abc")}).StreamID
	do[struct{}](w, pack.MessagePack, messages.PutChunk, &messages.PutChunkArgs{Chunk: chunk(0, ""), StreamID: third, CancelAndRemove: true})
	if pieces, uploads := w.rows("e"), w.rows("u"); pieces != 1 || uploads != 0 {
		t.Errorf("%d pieces and %d uploads are left, want those of the object", pieces, uploads)
	}
}

// TestDownloads lets a user receive objects in chunks of 10 bytes, with what may come between.
func TestDownloads(t *testing.T) {
	const content = "0123456789abcdefghijABCDE"
	w := newWorld(t)
	do[struct{}](w, pack.MessagePack, messages.CreateContainer, "c")
	get := func(p pack.Protocol, id string) messages.Chunk {
		t.Helper()
		return *do[messages.GetObjectResponse](w, p, messages.GetObject, &messages.GetObjectArgs{ContainerID: "c", ObjectID: id}).InitialChunk
	}
	line := func(p pack.Protocol, from, to int) string {
		b, _ := json.Marshal(map[string]any{"protocol": p, "offset": from, "bytes": content[from:to], "last": to == len(content)})
		return string(b) + "\n"
	}
	want := ""
	for _, c := range []struct {
		id   string
		p    pack.Protocol
		more []string
	}{
		{"whole", pack.MessagePack, []string{line(0, 10, 20), line(0, 20, 25)}},
		{"whole", pack.CBOR, []string{line(1, 10, 20), line(1, 20, 25)}},
		{"enough", pack.MessagePack, []string{line(0, 10, 20)}},
		{"fails", pack.MessagePack, nil}, // what it wrote is undone
	} {
		w.put(c.id, content)
		if chunk := get(c.p, c.id); string(chunk.Bytes) != content[:10] || chunk.IsLast {
			t.Errorf("the first chunk of %s is %+v", c.id, chunk)
		}
		w.pump()
		want += strings.Join(c.more, "")
		if got := w.received(); got != want {
			t.Errorf("behind %s it has received\n%swant\n%s", c.id, got, want)
		}
	}
	for name, disturb := range map[string]func(){
		"replaced": func() { w.put("whole", "other") },
		"removed":  func() { do[[]messages.ItemResult](w, pack.MessagePack, messages.RemoveContainers, []string{"c"}) },
		"unlinked": func() {
			o := capability.Order{Unlink: []capability.LinkName{{Actor: "user", Contract: capability.Blobstore}}}
			if _, err := w.host.Order(t.Context(), o, "", ""); err != nil {
				t.Fatal(err)
			}
		},
	} {
		w = newWorld(t)
		do[struct{}](w, pack.MessagePack, messages.CreateContainer, "c")
		w.put("whole", content)
		get(pack.MessagePack, "whole")
		disturb()
		w.pump()
		if got := w.received(); got != "" {
			t.Errorf("%s: it has received %s", name, got)
		}
	}
	if _, err := w.host.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestQueries checks that a query reads, and is refused what would write, a download among it.
// TestEndless: an actor that ends the whole transaction with its chunk ends that download, and no other.
func TestEndless(t *testing.T) {
	w := newWorld(t)
	do[any](w, pack.MessagePack, messages.CreateContainer, "c")
	for _, id := range []string{"endless", "fine"} {
		w.put(id, strings.Repeat("x", 25))
		do[messages.GetObjectResponse](w, pack.MessagePack, messages.GetObject, &messages.GetObjectArgs{ContainerID: "c", ObjectID: id})
	}
	w.pump()
	if got := w.received(); strings.Count(got, "\n") != 2 || !strings.Contains(got, `"last":true`) {
		t.Errorf("the user got %s", got)
	}
	events, _, err := w.host.Reader().Past(t.Context(), query.WatchOptions{Actor: provider, Events: true, EventTypes: []string{"download_ended"}})
	if err != nil || len(events) != 1 || !strings.Contains(fmt.Sprint(events[0].Events), actor.CodeStateTooLarge) {
		t.Errorf("the events are %+v, %v", events, err)
	}
}

func TestQueries(t *testing.T) {
	w := newWorld(t)
	do[struct{}](w, pack.MessagePack, messages.CreateContainer, "c")
	w.put("o", "0123456789abc")
	ask := func(op string, arg any) ([]byte, error) {
		inv := capability.Invocation{Operation: op, Contract: capability.Blobstore, Link: "default", Origin: "user", Payload: pack.Marshal(arg)}
		return w.host.Query(t.Context(), provider, inv.Encode())
	}
	end := uint64(9)
	data, err := ask(messages.GetObject, &messages.GetObjectArgs{ContainerID: "c", ObjectID: "o", RangeEnd: &end})
	var r messages.GetObjectResponse
	if err != nil || pack.Unmarshal(data, &r) != nil || string(r.InitialChunk.Bytes) != "0123456789" {
		t.Errorf("a range in a query: %x, %v", data, err)
	}
	for op, arg := range map[string]any{
		messages.GetObject: &messages.GetObjectArgs{ContainerID: "c", ObjectID: "o"}, messages.CreateContainer: "x",
		messages.PutObject: &messages.PutObjectArgs{}, messages.RemoveObjects: &messages.RemoveObjectsArgs{},
	} {
		if data, err := ask(op, arg); err == nil || actor.AsError(err).Code != actor.CodeReadOnly {
			t.Errorf("%s in a query: %x, %v", op, data, err)
		}
	}
}
