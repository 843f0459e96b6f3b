package httpclient

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// CodeNotAllowed is the code of a request that the link does not allow.
const CodeNotAllowed = "not_allowed"

// Actor returns the half of the provider inside of transactions. One value serves all providers of the kind.
func Actor() actor.Actor { return capability.NewProvider(capability.HTTPClient, asker{}) }

type asker struct{}

// Serve implements capability.Handler.
func (asker) Serve(ctx context.Context, req *capability.Request) ([]byte, error) {
	if req.Operation != messages.FetchRequest {
		return nil, capability.ErrNoOperation(req.Operation)
	}
	if req.Env == nil {
		return nil, actor.Errorf(actor.CodeReadOnly, "a query cannot ask the world outside: send a message")
	}
	var args messages.FetchArgs
	if err := pack.Unmarshal(req.Payload, &args); err != nil {
		return nil, err
	}
	rules, err := ParseRules(func(name string) (string, bool) { return req.Link.Value(req.Provider, name) })
	for _, given := range []map[string]string{req.Link.Values, req.Provider.Config} {
		err = cmp.Or(err, checkNames(given))
	}
	if err != nil {
		return nil, actor.Errorf(CodeNotAllowed, "the values of the link of %s to %s cannot be read: %s", req.From, req.Provider.Name, err)
	}
	q, refused := judge(rules, &args)
	if refused != nil {
		return nil, refused
	}
	world, ok := req.Env.Services.(capability.Asker)
	if !ok {
		return nil, actor.Errorf(actor.CodeUnsupported, "who runs the transaction has no way to the world outside")
	}
	return world.Outside(ctx, q.encode())
}

// judge returns what is to be asked outside, if the rules allow it.
func judge(rules *Rules, args *messages.FetchArgs) (*question, *actor.Error) {
	method := strings.ToUpper(args.Method)
	if method == "" {
		method = "GET"
	}
	refuse := func(format string, a ...any) (*question, *actor.Error) {
		return nil, actor.Errorf(CodeNotAllowed, format, a...)
	}
	if len(method) > 32 || strings.ContainsFunc(method, func(r rune) bool { return r < 'A' || r > 'Z' }) || method == "CONNECT" || method == "TRACE" {
		return refuse("%.40q is no method that can be used", method)
	}
	if err := rules.checkMethod(method); err != nil {
		return refuse("%s", err)
	}
	u, err := url.Parse(args.URL)
	if err != nil || len(args.URL) > maxURL {
		return refuse("the URL cannot be read: one has at most %d bytes, and is such as https://api.example.org/path", maxURL)
	}
	if err := rules.check(u); err != nil {
		return refuse("%s", err)
	}
	if len(args.Body) > rules.MaxRequest {
		return refuse("a body has at most %d bytes by the link, this one has %d: put it with max_request", rules.MaxRequest, len(args.Body))
	}
	q := &question{Version: version, Rules: *rules, Method: method, URL: args.URL, Body: args.Body, Header: []field{}}
	size := 0
	for _, name := range slices.Sorted(maps.Keys(args.Headers)) {
		for _, value := range args.Headers[name] {
			if size += len(name) + len(value); !isToken(name) || !isValue(value) || size > maxHeader {
				return refuse("the header %.80q cannot be sent: a name is a word, a value one line, and all have at most %d bytes", name, maxHeader)
			}
		}
		if owned(name) {
			continue
		}
		q.Header = append(q.Header, field{Name: name, Values: args.Headers[name]})
	}
	return q, nil
}

const (
	maxURL    = 8 << 10
	maxHeader = 64 << 10
)

// owned reports the headers that belong to the connection: what an actor says there is not sent.
func owned(name string) bool {
	switch strings.ToLower(name) {
	case "connection", "content-length", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade":
		return true
	}
	return false
}

func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	})
}

func isValue(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}
